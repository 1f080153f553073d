//! A TCP server whose behaviour is a function of the connection.

use std::io::{self, Read as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use anyhow::Result;

#[derive(Debug)]
pub(crate) struct Script {
    port: u16,
    connections: Arc<AtomicUsize>,
}

impl Script {
    /// Calls `serve` with each connection and its number, which starts at 0, on a thread of its own.
    /// The connection is closed when it returns.
    pub(crate) fn new(
        serve: impl Fn(usize, &mut TcpStream) -> io::Result<()> + Send + Sync + 'static,
    ) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let port = listener.local_addr()?.port();
        let connections = Arc::<AtomicUsize>::default();
        let (counter, serve) = (Arc::clone(&connections), Arc::new(serve));
        thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let number = counter.fetch_add(1, Ordering::Relaxed);
                let serve = Arc::clone(&serve);
                thread::spawn(move || serve(number, &mut stream));
            }
        });
        Ok(Self { port, connections })
    }

    /// Accepts connections, reads what is sent and never answers.
    pub(crate) fn silent() -> Result<Self> {
        Self::new(|_, stream| io::copy(stream, &mut io::sink()).map(drop))
    }

    pub(crate) fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The number of connections so far.
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }
}

/// Reads an HTTP/1 request with a `content-length`, and returns whether there was one.
pub(crate) fn read_request(stream: &mut TcpStream) -> io::Result<bool> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        if stream.read(&mut byte)? == 0 {
            return Ok(false);
        }
        head.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&head).to_ascii_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    let length = length.and_then(|length| length.trim().parse().ok());
    io::copy(&mut stream.take(length.unwrap_or(0)), &mut io::sink())?;
    Ok(true)
}
