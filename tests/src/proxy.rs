//! An HTTP proxy on its own port. It opens tunnels to one receiver and forwards requests to it, whatever host they are for,
//! and records the first line of each request.

use std::io::{self, Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use crate::Script;

/// The maximum size of the head of a request, in bytes.
const MAX_HEAD: usize = 16 * 1024;

#[derive(Debug)]
pub struct Proxy {
    server: Script,
    request_lines: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    /// Starts a proxy to this port. Requests need `credentials`, if any, as the value of `Proxy-Authorization`.
    ///
    /// # Panics
    ///
    /// No port is free.
    #[must_use]
    pub fn to(receiver: u16, credentials: Option<&'static str>) -> Self {
        let request_lines = Arc::<Mutex<Vec<String>>>::default();
        let heads = Arc::clone(&request_lines);
        let server = Script::new(move |_, client| serve(client, receiver, credentials, &heads));
        Self { server, request_lines }
    }

    #[must_use]
    pub const fn port(&self) -> u16 {
        self.server.port()
    }

    #[must_use]
    pub fn request_lines(&self) -> Vec<String> {
        let request_lines = self.request_lines.lock().unwrap_or_else(PoisonError::into_inner);
        request_lines.clone()
    }
}

fn serve(
    client: &TcpStream,
    receiver: u16,
    credentials: Option<&str>,
    heads: &Mutex<Vec<String>>,
) -> io::Result<()> {
    let head = head(client)?;
    let text = String::from_utf8_lossy(&head);
    let first = text.lines().next().unwrap_or_default().to_owned();
    heads.lock().unwrap_or_else(PoisonError::into_inner).push(first);
    let is_authorized = |line: &str| {
        line.split_once(": ").is_some_and(|(name, value)| {
            name.eq_ignore_ascii_case("proxy-authorization") && Some(value) == credentials
        })
    };

    let mut out = client;
    if credentials.is_some() && !text.lines().any(is_authorized) {
        return out.write_all(b"HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    }

    let mut server = TcpStream::connect(("127.0.0.1", receiver))?;
    match text.strip_prefix("POST http://").and_then(|rest| rest.split_once('/')) {
        Some((_, rest)) => server.write_all(format!("POST /{rest}").as_bytes())?,
        None => out.write_all(b"HTTP/1.1 200 OK\r\n\r\n")?,
    }
    relay(client, &server)
}

/// Passes the bytes of each side to the other one, until the server closes its connection.
///
/// # Errors
///
/// A connection has failed.
pub fn relay(client: &TcpStream, server: &TcpStream) -> io::Result<()> {
    let from = client.try_clone()?;
    let to = server.try_clone()?;
    thread::spawn(move || pass(&from, &to));
    pass(server, client)
}

/// Reads a request up to its empty line or the maximum size, and no byte more.
fn head(mut client: &TcpStream) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && head.len() < MAX_HEAD {
        client.read_exact(&mut byte)?;
        head.push(byte[0]);
    }

    Ok(head)
}

fn pass(mut from: &TcpStream, mut to: &TcpStream) -> io::Result<()> {
    io::copy(&mut from, &mut to)?;
    to.shutdown(Shutdown::Write)
}
