//! Connections to a receiver, direct or through the HTTP proxy of the environment (`HTTP_PROXY`,
//! `HTTPS_PROXY`, `ALL_PROXY`; `NO_PROXY` lists hosts without a proxy). Loopback addresses are always
//! connected to directly.

use std::error::Error as StdError;
use std::fmt;
use std::future::Future;
use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::Uri;
use hyper::header::HeaderValue;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::client::legacy::connect::dns::GaiResolver;
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::client::legacy::connect::{Connected, Connection, HttpConnector};
use hyper_util::client::proxy::matcher::Matcher;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tower_service::Service;

use floe_telemetry_core::__sdk::environment;

/// The idle time after which TCP checks whether the peer is still there, and how often.
const KEEPALIVE: Duration = Duration::from_secs(30);
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(5);
const KEEPALIVE_RETRIES: u32 = 3;

/// The time after which the addresses of the other IP version are tried
/// ([Happy Eyeballs](https://www.rfc-editor.org/rfc/rfc8305#section-8)).
const OTHER_VERSION: Duration = Duration::from_millis(250);

/// Connects to a receiver, through a proxy if one is configured.
#[derive(Clone)]
pub(super) struct ProxyConnector {
    tcp: HttpConnector,
    route: Route,
}

#[derive(Clone)]
enum Route {
    Direct,
    /// The proxy forwards plain HTTP requests.
    Forward(Proxy),
    /// The proxy opens an HTTP CONNECT tunnel.
    Tunnel(Proxy),
    /// The scheme of the proxy is not supported; the text is the error of every connection.
    Unsupported(&'static str),
}

#[derive(Clone)]
struct Proxy {
    uri: Uri,
    credential: Option<HeaderValue>,
}

impl Route {
    const fn proxy(&self) -> Option<&Proxy> {
        match self {
            Self::Forward(proxy) | Self::Tunnel(proxy) => Some(proxy),
            Self::Direct | Self::Unsupported(_) => None,
        }
    }
}

impl fmt::Debug for ProxyConnector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProxyConnector").finish_non_exhaustive()
    }
}

impl ProxyConnector {
    /// Creates a connector for `receiver`, with a tunnel if a proxy is configured for it. `timeout` is that
    /// of an export.
    pub(super) fn of(receiver: &Uri, timeout: Duration) -> Self {
        let tcp = tcp(GaiResolver::new(), timeout);
        let route = match Matcher::from_env().intercept(receiver) {
            None => Route::Direct,
            Some(_) if is_loopback(receiver) || is_excepted(receiver, &exceptions()) => {
                Route::Direct
            }
            Some(proxy) if proxy.uri().scheme_str() == Some("http") => Route::Tunnel(Proxy {
                uri: proxy.uri().clone(),
                credential: proxy.basic_auth().cloned(),
            }),
            Some(_) => Route::Unsupported(
                "the proxy of the environment is not an HTTP proxy, expected `http://host:port`",
            ),
        };
        Self { tcp, route }
    }

    /// Replaces a tunnel by forwarding, which proxies commonly require for plain HTTP. Returns the
    /// value of the `Proxy-Authorization` header that each request must have.
    #[cfg_attr(not(feature = "http"), expect(dead_code, reason = "HTTP/2 is not forwarded"))]
    pub(super) fn forwarding(self) -> (Self, Option<HeaderValue>) {
        let Route::Tunnel(proxy) = self.route else {
            return (self, None);
        };
        let credential = proxy.credential.clone();
        let route = Route::Forward(proxy);
        (Self { route, ..self }, credential)
    }
}

/// Creates a connector that tries the addresses of a name one after the other, and those of the other IP version
/// at the same time if there is no connection within [`OTHER_VERSION`]. A silent address leaves half of the
/// timeout of an export for the request.
fn tcp<R>(resolver: R, timeout: Duration) -> HttpConnector<R> {
    let mut tcp = HttpConnector::new_with_resolver(resolver);
    tcp.set_connect_timeout(Some(timeout / 2));
    tcp.set_happy_eyeballs_timeout(Some(OTHER_VERSION));
    tcp.set_nodelay(true);
    tcp.enforce_http(false);
    // An idle connection whose peer is gone is closed before it is used again.
    tcp.set_keepalive(Some(KEEPALIVE));
    tcp.set_keepalive_interval(Some(KEEPALIVE_INTERVAL));
    tcp.set_keepalive_retries(Some(KEEPALIVE_RETRIES));
    tcp
}

/// Whether the receiver is on this machine. Other OTLP exporters use no proxy for it either.
fn is_loopback(receiver: &Uri) -> bool {
    let host = receiver.host().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']');
    let address: Result<IpAddr, _> = address.parse();
    host.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.is_loopback())
}

/// The hosts without a proxy, from the variable that [`Matcher`] reads.
fn exceptions() -> String {
    let mut values = ["NO_PROXY", "no_proxy"].into_iter().map(environment::variable);
    values.find_map(Result::ok).unwrap_or_default()
}

/// Whether a list has the receiver in a form that curl or Go know and [`Matcher`] does not: `*` for an address,
/// `*.domain`, and with a port or brackets.
fn is_excepted(receiver: &Uri, list: &str) -> bool {
    let is_tls = receiver.scheme_str() == Some("https");
    let port = receiver.port_u16().unwrap_or(if is_tls { 443 } else { 80 });
    let entries = list.split(|c: char| c == ',' || c.is_whitespace());
    let entries: Vec<&str> = entries.filter_map(|entry| known_form(entry, port)).collect();
    let others = Matcher::builder().all("http://proxy").no(entries.join(","));
    entries.contains(&"*") || others.build().intercept(receiver).is_none()
}

/// An entry as [`Matcher`] knows it, or nothing if it is for another port.
fn known_form(entry: &str, port: u16) -> Option<&str> {
    let (host, of) = match entry.strip_prefix('[').and_then(|it| it.split_once(']')) {
        Some((host, rest)) => (host, rest.strip_prefix(':')),
        None => match entry.split_once(':') {
            Some((host, of)) if !of.contains(':') => (host, Some(of)),
            _ => (entry, None),
        },
    };
    let host = host.strip_prefix('*').filter(|it| it.starts_with('.')).unwrap_or(host);
    of.is_none_or(|of| of.parse() == Ok(port)).then_some(host)
}

/// Adds the port of the scheme: without one, the tunnel would connect to port 443 for `http`, too.
fn with_port(receiver: Uri) -> Uri {
    let is_plain = receiver.scheme_str() == Some("http") && receiver.port().is_none();
    let Some(host) = receiver.host().filter(|_| is_plain) else {
        return receiver;
    };
    let mut parts = receiver.clone().into_parts();
    parts.authority = format!("{host}:80").parse().ok();
    Uri::from_parts(parts).unwrap_or(receiver)
}

type Connecting = Pin<Box<dyn Future<Output = Result<ReceiverStream, BoxError>> + Send>>;
type BoxError = Box<dyn StdError + Send + Sync>;

impl Service<Uri> for ProxyConnector {
    type Response = ReceiverStream;
    type Error = BoxError;
    type Future = Connecting;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.tcp.poll_ready(context).map_err(Into::into)
    }

    fn call(&mut self, receiver: Uri) -> Connecting {
        let tcp = self.tcp.clone();
        let route = self.route.clone();
        let proxy = route.proxy().map(|proxy| proxy.uri.clone());
        Box::pin(async move {
            let connected = connect(tcp, route, receiver).await;
            connected.map_err(|error| NotConnected { error, proxy }.into())
        })
    }
}

async fn connect(
    mut tcp: HttpConnector,
    route: Route,
    receiver: Uri,
) -> Result<ReceiverStream, BoxError> {
    let (stream, is_forwarded) = match route {
        Route::Direct => (tcp.call(receiver).await?, false),
        Route::Forward(proxy) => (tcp.call(proxy.uri).await?, true),
        Route::Tunnel(proxy) => {
            let tunnel = Tunnel::new(proxy.uri, tcp);
            let mut tunnel = match proxy.credential {
                Some(credential) => tunnel.with_auth(credential),
                None => tunnel,
            };
            (tunnel.call(with_port(receiver)).await?, false)
        }
        Route::Unsupported(reason) => return Err(reason.into()),
    };
    Ok(ReceiverStream { stream, is_forwarded })
}

/// Why there is no connection. The clients wrap it, and it is found among the sources of their errors.
#[derive(Debug)]
pub(super) struct NotConnected {
    error: BoxError,
    /// What was connected to in place of the receiver.
    proxy: Option<Uri>,
}

impl fmt::Display for NotConnected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(proxy) = &self.proxy {
            let host = proxy.host().unwrap_or_default();
            let port = proxy.port_u16().unwrap_or(80);
            write!(f, "the proxy `{host}:{port}`: ")?;
        }
        self.error.fmt(f)
    }
}

impl StdError for NotConnected {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.error.source()
    }
}

/// A connection to the receiver or to a forwarding proxy.
pub(super) struct ReceiverStream {
    stream: TokioIo<TcpStream>,
    /// Whether requests need the absolute form of the URI, because a proxy forwards them.
    is_forwarded: bool,
}

impl Connection for ReceiverStream {
    fn connected(&self) -> Connected {
        self.stream.connected().proxy(self.is_forwarded)
    }
}

impl Read for ReceiverStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl Write for ReceiverStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, parts)
    }
}

#[cfg(test)]
mod tests {
    use std::future::{Ready, ready};
    use std::net::{Ipv4Addr, SocketAddr};
    use std::vec;

    use hyper_util::client::legacy::connect::dns::Name;
    use socket2::{Domain, Socket, Type};
    use tokio::runtime;

    use super::*;

    /// Resolves every name to these addresses.
    #[derive(Clone)]
    struct Addresses(Vec<SocketAddr>);

    impl Service<Name> for Addresses {
        type Response = vec::IntoIter<SocketAddr>;
        type Error = io::Error;
        type Future = Ready<io::Result<Self::Response>>;

        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }

        fn call(&mut self, _: Name) -> Self::Future {
            ready(Ok(self.0.clone().into_iter()))
        }
    }

    const QUEUE_TIMEOUT: Duration = Duration::from_millis(300);

    /// A listener on an address of the loopback interface that accepts so many connections.
    fn listener(backlog: i32) -> (Socket, SocketAddr) {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        socket.bind(&address.into()).unwrap();
        socket.listen(backlog).unwrap();
        let address = socket.local_addr().unwrap().as_socket().unwrap();
        (socket, address)
    }

    #[test]
    fn a_silent_address_is_followed_by_the_next_one() {
        let (_full, silent) = listener(0);
        // Its queue is full, so that it does not answer any more.
        let mut queued = Vec::new();
        while let Ok(stream) = std::net::TcpStream::connect_timeout(&silent, QUEUE_TIMEOUT) {
            queued.push(stream);
        }
        let (_open, answering) = listener(1);
        // The two addresses share half of it.
        let mut tcp = tcp(Addresses(vec![silent, answering]), Duration::from_secs(2));
        let runtime = runtime::Builder::new_current_thread();
        let runtime = { runtime }.enable_all().build().unwrap();
        let receiver = Uri::from_static("http://collector.test");
        let connected = runtime.block_on(async { tcp.call(receiver).await });
        let stream = connected.unwrap();
        assert_eq!(stream.inner().peer_addr().unwrap(), answering);
    }

    #[test]
    fn loopback_addresses_are_recognised() {
        for (receiver, expected) in [
            ("http://localhost:4317", true),
            ("http://LocalHost", true),
            ("https://127.0.0.1:4318/v1/traces", true),
            ("http://127.8.0.1", true),
            ("http://[::1]:4317", true),
            ("http://localhost.example", false),
            ("http://10.0.0.1", false),
            ("https://[2001:db8::1]:4317", false),
        ] {
            let receiver: Uri = receiver.parse().unwrap();
            assert_eq!(is_loopback(&receiver), expected, "{receiver}");
        }
    }

    #[test]
    fn hosts_are_excepted_in_each_form_that_curl_and_go_know() {
        let name = "http://otel.corp.internal:4317";
        let (v4, v6) = ("http://10.1.2.3:4317", "https://[fd00::3]:4317");
        for (list, receiver, expected) in [
            ("*", name, true),
            ("*", v4, true),
            ("other.test, *", v6, true),
            ("otel.corp.internal", name, true),
            ("corp.internal", name, true),
            (".corp.internal", name, true),
            ("*.corp.internal", name, true),
            ("*.CORP.Internal", name, true),
            ("other.test otel.corp.internal:4317", name, true),
            ("corp.internal:4317", name, true),
            ("10.1.2.3", v4, true),
            ("10.1.2.3:4317", v4, true),
            ("10.0.0.0/8", v4, true),
            ("fd00::3", v6, true),
            ("[fd00::3]", v6, true),
            ("[fd00::3]:4317", v6, true),
            ("fd00::/8", v6, true),
            ("collector.test:443", "https://collector.test", true),
            ("collector.test:80", "http://collector.test", true),
            ("", name, false),
            (",", name, false),
            ("otel.corp.internal:4318", name, false),
            ("[fd00::3]:4318", v6, false),
            ("*corp.internal", name, false),
            ("*.internal.corp", name, false),
            ("p.internal", name, false),
            ("10.1.2.3:80", v4, false),
            ("10.1.2", v4, false),
            ("11.0.0.0/8", v4, false),
            ("collector.test:80", "https://collector.test", false),
        ] {
            let uri: Uri = receiver.parse().unwrap();
            assert_eq!(is_excepted(&uri, list), expected, "{list} {receiver}");
        }
    }

    #[test]
    fn a_tunnel_uses_the_port_of_the_scheme() {
        for (receiver, expected) in [
            ("http://collector.test", "collector.test:80"),
            ("http://[2001:db8::1]", "[2001:db8::1]:80"),
            ("http://collector.test:4317", "collector.test:4317"),
            ("https://collector.test", "collector.test"),
        ] {
            let target = with_port(receiver.parse().unwrap());
            assert_eq!(target.authority().unwrap(), expected);
        }
    }
}
