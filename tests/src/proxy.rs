//! A proxy of HTTP on a port of its own: it lays tunnels and forwards requests, to one receiver
//! whatever name it is asked for, and remembers what it was asked.

use std::io::{self, Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

/// The longest head of a request that it reads.
const MAX_HEAD: usize = 16 * 1024;

/// A proxy in front of one receiver.
#[derive(Debug)]
pub struct Proxy {
    port: u16,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    /// A proxy that lets through who has these `credentials`, in the form of a `Proxy-Authorization`.
    ///
    /// # Panics
    ///
    /// If there is no port for it.
    #[must_use]
    pub fn to(receiver: u16, credentials: Option<&'static str>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let asked = Arc::<Mutex<Vec<String>>>::default();
        let heads = Arc::clone(&asked);
        // It ends with the process, as each test is one.
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let heads = Arc::clone(&heads);
                thread::spawn(move || serve(&stream, receiver, credentials, &heads));
            }
        });
        Self { port, asked }
    }

    /// The port it listens at, on 127.0.0.1.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// The first lines of what it was asked.
    #[must_use]
    pub fn asked(&self) -> Vec<String> {
        let asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        asked.clone()
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
    let is_tunnel = first.starts_with("CONNECT ");
    heads
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .push(first);
    let says = |line: &str| {
        line.split_once(": ").is_some_and(|(name, value)| {
            name.eq_ignore_ascii_case("proxy-authorization") && Some(value) == credentials
        })
    };
    let mut out = client;
    if credentials.is_some() && !text.lines().any(says) {
        return out.write_all(b"HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    }
    let mut server = TcpStream::connect(("127.0.0.1", receiver))?;
    if is_tunnel {
        out.write_all(b"HTTP/1.1 200 OK\r\n\r\n")?;
    } else {
        server.write_all(&head)?;
    }
    let (from, to) = (client.try_clone()?, server.try_clone()?);
    thread::spawn(move || pass(&from, &to));
    pass(&server, client)
}

/// A request up to its empty line, and not a byte more.
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
