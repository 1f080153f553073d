//! A TCP server that serves each connection with a function of the test.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// A server, on 127.0.0.1 with its own port unless a test wants another address. It ends with the process.
#[derive(Debug)]
pub struct Script {
    port: u16,
    connections: Arc<AtomicUsize>,
}

impl Script {
    /// Starts a server that calls `serve` with each connection and its number, on a separate thread. The first
    /// connection has the number 0. A connection is closed when `serve` returns.
    ///
    /// # Panics
    ///
    /// No port is free.
    pub fn new(
        serve: impl Fn(usize, &mut TcpStream) -> io::Result<()> + Send + Sync + 'static,
    ) -> Self {
        Self::at(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), serve)
    }

    /// Starts a server at this address.
    ///
    /// # Panics
    ///
    /// Another server has the address.
    pub fn at(
        address: SocketAddr,
        serve: impl Fn(usize, &mut TcpStream) -> io::Result<()> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind(address).expect("a free address");
        let port = listener.local_addr().expect("an address").port();
        let connections = Arc::<AtomicUsize>::default();
        let counter = Arc::clone(&connections);
        let serve = Arc::new(serve);
        thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let number = counter.fetch_add(1, Ordering::Relaxed);
                let serve = Arc::clone(&serve);
                thread::spawn(move || serve(number, &mut stream));
            }
        });

        Self { port, connections }
    }

    /// Starts a server that reads and never answers.
    #[must_use]
    pub fn silent() -> Self {
        Self::new(|_, stream| io::copy(stream, &mut io::sink()).map(drop))
    }

    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    #[must_use]
    pub fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Returns the number of connections so far.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }
}
