//! A TCP relay in front of a receiver, for faults of the network.

use std::io::{self, Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU16, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use anyhow::Result;
use socket2::SockRef;

/// What happens to a connection.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Plan {
    /// It is forwarded to the receiver.
    Forward,
    /// It is reset after the client has sent this many bytes.
    ResetAfter(usize),
}

/// A relay on 127.0.0.1, whose port stays the same.
#[derive(Clone, Debug)]
pub(crate) struct Relay {
    port: u16,
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    /// The port of the receiver; 0 while connections are refused.
    receiver: AtomicU16,
    connections: AtomicUsize,
    open: Mutex<Vec<Link>>,
}

#[derive(Debug)]
struct Link {
    client: TcpStream,
    receiver: TcpStream,
    is_frozen: Arc<AtomicBool>,
}

impl Relay {
    /// Forwards every connection.
    pub(crate) fn to(receiver: u16) -> Result<Self> {
        Self::with(receiver, |_| Plan::Forward)
    }

    /// Treats each connection by its number, which starts at 0.
    pub(crate) fn with(
        receiver: u16,
        plan: impl Fn(usize) -> Plan + Send + 'static,
    ) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let port = listener.local_addr()?.port();
        let shared = Arc::<Shared>::default();
        shared.receiver.store(receiver, Ordering::Relaxed);
        let relay = Self { port, shared };
        let serving = relay.clone();
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let number = serving.shared.connections.fetch_add(1, Ordering::Relaxed);
                let (serving, plan) = (serving.clone(), plan(number));
                thread::spawn(move || serving.serve(&client, plan));
            }
        });
        Ok(relay)
    }

    pub(crate) fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The number of connections so far.
    pub(crate) fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::Relaxed)
    }

    /// Forwards new connections to this port. With 0 they are closed.
    pub(crate) fn set_receiver(&self, port: u16) {
        self.shared.receiver.store(port, Ordering::Relaxed);
    }

    /// Leaves the open connections open and forwards nothing more on them, like a network that has
    /// lost their state.
    pub(crate) fn freeze(&self) {
        for link in &*self.open() {
            link.is_frozen.store(true, Ordering::Relaxed);
        }
    }

    /// Closes the open connections.
    pub(crate) fn disconnect(&self) {
        for link in self.open().drain(..) {
            let _ = link.client.shutdown(Shutdown::Both);
            let _ = link.receiver.shutdown(Shutdown::Both);
        }
    }

    fn open(&self) -> MutexGuard<'_, Vec<Link>> {
        self.shared
            .open
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn serve(&self, client: &TcpStream, plan: Plan) -> io::Result<()> {
        if let Plan::ResetAfter(bytes) = plan {
            return reset_after(client, bytes);
        }
        let receiver = match self.shared.receiver.load(Ordering::Relaxed) {
            0 => return Ok(()),
            port => TcpStream::connect(("127.0.0.1", port))?,
        };
        let is_frozen = Arc::<AtomicBool>::default();
        self.open().push(Link {
            client: client.try_clone()?,
            receiver: receiver.try_clone()?,
            is_frozen: Arc::clone(&is_frozen),
        });
        let (from, to, frozen) = (
            client.try_clone()?,
            receiver.try_clone()?,
            Arc::clone(&is_frozen),
        );
        thread::spawn(move || forward(&from, &to, &frozen));
        forward(&receiver, client, &is_frozen)
    }
}

fn forward(mut from: &TcpStream, mut to: &TcpStream, is_frozen: &AtomicBool) -> io::Result<()> {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let read = from.read(&mut buffer)?;
        // The thread ends with the process.
        while is_frozen.load(Ordering::Relaxed) {
            thread::park_timeout(Duration::from_secs(3600));
        }
        if read == 0 {
            return to.shutdown(Shutdown::Write);
        }
        to.write_all(&buffer[..read])?;
    }
}

fn reset_after(mut client: &TcpStream, bytes: usize) -> io::Result<()> {
    SockRef::from(client).set_linger(Some(Duration::ZERO))?;
    let mut left = bytes;
    let mut buffer = vec![0; 1024];
    while left > 0 {
        let length = left.min(buffer.len());
        match client.read(&mut buffer[..length])? {
            0 => break,
            read => left -= read,
        }
    }
    Ok(())
}
