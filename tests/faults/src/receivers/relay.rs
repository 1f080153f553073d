//! A TCP relay in front of a receiver, for faults of the network.

use std::io::{self, Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU16, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use floe_tests::Script;
use socket2::SockRef;

use super::http2;

#[derive(Clone, Debug)]
pub(crate) enum Plan {
    Forward,
    /// The connection is reset after the client has sent this many bytes.
    ResetAfter(usize),
    /// The relay answers a request over HTTP/2 with these bytes. It sends nothing more.
    Answer(Vec<u8>),
}

/// A relay on 127.0.0.1, whose port stays the same.
#[derive(Debug)]
pub(crate) struct Relay {
    server: Script,
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    /// The port of the receiver, or 0 while connections are closed at once.
    receiver: AtomicU16,
    is_stopped: AtomicBool,
    /// The delay of the receiver's bytes, in milliseconds.
    delay: AtomicU64,
    open: Mutex<Vec<Link>>,
}

#[derive(Debug)]
struct Link {
    client: TcpStream,
    receiver: TcpStream,
    is_frozen: Arc<AtomicBool>,
}

impl Relay {
    pub(crate) fn to(receiver: u16) -> Self {
        Self::with(receiver, |_| Plan::Forward)
    }

    /// Starts a relay. `plan` gets the number of a connection, and the first one has the number 0.
    pub(crate) fn with(
        receiver: u16,
        plan: impl Fn(usize) -> Plan + Send + Sync + 'static,
    ) -> Self {
        let shared = Arc::<Shared>::default();
        shared.receiver.store(receiver, Ordering::Relaxed);
        let relay = Arc::clone(&shared);
        let server = Script::new(move |number, client| match plan(number) {
            Plan::Forward => relay.connect(client),
            Plan::ResetAfter(bytes) => reset_after(client, bytes),
            Plan::Answer(bytes) => answer(client, &bytes),
        });

        Self { server, shared }
    }

    pub(crate) fn endpoint(&self) -> String {
        self.server.endpoint()
    }

    pub(crate) const fn port(&self) -> u16 {
        self.server.port()
    }

    pub(crate) fn connections(&self) -> usize {
        self.server.connections()
    }

    /// Forwards new connections to this port. If the port is 0, closes them.
    pub(crate) fn set_receiver(&self, port: u16) {
        self.shared.receiver.store(port, Ordering::Relaxed);
    }

    pub(crate) fn delay(&self, delay: Duration) {
        let millis = u64::try_from(delay.as_millis()).unwrap_or(u64::MAX);
        self.shared.delay.store(millis, Ordering::Relaxed);
    }

    /// Stops forwarding, like a receiver whose process is stopped. The system still accepts connections for it.
    pub(crate) fn stop(&self) {
        self.shared.is_stopped.store(true, Ordering::Relaxed);
    }

    pub(crate) fn resume(&self) {
        self.shared.is_stopped.store(false, Ordering::Relaxed);
    }

    /// Stops forwarding on the open connections without closing them, like a network that has lost their state.
    pub(crate) fn freeze(&self) {
        for link in &*self.shared.open() {
            link.is_frozen.store(true, Ordering::Relaxed);
        }
    }

    pub(crate) fn disconnect(&self) {
        for link in self.shared.open().drain(..) {
            let _ = link.client.shutdown(Shutdown::Both);
            let _ = link.receiver.shutdown(Shutdown::Both);
        }
    }
}

impl Shared {
    fn open(&self) -> MutexGuard<'_, Vec<Link>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn connect(self: &Arc<Self>, client: &TcpStream) -> io::Result<()> {
        self.wait_while_stopped();
        let receiver = match self.receiver.load(Ordering::Relaxed) {
            0 => return Ok(()),
            port => TcpStream::connect(("127.0.0.1", port))?,
        };

        let is_frozen = Arc::<AtomicBool>::default();
        self.open().push(Link {
            client: client.try_clone()?,
            receiver: receiver.try_clone()?,
            is_frozen: Arc::clone(&is_frozen),
        });

        let from = client.try_clone()?;
        let to = receiver.try_clone()?;
        let this = Arc::clone(self);
        let frozen = Arc::clone(&is_frozen);
        thread::spawn(move || this.forward(&from, &to, &frozen, &AtomicU64::new(0)));
        self.forward(&receiver, client, &is_frozen, &self.delay)
    }

    fn wait_while_stopped(&self) {
        while self.is_stopped.load(Ordering::Relaxed) {
            thread::sleep(Duration::from_millis(1));
        }
    }

    fn forward(
        &self,
        mut from: &TcpStream,
        mut to: &TcpStream,
        is_frozen: &AtomicBool,
        delay: &AtomicU64,
    ) -> io::Result<()> {
        let mut buffer = vec![0; 64 * 1024];
        loop {
            let read = from.read(&mut buffer)?;
            self.wait_while_stopped();
            // A frozen connection's thread waits until the process ends.
            while is_frozen.load(Ordering::Relaxed) {
                thread::park_timeout(Duration::from_secs(3600));
            }

            thread::sleep(Duration::from_millis(delay.load(Ordering::Relaxed)));
            if read == 0 {
                return to.shutdown(Shutdown::Write);
            }

            to.write_all(&buffer[..read])?;
        }
    }
}

fn answer(client: &mut TcpStream, bytes: &[u8]) -> io::Result<()> {
    http2::answer(client, bytes)?;
    io::copy(client, &mut io::sink()).map(drop)
}

fn reset_after(mut client: &TcpStream, bytes: usize) -> io::Result<()> {
    SockRef::from(client).set_linger(Some(Duration::ZERO))?;
    let mut left = bytes;
    let mut buffer = vec![0; 1024];
    client.peek(&mut buffer[..4])?;
    // A request over HTTP/2 waits for the settings.
    if buffer.starts_with(b"PRI ") {
        client.write_all(&http2::settings())?;
    }
    while left > 0 {
        let length = left.min(buffer.len());
        match client.read(&mut buffer[..length])? {
            0 => break,
            read => left -= read,
        }
    }

    Ok(())
}
