//! The OTLP receiver: a socket and a thread of its own, and the store that tests read.
//!
//! One file per transport ([`grpc`], [`http`]) and one per signal ([`span`]). A transport decodes
//! and answers, the [`store`] keeps what arrived, and this file starts and stops them.

mod connection;
mod grpc;
mod http;
mod inflate;
mod log;
mod metric;
mod request;
mod serving;
mod span;
mod store;
#[cfg(test)]
mod tests;
mod tls;
mod value;

pub use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
pub use tonic::Code;

pub use log::ReceivedLog;
pub use metric::{MetricValue, ReceivedPoint};
pub use request::{ReceivedRequest, Response};
pub use span::{ReceivedEvent, ReceivedLink, ReceivedSpan, ReceivedStatus};
pub use tls::{Authority, ClientCertificate};
pub use value::Value;

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use tokio_rustls::TlsAcceptor;

use serving::Serving;
use store::Store;

/// The system chooses.
const ANY_PORT: u16 = 0;

/// How requests reach a receiver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Transport {
    Grpc,
    Http,
}

/// An OTLP receiver on 127.0.0.1 with a port of its own: gRPC or HTTP/protobuf, storing what
/// arrives.
///
/// It is ready when its constructor returns. Dropping it closes the port and every connection.
///
/// Compressed requests are kept decoded: a search for a canary in the bytes of a compressed body
/// would never find it.
#[derive(Debug)]
pub struct Receiver {
    address: SocketAddr,
    transport: Transport,
    is_secure: bool,
    store: Arc<Store>,
    _serving: Serving,
}

impl Receiver {
    /// Starts a receiver of OTLP over gRPC.
    pub fn grpc() -> Self {
        Self::start(Transport::Grpc, ANY_PORT, None)
    }

    /// Starts a receiver of OTLP over HTTP with protobuf bodies, at `/v1/traces`, `/v1/metrics`
    /// and `/v1/logs`.
    pub fn http() -> Self {
        Self::start(Transport::Http, ANY_PORT, None)
    }

    /// The same at a port that was used before.
    pub fn http_at(port: u16) -> Self {
        Self::start(Transport::Http, port, None)
    }

    /// OTLP over gRPC and TLS, with a certificate of this authority.
    pub fn grpc_with_tls(authority: &Authority, client: ClientCertificate) -> Self {
        let tls = authority.acceptor(client, b"h2");
        Self::start(Transport::Grpc, ANY_PORT, Some(tls))
    }

    /// OTLP over HTTP and TLS, with a certificate of this authority.
    pub fn http_with_tls(authority: &Authority, client: ClientCertificate) -> Self {
        let tls = authority.acceptor(client, b"http/1.1");
        Self::start(Transport::Http, ANY_PORT, Some(tls))
    }

    /// Ends, and another one starts at the same address, with a certificate of this authority.
    #[must_use]
    pub fn renewed(self, authority: &Authority, client: ClientCertificate) -> Self {
        let (transport, port) = (self.transport, self.port());
        drop(self);
        let alpn: &[u8] = match transport {
            Transport::Grpc => b"h2",
            Transport::Http => b"http/1.1",
        };
        Self::start(transport, port, Some(authority.acceptor(client, alpn)))
    }

    fn start(transport: Transport, port: u16, tls: Option<TlsAcceptor>) -> Self {
        // Bound before the thread starts: a client that connects before the first `accept` waits
        // in the kernel's queue instead of being refused.
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).expect("a free port");
        listener
            .set_nonblocking(true)
            .expect("a non-blocking listener");
        let address = listener
            .local_addr()
            .expect("the address of a bound listener");

        let store = Arc::new(Store::default());
        let is_secure = tls.is_some();
        let served = Arc::clone(&store);
        let serving = Serving::start(move || connection::serve(listener, transport, tls, served));
        Self {
            address,
            transport,
            is_secure,
            store,
            _serving: serving,
        }
    }

    /// The address to give to an exporter: `http://127.0.0.1:PORT` or `https://…`, without a path.
    pub fn endpoint(&self) -> String {
        let scheme = if self.is_secure { "https" } else { "http" };
        format!("{scheme}://{}", self.address)
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Every span stored so far, in the order of arrival.
    ///
    /// A span is stored only if its request was answered with [`Response::Ok`], as a backend
    /// would: a retried batch that was refused at first is not here twice.
    pub fn spans(&self) -> Vec<ReceivedSpan> {
        self.store.spans()
    }

    /// Waits until at least `n` spans are stored, and returns all of them.
    ///
    /// # Panics
    ///
    /// After `timeout`, with what did arrive.
    #[track_caller]
    pub fn wait_for_spans(&self, n: usize, timeout: Duration) -> Vec<ReceivedSpan> {
        self.store
            .wait_for_spans(n, timeout)
            .unwrap_or_else(|arrived| {
                panic!("waited {timeout:?} for {n} spans: {arrived}");
            })
    }

    /// Every data point of a metric so far, in the order of arrival.
    pub fn points(&self) -> Vec<ReceivedPoint> {
        self.store.points()
    }

    /// Every log record so far, in the order of arrival. A refused one is not here, as with spans.
    pub fn logs(&self) -> Vec<ReceivedLog> {
        self.store.logs()
    }

    /// Every request so far, whatever it was answered, in the order of arrival.
    pub fn every_request(&self) -> Vec<ReceivedRequest> {
        self.store.requests()
    }

    /// Those with spans: metrics and logs come when they like, so that no test may count them.
    pub fn requests(&self) -> Vec<ReceivedRequest> {
        self.store.span_requests()
    }

    /// Waits until at least `n` requests with spans have arrived, answered or not, and returns all of them.
    ///
    /// # Panics
    ///
    /// After `timeout`, with what did arrive.
    #[track_caller]
    pub fn wait_for_requests(&self, n: usize, timeout: Duration) -> Vec<ReceivedRequest> {
        self.store
            .wait_for_requests(n, timeout)
            .unwrap_or_else(|arrived| {
                panic!("waited {timeout:?} for {n} requests: {arrived}");
            })
    }

    /// Answers every request with spans or log records that arrives from now on with `response`.
    ///
    /// # Panics
    ///
    /// If there is no such answer: a gRPC code over HTTP, or a status or header that HTTP does not
    /// allow. Noticed here, because a panic while answering would only look like a lost connection.
    #[track_caller]
    pub fn respond(&self, response: Response) {
        assert!(
            match &response {
                Response::Grpc { .. } => self.transport == Transport::Grpc,
                Response::Partial { .. } => self.transport != Transport::Grpc,
                _ => true,
            },
            "this receiver cannot answer {response:?}"
        );
        if let Response::Http { status, headers } = &response {
            let _valid: hyper::Response<()> = request::empty(*status, headers);
        }
        self.store.respond(response);
    }
}
