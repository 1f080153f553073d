//! The way to a receiver: straight, or through the proxy that the environment names (`HTTP_PROXY`,
//! `HTTPS_PROXY`, `ALL_PROXY`), unless `NO_PROXY` has the receiver among its hosts. This machine is
//! never reached through a proxy.

use std::error::Error as StdError;
use std::fmt;
use std::future::Future;
use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::task::{Context, Poll};

use hyper::Uri;
use hyper::header::HeaderValue;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::client::legacy::connect::{Connected, Connection, HttpConnector};
use hyper_util::client::proxy::matcher::Matcher;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tower_service::Service;

/// Connects, by the way that was found for a receiver.
#[derive(Clone)]
pub(super) struct ProxyConnector {
    tcp: HttpConnector,
    via: Via,
}

#[derive(Clone)]
enum Via {
    Straight,
    /// The proxy takes requests for others.
    #[cfg(feature = "otlp-http")]
    Forward(Proxy),
    /// The proxy lays a line through which it is spoken to the receiver.
    Tunnel(Proxy),
    /// It is not one of HTTP.
    Unusable(&'static str),
}

#[derive(Clone)]
struct Proxy {
    uri: Uri,
    credential: Option<HeaderValue>,
}

impl fmt::Debug for ProxyConnector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProxyConnector").finish_non_exhaustive()
    }
}

impl ProxyConnector {
    /// The way to `receiver`, through a tunnel if there is a proxy.
    pub(super) fn of(receiver: &Uri) -> Self {
        let mut tcp = HttpConnector::new();
        tcp.set_nodelay(true);
        tcp.enforce_http(false);
        let via = match Matcher::from_env().intercept(receiver) {
            None => Via::Straight,
            Some(_) if is_this_machine(receiver) => Via::Straight,
            Some(proxy) if proxy.uri().scheme_str() == Some("http") => Via::Tunnel(Proxy {
                uri: proxy.uri().clone(),
                credential: proxy.basic_auth().cloned(),
            }),
            Some(_) => Via::Unusable(
                "the proxy of the environment is not one of HTTP, accepted is `http://host:port`",
            ),
        };
        Self { tcp, via }
    }

    /// Lets a proxy forward plain requests, which is what it does without being asked for a tunnel. What
    /// it wants to know of the caller goes with each request then.
    #[cfg(feature = "otlp-http")]
    pub(super) fn forwarding(self) -> (Self, Option<HeaderValue>) {
        let Via::Tunnel(proxy) = self.via else {
            return (self, None);
        };
        let credential = proxy.credential.clone();
        let via = Via::Forward(proxy);
        (Self { via, ..self }, credential)
    }
}

/// As other exporters see it, whatever the proxy would make of the name.
fn is_this_machine(receiver: &Uri) -> bool {
    let host = receiver.host().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']');
    let address: Result<IpAddr, _> = address.parse();
    host.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.is_loopback())
}

/// A tunnel would lead to port 443 whatever the scheme is.
fn with_port(receiver: Uri) -> Uri {
    let is_plain = receiver.scheme_str() == Some("http") && receiver.port().is_none();
    let Some(host) = receiver.host().filter(|_| is_plain) else {
        return receiver;
    };
    let mut parts = receiver.clone().into_parts();
    parts.authority = format!("{host}:80").parse().ok();
    Uri::from_parts(parts).unwrap_or(receiver)
}

type Connecting = Pin<Box<dyn Future<Output = Result<Line, BoxError>> + Send>>;
type BoxError = Box<dyn StdError + Send + Sync>;

impl Service<Uri> for ProxyConnector {
    type Response = Line;
    type Error = BoxError;
    type Future = Connecting;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.tcp.poll_ready(context).map_err(Into::into)
    }

    fn call(&mut self, receiver: Uri) -> Connecting {
        let mut tcp = self.tcp.clone();
        let via = self.via.clone();
        Box::pin(async move {
            let (stream, is_forwarded) = match via {
                Via::Straight => (tcp.call(receiver).await?, false),
                #[cfg(feature = "otlp-http")]
                Via::Forward(proxy) => (tcp.call(proxy.uri).await?, true),
                Via::Tunnel(proxy) => {
                    let tunnel = Tunnel::new(proxy.uri, tcp);
                    let mut tunnel = match proxy.credential {
                        Some(credential) => tunnel.with_auth(credential),
                        None => tunnel,
                    };
                    (tunnel.call(with_port(receiver)).await?, false)
                }
                Via::Unusable(reason) => return Err(reason.into()),
            };
            Ok(Line {
                stream,
                is_forwarded,
            })
        })
    }
}

/// A connection.
pub(super) struct Line {
    stream: TokioIo<TcpStream>,
    /// The one at the other end passes requests on, and has to be told where.
    is_forwarded: bool,
}

impl Connection for Line {
    fn connected(&self) -> Connected {
        self.stream.connected().proxy(self.is_forwarded)
    }
}

impl Read for Line {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl Write for Line {
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
    use super::*;

    #[test]
    fn this_machine_is_known() {
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
            assert_eq!(is_this_machine(&receiver), expected, "{receiver}");
        }
    }

    #[test]
    fn a_tunnel_leads_to_the_port_of_the_scheme() {
        for (receiver, expected) in [
            ("http://collector.test", "collector.test:80"),
            ("http://[2001:db8::1]", "[2001:db8::1]:80"),
            ("http://collector.test:4317", "collector.test:4317"),
            ("https://collector.test", "collector.test"),
        ] {
            let reached = with_port(receiver.parse().unwrap());
            assert_eq!(reached.authority().unwrap(), expected);
        }
    }
}
