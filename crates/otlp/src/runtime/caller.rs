//! Drives the connections of one exporter on the thread that waits for them.
//!
//! That thread may be one of a runtime, which can neither be entered a second time nor drive anything while it is
//! blocked. So this waits for the system itself. There are a connection and a timer or two, so that each wake polls
//! everything.

use std::cell::Cell;
use std::fmt;
use std::future::{Future, poll_fn};
use std::io::{self, Read as _, Write as _};
use std::mem;
use std::net::{Shutdown, SocketAddr, ToSocketAddrs as _};
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use hyper::Uri;
use hyper::rt::{Executor, Read, ReadBufCursor, Write};
use hyper_util::client::legacy::connect::{Connected, Connection};
use mio::net::TcpStream;
use mio::{Events, Interest, Registry, Token};
use tower_service::Service;

use super::timeout;
use crate::clock::{Instant, monotonic_now};

/// The bytes that are read at once.
const READ: usize = 8 * 1024;

const INTERRUPT: Token = Token(0);
const CONNECTION: Token = Token(1);

thread_local! {
    static TIMER: Cell<Timer> = const { Cell::new(Timer::NotDriving) };
}

/// For which time the futures of this thread wait.
#[derive(Clone, Copy)]
enum Timer {
    /// It drives none.
    NotDriving,
    /// None waits for a time.
    Never,
    /// The earliest one.
    At(Instant),
}

/// Whether this thread drives futures.
pub(super) fn is_driving() -> bool {
    !matches!(TIMER.get(), Timer::NotDriving)
}

/// Waits for a time.
#[derive(Debug)]
pub(super) struct Sleep(Option<Instant>);

impl Sleep {
    pub(super) fn new(time: Duration) -> Self {
        Self(monotonic_now().checked_add(time))
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        let Some(end) = self.0 else {
            return Poll::Pending;
        };
        if end <= monotonic_now() {
            return Poll::Ready(());
        }
        TIMER.set(Timer::At(match TIMER.get() {
            Timer::At(earliest) => earliest.min(end),
            Timer::NotDriving | Timer::Never => end,
        }));
        Poll::Pending
    }
}

/// Marks this thread as one that drives futures until it is dropped.
struct Driving(Timer);

impl Driving {
    fn begin() -> Self {
        Self(TIMER.replace(Timer::Never))
    }
}

impl Drop for Driving {
    fn drop(&mut self) {
        TIMER.set(self.0);
    }
}

/// Waits for events of the system.
pub(in super::super) struct Caller {
    poll: mio::Poll,
    spawner: Spawner,
}

impl fmt::Debug for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Caller")
    }
}

impl Caller {
    pub(super) fn new() -> io::Result<Self> {
        let poll = mio::Poll::new()?;
        let interrupt = mio::Waker::new(poll.registry(), INTERRUPT)?;
        let shared = Shared {
            registry: poll.registry().try_clone()?,
            interrupt: Arc::new(Interrupt(interrupt)),
            spawned: Mutex::default(),
        };
        let spawner = Spawner(Arc::new(shared));
        Ok(Self { poll, spawner })
    }

    pub(super) const fn spawner(&self) -> &Spawner {
        &self.spawner
    }

    pub(super) fn block_on<T>(&mut self, future: impl Future<Output = T>) -> io::Result<T> {
        let shared = Arc::clone(&self.spawner.0);
        let waker = Waker::from(Arc::clone(&shared.interrupt));
        let mut context = Context::from_waker(&waker);
        let mut future = pin!(future);
        let mut events = Events::with_capacity(8);
        let _driving = Driving::begin();
        loop {
            TIMER.set(Timer::Never);
            shared.poll_spawned(&mut context);
            if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
                return Ok(output);
            }
            let time = match TIMER.get() {
                Timer::At(end) => Some(end.saturating_duration_since(monotonic_now())),
                Timer::NotDriving | Timer::Never => None,
            };
            match self.poll.poll(&mut events, time) {
                Err(error) if error.kind() != io::ErrorKind::Interrupted => return Err(error),
                _ => {}
            }
        }
    }
}

impl Drop for Caller {
    fn drop(&mut self) {
        // They may own a connector, and so what they are part of.
        let spawned = mem::take(&mut *self.spawner.0.spawned());
        // Not under the lock: what is dropped may spawn a task.
        drop(spawned);
    }
}

/// Ends the wait for an event.
struct Interrupt(mio::Waker);

impl Wake for Interrupt {
    fn wake(self: Arc<Self>) {
        // It fails only if the system has no memory. The timers end the wait, too.
        let _ = self.0.wake();
    }
}

type Spawned = Pin<Box<dyn Future<Output = ()> + Send>>;

struct Shared {
    registry: Registry,
    interrupt: Arc<Interrupt>,
    spawned: Mutex<Vec<Spawned>>,
}

impl Shared {
    fn spawned(&self) -> MutexGuard<'_, Vec<Spawned>> {
        self.spawned.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn poll_spawned(&self, context: &mut Context<'_>) {
        let mut spawned = mem::take(&mut *self.spawned());
        spawned.retain_mut(|future| future.as_mut().poll(context).is_pending());
        // They may have spawned others.
        self.spawned().append(&mut spawned);
    }
}

/// Adds futures to those that are driven beside the one that is waited for.
#[derive(Clone)]
pub(in super::super) struct Spawner(Arc<Shared>);

impl<F: Future<Output = ()> + Send + 'static> Executor<F> for Spawner {
    fn execute(&self, future: F) {
        self.0.spawned().push(Box::pin(future));
        Arc::clone(&self.0.interrupt).wake();
    }
}

/// Connects over TCP. The system's lookup of a name blocks, and nothing interrupts it.
#[derive(Clone)]
pub(in super::super) struct Connector {
    spawner: Spawner,
    /// The time for all addresses of a name.
    timeout: Duration,
}

impl Connector {
    pub(in super::super) fn new(spawner: &Spawner, timeout: Duration) -> Self {
        Self { spawner: spawner.clone(), timeout }
    }
}

impl Service<Uri> for Connector {
    type Response = Stream;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Stream>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, receiver: Uri) -> Self::Future {
        let Self { spawner, timeout } = self.clone();
        Box::pin(async move {
            let host = receiver.host().unwrap_or_default();
            let host = host.trim_start_matches('[').trim_end_matches(']');
            let is_tls = receiver.scheme_str() == Some("https");
            let port = receiver.port_u16().unwrap_or(if is_tls { 443 } else { 80 });
            let addresses: Vec<_> = (host, port).to_socket_addrs()?.collect();
            let each = timeout / u32::try_from(addresses.len().max(1)).unwrap_or(u32::MAX);
            let mut result =
                Err(io::Error::new(io::ErrorKind::NotFound, "the name has no address"));
            for address in addresses {
                result = connect(&spawner.0.registry, address, each).await;
                if result.is_ok() {
                    break;
                }
            }
            result
        })
    }
}

async fn connect(registry: &Registry, address: SocketAddr, time: Duration) -> io::Result<Stream> {
    let mut stream = TcpStream::connect(address)?;
    registry.register(&mut stream, CONNECTION, Interest::READABLE | Interest::WRITABLE)?;
    let connected = poll_fn(|_| match stream.take_error() {
        Ok(None) => match stream.peer_addr() {
            Ok(_) => Poll::Ready(Ok(())),
            // Connecting.
            Err(_) => Poll::Pending,
        },
        Ok(Some(error)) | Err(error) => Poll::Ready(Err(error)),
    });
    timeout(time, connected).await.unwrap_or_else(|| Err(io::ErrorKind::TimedOut.into()))?;
    stream.set_nodelay(true)?;
    Ok(Stream(stream))
}

/// A connection. Its events wake the thread that waits, which tries again what would have blocked.
pub(in super::super) struct Stream(TcpStream);

impl Connection for Stream {
    fn connected(&self) -> Connected {
        Connected::new()
    }
}

/// Repeats an operation that a signal interrupts.
fn poll<T>(mut operation: impl FnMut() -> io::Result<T>) -> Poll<io::Result<T>> {
    loop {
        match operation() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Poll::Pending,
            result => return Poll::Ready(result),
        }
    }
}

impl Read for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        mut buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let mut bytes = [0; READ];
        let most = buffer.remaining().min(READ);
        poll(|| self.0.read(&mut bytes[..most])).map_ok(|read| buffer.put_slice(&bytes[..read]))
    }
}

impl Write for Stream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        poll(|| self.0.write(bytes))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(self.0.shutdown(Shutdown::Write))
    }
}
