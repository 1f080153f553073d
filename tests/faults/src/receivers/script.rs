//! A TCP server whose behaviour is a function of the connection.

use std::io;
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
    /// Calls `serve` with each connection and its number, which starts at 0, on a thread of its own. The connection is
    /// closed when `serve` returns.
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

    pub(crate) fn silent() -> Result<Self> {
        Self::new(|_, stream| io::copy(stream, &mut io::sink()).map(drop))
    }

    pub(crate) fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }
}
