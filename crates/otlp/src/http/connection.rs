//! The connections below HTTP. Unlike ureq's own connections, which wait until the initial timeout of the request, they
//! end when a shutdown ends. They also read an answer that arrives before the end of the request.

use std::fmt::Display;
use std::io::{self, IoSlice, Read as _, Write as _};
use std::mem;
use std::net::{Ipv4Addr, SocketAddr, TcpStream, ToSocketAddrs as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::RecvTimeoutError;
use std::time::Duration;

use http::Uri;
use opentelemetry::Context;
use ureq::config::Config;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{
    Buffers, ConnectionDetails, Connector, Either, LazyBuffers, NextTimeout, Transport,
};
use ureq::{Error, Timeout};

use floe_telemetry_core::__sdk::clock::monotonic_now;
use floe_telemetry_core::__sdk::program_signals::spawn;
use floe_telemetry_sdk::__parts::channel::channel;

use crate::time_limit::{STEP, TimeLimit};

/// The most bytes of the head of an answer.
pub(super) const MAX_HEAD: usize = 32 * 1024;

/// The sizes of the buffers for an answer, with room for a head, and for a request, in bytes.
const BUFFERS: (usize, usize) = (2 * MAX_HEAD, 128 * 1024);

/// A first part of a request up to this size waits for the next part, so that the head and the body are one write,
/// which wakes the receiver once.
const MAX_HELD: usize = 16 * 1024;

/// The maximum number of addresses of a name that are tried, the same as in ureq's look-up.
const MAX_ADDRESSES: usize = 16;

#[derive(Debug)]
pub(super) struct Connections {
    time: Arc<TimeLimit>,
    /// The maximum time for opening a connection.
    timeout: Duration,
    opened: AtomicUsize,
}

impl Connections {
    pub(super) fn new(time: Arc<TimeLimit>, timeout: Duration) -> Arc<Self> {
        Arc::new(Self { time, timeout, opened: AtomicUsize::new(0) })
    }

    /// The number of connections so far.
    pub(super) fn opened(&self) -> usize {
        self.opened.load(Ordering::Relaxed)
    }

    /// Connects on a new thread, so that a shutdown waits neither for a name server nor for a silent address.
    fn open(self: &Arc<Self>, uri: &Uri) -> Result<TcpStream, Error> {
        let (results, opened) = channel();
        let (connections, uri) = (Arc::clone(self), uri.clone());
        let connect = move || {
            let _quiet = Context::enter_telemetry_suppressed_scope();
            let addresses = look_up(&uri);
            // The thread that waits for the results may have given up.
            let _ = results.send(None);
            let _ =
                results.send(Some(addresses.and_then(|addresses| connections.connect(&addresses))));
        };
        spawn("floe-connect", connect)?;
        let mut lookup = Some(monotonic_now() + self.timeout);
        while !self.time.left().is_zero() {
            match opened.recv_timeout(STEP) {
                Ok(Some(stream)) => return stream,
                Ok(None) => lookup = None,
                Err(RecvTimeoutError::Timeout) => {
                    if lookup.is_some_and(|end| end <= monotonic_now()) {
                        return Err(dns_error("no answer in time"));
                    }
                }
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        Err(Error::Timeout(Timeout::Connect))
    }

    /// Connects to the first address that answers. An address that does not answer leaves time for the next one.
    fn connect(&self, addresses: &[SocketAddr]) -> Result<TcpStream, Error> {
        let mut left = self.time.left().min(self.timeout);
        let mut last = Error::HostNotFound;
        for (number, address) in addresses.iter().enumerate() {
            let wait = if number + 1 < addresses.len() { left / 2 } else { left };
            left -= wait;
            let wait = wait.max(Duration::from_millis(1));
            match TcpStream::connect_timeout(address, wait) {
                Ok(stream) => return Ok(stream),
                Err(error) => last = Error::Other(format!("tcp connect error: {error}").into()),
            }
        }
        Err(last)
    }
}

/// Looks up the name of a receiver, or of its proxy. ureq's own look-up uses a thread, which adds 30 KB to a program.
fn look_up(uri: &Uri) -> Result<Vec<SocketAddr>, Error> {
    let parts = uri.scheme().zip(uri.authority());
    let address = parts.and_then(|(scheme, host)| DefaultResolver::host_and_port(scheme, host));
    let found = address.ok_or(Error::HostNotFound)?.to_socket_addrs();
    found.map(|addresses| addresses.take(MAX_ADDRESSES).collect()).map_err(dns_error)
}

fn dns_error(reason: impl Display) -> Error {
    Error::Other(format!("dns error: {reason}").into())
}

/// Leaves the look-up of a name to the new connection, because ureq would look it up before each request.
#[derive(Debug)]
pub(super) struct LateResolver;

impl Resolver for LateResolver {
    fn resolve(&self, _: &Uri, _: &Config, _: NextTimeout) -> Result<ResolvedSocketAddrs, Error> {
        let mut unknown = self.empty();
        unknown.push((Ipv4Addr::UNSPECIFIED, 0).into());
        Ok(unknown)
    }
}

/// Opens TCP connections, unless a proxy has opened one.
#[derive(Debug)]
pub(super) struct TcpConnector(pub(super) Arc<Connections>);

impl<T: Transport> Connector<T> for TcpConnector {
    type Out = Either<T, Tcp>;

    fn connect(
        &self,
        details: &ConnectionDetails<'_>,
        tunnel: Option<T>,
    ) -> Result<Option<Self::Out>, Error> {
        if let Some(tunnel) = tunnel {
            return Ok(Some(Either::A(tunnel)));
        }
        let stream = self.0.open(details.uri)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(STEP))?;
        stream.set_write_timeout(Some(STEP))?;
        self.0.opened.fetch_add(1, Ordering::Relaxed);
        let (input, output) = BUFFERS;
        let buffers = LazyBuffers::new(input, output);
        let time = Arc::clone(&self.0.time);
        let (held, broken, is_read) = (Vec::new(), None, false);
        Ok(Some(Either::B(Tcp { stream, buffers, time, held, broken, is_read })))
    }
}

#[derive(Debug)]
pub(super) struct Tcp {
    stream: TcpStream,
    buffers: LazyBuffers,
    time: Arc<TimeLimit>,
    /// The first part of a request, which is written with the next part, or before waiting for an answer.
    held: Vec<u8>,
    /// The error of a write. The receiver may have answered before it closed the connection.
    broken: Option<io::Error>,
    /// Whether the last step was a read.
    is_read: bool,
}

/// Repeats a read or a write until it has an effect, or there is no time left.
fn within<T>(time: &TimeLimit, mut io: impl FnMut() -> io::Result<T>) -> Result<T, Error> {
    while !time.left().is_zero() {
        match io() {
            Err(error) if is_to_be_repeated(&error) => {}
            other => return Ok(other?),
        }
    }
    Err(Error::Timeout(Timeout::Global))
}

fn is_to_be_repeated(error: &io::Error) -> bool {
    use io::ErrorKind::{Interrupted, TimedOut, WouldBlock};

    matches!(error.kind(), Interrupted | TimedOut | WouldBlock)
}

impl Tcp {
    /// Writes the held part, and this many bytes of the output.
    fn write(&mut self, amount: usize) -> Result<(), Error> {
        let Self { stream, buffers, time, held, broken, .. } = self;
        let mut parts = [IoSlice::new(held), IoSlice::new(&buffers.output()[..amount])];
        let mut rest = &mut parts[..];
        IoSlice::advance_slices(&mut rest, 0);
        while !rest.is_empty() && broken.is_none() {
            match within(time, || (&*stream).write_vectored(rest)) {
                Ok(written) => IoSlice::advance_slices(&mut rest, written),
                Err(Error::Io(error)) => *broken = Some(error),
                Err(other) => return Err(other),
            }
        }
        held.clear();
        Ok(())
    }
}

impl Transport for Tcp {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, _: NextTimeout) -> Result<(), Error> {
        if amount <= MAX_HELD && self.held.is_empty() {
            self.held.extend_from_slice(&self.buffers.output()[..amount]);
            return Ok(());
        }
        self.write(amount)
    }

    fn await_input(&mut self, _: NextTimeout) -> Result<bool, Error> {
        self.write(0)?;
        let Self { stream, buffers, time, broken, .. } = self;
        let read = within(time, || (&*stream).read(buffers.input_append_buf()));
        match (read, broken.take()) {
            (Ok(0) | Err(Error::Io(_)), Some(error)) => Err(error.into()),
            (read, _) => {
                let read = read?;
                buffers.input_appended(read);
                self.is_read = true;
                Ok(read > 0)
            }
        }
    }

    /// Called after an answer and before the next request. Finds a connection that was closed, or that has sent
    /// unexpected bytes.
    fn is_open(&mut self) -> bool {
        if mem::take(&mut self.is_read) {
            return true;
        }
        let is_silent = || {
            self.stream.set_nonblocking(true)?;
            let peeked = self.stream.peek(&mut [0]);
            self.stream.set_nonblocking(false)?;
            let is_silent = peeked.is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock);
            Ok::<_, io::Error>(is_silent)
        };
        is_silent().unwrap_or(false)
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::{fs, thread};

    use floe_telemetry_sdk::__parts::collector::Ending;
    use socket2::{Domain, Socket, Type};
    use ureq::Agent;

    use super::*;

    /// The connections of an export that may take ten minutes.
    fn connections(timeout: Duration) -> Arc<Connections> {
        let time = TimeLimit::new(Arc::default());
        time.set(monotonic_now() + Duration::from_secs(600));
        Connections::new(Arc::new(time), timeout)
    }

    /// A listener on an address of the loopback interface that accepts this number of connections.
    fn listener(backlog: i32) -> (Socket, SocketAddr) {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        socket.bind(&address.into()).unwrap();
        socket.listen(backlog).unwrap();
        let address = socket.local_addr().unwrap().as_socket().unwrap();
        (socket, address)
    }

    /// Waits until a socket with this port has this state in `/proc/net/tcp`.
    fn wait_for(port: u16, state: &str) {
        let socket = format!(":{port:04X} {state}");
        while !fs::read_to_string("/proc/net/tcp").unwrap().contains(&socket) {
            thread::yield_now();
        }
    }

    /// An address whose queue is full, so that it does not answer. The queue has room for one connection.
    fn silent_address() -> (SocketAddr, TcpStream, Socket) {
        let (full, silent) = listener(0);
        let queued = TcpStream::connect(silent).unwrap();
        wait_for(silent.port(), "00000000:0000 0A 00000000:00000001");
        (silent, queued, full)
    }

    #[test]
    fn the_head_and_the_body_of_a_request_are_one_write() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let receiver = thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = [0; 1024];
            let read = stream.read(&mut request).unwrap();
            stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").unwrap();
            request[..read].to_vec()
        });
        let connector = ().chain(TcpConnector(connections(Duration::from_secs(60))));
        let agent = Agent::with_parts(Config::default(), connector, LateResolver);
        agent.post(&url).send("body").unwrap();
        let read = receiver.join().unwrap();
        assert!(read.ends_with(b"body"), "{}", String::from_utf8_lossy(&read));
    }

    #[test]
    fn a_silent_address_is_followed_by_the_next_one() {
        let (silent, _queued, _full) = silent_address();
        let (_open, answering) = listener(1);
        let connections = connections(Duration::from_secs(4));
        let stream = connections.connect(&[silent, answering]).unwrap();
        assert_eq!(stream.peer_addr().unwrap(), answering);
    }

    #[test]
    fn a_shutdown_does_not_wait_for_a_silent_address() {
        let (silent, _queued, _full) = silent_address();
        let ending = Arc::new(Ending::default());
        let time = Arc::new(TimeLimit::new(Arc::clone(&ending)));
        time.set(monotonic_now() + Duration::from_secs(600));
        let connections = Connections::new(time, Duration::from_secs(600));
        let uri = format!("http://{silent}").parse().unwrap();
        let opened = thread::scope(|scope| {
            let opened = scope.spawn(|| connections.open(&uri));
            wait_for(silent.port(), "02 ");
            ending.begin(monotonic_now());
            opened.join().unwrap()
        });
        assert!(matches!(opened, Err(Error::Timeout(_))), "{opened:?}");
    }
}
