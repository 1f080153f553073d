//! Opens connections to a receiver, directly or through the tunnel of a proxy.

use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use floe_telemetry_core::__sdk::clock::{Instant, monotonic_now};
use floe_telemetry_sdk::Error;
use http::Uri;

use super::cause::{Cause, Problem};
use super::lookup::Lookups;
use super::proxy::{self, Proxy, bare_host, is_localhost, port};
use super::socket::Socket;

/// The maximum size of a proxy's answer to `CONNECT`, in bytes.
const MAX_ANSWER: usize = 16 * 1024;

/// The timeout of an export divided by this number is the time to open a connection. The rest is left for the request.
const CONNECT_PARTS: u32 = 2;

/// The maximum time of the first attempt to connect to an address.
const QUICK: Duration = Duration::from_millis(250);

pub(super) struct Dialer {
    host: Host,
    tunnel: Option<Tunnel>,
    time: Duration,
}

enum Host {
    Addresses(Vec<SocketAddr>),
    Name { name: String, port: u16, lookups: Arc<Lookups> },
}

/// A proxy, and the receiver to which it opens a tunnel.
struct Tunnel {
    proxy: Proxy,
    receiver: String,
}

impl Dialer {
    /// Prepares connections to the receiver, or to the proxy that forwards requests to it.
    ///
    /// # Errors
    ///
    /// The host is a name, and the thread that looks it up cannot be started.
    pub(super) fn new(
        receiver: &Uri,
        proxy: Option<&Proxy>,
        timeout: Duration,
    ) -> Result<Self, Error> {
        let host = match proxy {
            Some(proxy) => Host::new(&proxy.host, proxy.port),
            None => Host::new(bare_host(receiver), port(receiver)),
        };
        let tunnel = proxy
            .filter(|proxy| !proxy.is_forwarding)
            .map(|proxy| Tunnel { proxy: proxy.clone(), receiver: proxy::receiver(receiver) });
        let host = host.map_err(|error| Error::thread("otlp", &error))?;
        Ok(Self { host, tunnel, time: timeout / CONNECT_PARTS })
    }

    /// Opens a connection before the deadline. A look-up may take all of the time, and the rest takes at most half of the
    /// timeout of an export. The deadline of the connection is the end of this time.
    ///
    /// # Errors
    ///
    /// The name cannot be looked up, no address answers, or the proxy refuses.
    pub(super) fn dial(&self, deadline: Instant) -> Result<Socket, Problem> {
        let addresses = self.host.addresses(deadline)?;
        let deadline = deadline.min(monotonic_now() + self.time);
        let stream = connect(&addresses, deadline)?;
        stream.set_nodelay(true)?;
        detect_silence(&stream, self.time);
        let mut socket = Socket::new(stream, deadline);
        if let Some(tunnel) = &self.tunnel {
            tunnel.open(&mut socket)?;
        }
        Ok(socket)
    }
}

impl Host {
    /// Returns a host, whose name is not looked up if it is the name of this machine for itself.
    fn new(name: &str, port: u16) -> io::Result<Self> {
        let known: Vec<IpAddr> = match name.parse() {
            Ok(address) => vec![address],
            Err(_) if is_localhost(name) => {
                vec![Ipv6Addr::LOCALHOST.into(), Ipv4Addr::LOCALHOST.into()]
            }
            Err(_) => {
                let lookups = Lookups::of_process()?;
                return Ok(Self::Name { name: name.to_owned(), port, lookups });
            }
        };
        Ok(Self::Addresses(with_port(known, port)))
    }

    fn addresses(&self, deadline: Instant) -> Result<Vec<SocketAddr>, Problem> {
        match self {
            Self::Addresses(addresses) => Ok(addresses.clone()),
            Self::Name { name, port, lookups } => {
                Ok(with_port(lookups.addresses(name, deadline)?, *port))
            }
        }
    }
}

fn with_port(addresses: Vec<IpAddr>, port: u16) -> Vec<SocketAddr> {
    addresses.into_iter().map(|address| SocketAddr::new(address, port)).collect()
}

/// Connects to the first address that answers. The first round of attempts is quick, and leaves at least half of the
/// time for another one, to the addresses that were silent.
fn connect(addresses: &[SocketAddr], deadline: Instant) -> io::Result<TcpStream> {
    let mut failure = io::Error::new(ErrorKind::TimedOut, "no address has answered in time");
    let mut silent = addresses.to_vec();
    for (part, longest) in [(2, QUICK), (1, Duration::MAX)] {
        let round = std::mem::take(&mut silent);
        for (address, left) in round.iter().zip((1..=round.len()).rev()) {
            let time = deadline.saturating_duration_since(monotonic_now()) / part;
            let share = (time / u32::try_from(left).unwrap_or(u32::MAX)).min(longest);
            if share.is_zero() {
                return Err(failure);
            }
            match TcpStream::connect_timeout(address, share) {
                Ok(stream) => return Ok(stream),
                Err(error) if error.kind() == ErrorKind::TimedOut => silent.push(*address),
                Err(error) => failure = error,
            }
        }
    }
    Err(failure)
}

/// Lets the system detect that the other side is gone, both while the connection is idle and when sent bytes are not
/// confirmed for `time`.
#[cfg(target_os = "linux")]
fn detect_silence(stream: &TcpStream, time: Duration) {
    use rustix::net::sockopt;

    const IDLE: Duration = Duration::from_secs(30);
    const INTERVAL: Duration = Duration::from_secs(10);

    // A connection without these options works, too.
    let _ = sockopt::set_socket_keepalive(stream, true);
    let _ = sockopt::set_tcp_keepidle(stream, IDLE);
    let _ = sockopt::set_tcp_keepintvl(stream, INTERVAL);
    let _ = sockopt::set_tcp_keepcnt(stream, 3);
    let _ = sockopt::set_tcp_user_timeout(stream, time.as_millis().try_into().unwrap_or(u32::MAX));
}

#[cfg(not(target_os = "linux"))]
const fn detect_silence(_: &TcpStream, _: Duration) {}

impl Tunnel {
    fn open(&self, socket: &mut Socket) -> Result<(), Problem> {
        let answer = self.request(socket).map_err(|error| Problem::new(Cause::Proxy, error))?;
        let line = answer.lines().next().unwrap_or_default();
        let status = line.strip_prefix("HTTP/1.").and_then(|rest| rest.split_once(' '));
        let Some((_, status)) = status else {
            return Err(Problem::new(Cause::Proxy, "its answer to CONNECT is not HTTP"));
        };
        if status.starts_with('2') {
            return Ok(());
        }
        let is_refusal = ["403", "405", "407"].iter().any(|refusal| status.starts_with(refusal));
        let cause = if is_refusal { Cause::RefusedByProxy } else { Cause::Proxy };
        let receiver = &self.receiver;
        Err(Problem::new(cause, format!("it answered {status} to CONNECT {receiver}")))
    }

    /// Requests the tunnel, and reads the answer to its end and no further: the next byte may be the receiver's.
    fn request(&self, socket: &mut Socket) -> io::Result<String> {
        let Self { proxy, receiver } = self;
        let credential = proxy
            .credential
            .as_ref()
            .map(|it| format!("proxy-authorization: {}\r\n", it.header))
            .unwrap_or_default();
        let request =
            format!("CONNECT {receiver} HTTP/1.1\r\nhost: {receiver}\r\n{credential}\r\n");
        socket.write_all(request.as_bytes())?;
        let mut answer = Vec::new();
        // A line may end without a carriage return.
        while !answer.ends_with(b"\n\r\n") && !answer.ends_with(b"\n\n") {
            let mut byte = [0];
            if socket.read(&mut byte)? == 0 {
                return Err(io::Error::new(ErrorKind::UnexpectedEof, "it closed the connection"));
            }
            answer.extend(byte);
            if answer.len() > MAX_ANSWER {
                return Err(io::Error::other("its answer to CONNECT does not end"));
            }
        }
        Ok(String::from_utf8_lossy(&answer).into_owned())
    }
}
