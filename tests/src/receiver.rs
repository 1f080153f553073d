//! The OTLP receiver: a socket, a thread, and the store that tests read.
//!
//! There is one file for each transport ([`grpc`], [`http`]) and one for each signal, such as [`span`]. A transport
//! decodes requests and responds, the [`store`] keeps the requests, and this file starts and stops the transports.

mod connection;
mod export;
mod grpc;
mod http;
mod inflate;
mod log;
mod metric;
mod request;
mod serving;
mod span;
mod store;
mod tls;
mod value;
mod vendor;

pub use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
pub use tonic::Code;

pub use log::ReceivedLog;
pub use metric::{MetricValue, ReceivedPoint};
pub use request::{ReceivedRequest, Response};
pub use span::{ReceivedEvent, ReceivedLink, ReceivedSpan, ReceivedStatus};
pub use tls::{Authority, ClientCertificate};
pub use vendor::Vendor;

use std::net::{Ipv4Addr, TcpListener};
use std::sync::Arc;

use tokio_rustls::TlsAcceptor;

use crate::ReservedPort;
use serving::Serving;
use store::{State, Store};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Transport {
    Grpc,
    Http,
    Vendor(Vendor),
}

/// An OTLP receiver on 127.0.0.1 with its own port, over gRPC or HTTP/protobuf. It stores the requests.
///
/// It is ready when its constructor returns. Dropping it closes the port and every connection.
///
/// Requests with gzip are stored decompressed, so that a search for a canary in their bytes can find it.
#[derive(Debug)]
pub struct Receiver {
    transport: Transport,
    is_secure: bool,
    store: Arc<Store>,
    serving: Serving,
    port: ReservedPort,
}

impl Receiver {
    pub fn grpc() -> Self {
        Self::start(Transport::Grpc, ReservedPort::new(), None)
    }

    /// Starts a receiver of OTLP over HTTP with protobuf bodies, at `/v1/traces`, `/v1/metrics`
    /// and `/v1/logs`.
    pub fn http() -> Self {
        Self::start(Transport::Http, ReservedPort::new(), None)
    }

    pub fn grpc_with_tls(authority: &Authority, client: ClientCertificate) -> Self {
        let tls = authority.acceptor(client, &[b"h2"]);
        Self::start(Transport::Grpc, ReservedPort::new(), Some(tls))
    }

    pub fn http_with_tls(authority: &Authority, client: ClientCertificate) -> Self {
        let tls = authority.acceptor(client, &[b"http/1.1"]);
        Self::start(Transport::Http, ReservedPort::new(), Some(tls))
    }

    /// Starts the receiver of a vendor, with TLS.
    pub fn vendor(vendor: Vendor, authority: &Authority) -> Self {
        let tls = authority.acceptor(ClientCertificate::NotRequested, &[b"h2", b"http/1.1"]);
        Self::start(Transport::Vendor(vendor), ReservedPort::new(), Some(tls))
    }

    /// Stops this receiver and starts another one at the same address, with a certificate of this
    /// authority.
    #[must_use]
    pub fn renewed(self, authority: &Authority, client: ClientCertificate) -> Self {
        let transport = self.transport;
        let port = self.stop();
        let alpn: &[u8] = match transport {
            Transport::Grpc => b"h2",
            Transport::Http | Transport::Vendor(_) => b"http/1.1",
        };

        Self::start(transport, port, Some(authority.acceptor(client, &[alpn])))
    }

    /// Closes every connection. New ones are refused while the returned port exists.
    #[must_use]
    pub fn stop(self) -> ReservedPort {
        drop(self.serving);
        self.port
    }

    fn start(transport: Transport, port: ReservedPort, tls: Option<TlsAcceptor>) -> Self {
        // Bound before the thread starts: a client that connects before the first `accept` waits
        // in the kernel's queue instead of being refused.
        let address = (Ipv4Addr::LOCALHOST, port.number());
        let listener = TcpListener::bind(address).expect("a reserved port");
        listener.set_nonblocking(true).expect("a non-blocking listener");

        let store = Arc::new(Store::default());
        let is_secure = tls.is_some();
        let served = Arc::clone(&store);
        let serving = Serving::start(move || connection::serve(listener, transport, tls, served));
        Self { transport, is_secure, store, serving, port }
    }

    /// Returns the endpoint for an exporter: `http://127.0.0.1:PORT` or `https://…`, without a path.
    pub fn endpoint(&self) -> String {
        let endpoint = self.port.endpoint();
        if self.is_secure { endpoint.replacen("http", "https", 1) } else { endpoint }
    }

    pub fn port(&self) -> u16 {
        self.port.number()
    }

    /// Returns the protocol as a value of `OTEL_EXPORTER_OTLP_PROTOCOL`.
    pub const fn protocol(&self) -> &'static str {
        match self.transport {
            Transport::Grpc => "grpc",
            Transport::Http | Transport::Vendor(_) => "http/protobuf",
        }
    }

    /// Returns the stored spans, in the order of arrival.
    ///
    /// A span is stored only if the response to its request accepts it, as in a backend. Therefore a batch that is
    /// rejected and retried is stored once.
    pub fn spans(&self) -> Vec<ReceivedSpan> {
        self.store.lock().spans.clone()
    }

    /// Waits until at least `n` spans are stored, and returns all of them.
    ///
    /// # Panics
    ///
    /// Fewer spans are stored within [`TIMEOUT`](crate::TIMEOUT). The message lists the spans that arrived.
    #[track_caller]
    pub fn wait_for_spans(&self, n: usize) -> Vec<ReceivedSpan> {
        self.store.wait_for(n, |state| state.spans.clone())
    }

    /// Returns the data points of all metrics so far, in the order of arrival.
    pub fn points(&self) -> Vec<ReceivedPoint> {
        self.store.lock().points.clone()
    }

    /// Returns the accepted log records so far, in the order of arrival.
    pub fn logs(&self) -> Vec<ReceivedLog> {
        self.store.lock().logs.clone()
    }

    /// Returns the only span with this name.
    ///
    /// # Panics
    ///
    /// There is none, or more than one.
    #[track_caller]
    pub fn span(&self, name: &str) -> ReceivedSpan {
        single(name, self.spans(), |span| span.name == name)
    }

    /// Returns the data points of the metric with this name.
    pub fn points_of(&self, name: &str) -> Vec<ReceivedPoint> {
        self.points().into_iter().filter(|point| point.name == name).collect()
    }

    /// Returns the only data point of the metric with this name.
    ///
    /// # Panics
    ///
    /// There is none, or more than one.
    #[track_caller]
    pub fn point(&self, name: &str) -> ReceivedPoint {
        single(name, self.points(), |point| point.name == name)
    }

    /// Returns the only log record with this body.
    ///
    /// # Panics
    ///
    /// There is none, or more than one.
    #[track_caller]
    pub fn log(&self, body: &str) -> ReceivedLog {
        single(body, self.logs(), |log| log.body == Some(body.into()))
    }

    /// Whether a request contains the text, whatever the response to the request is.
    pub fn contains(&self, text: &str) -> bool {
        self.every_request().iter().any(|request| request.contains(text))
    }

    /// Returns all stored requests so far, whatever their responses, in the order of arrival.
    pub fn every_request(&self) -> Vec<ReceivedRequest> {
        self.store.lock().requests.clone()
    }

    /// Returns the requests except those of metrics and logs, which are exported at any time, so that tests cannot
    /// count them.
    pub fn requests(&self) -> Vec<ReceivedRequest> {
        self.store.lock().span_requests()
    }

    /// Waits until at least `n` requests with spans have arrived, answered or not, and returns all of them.
    ///
    /// # Panics
    ///
    /// Fewer requests have arrived within [`TIMEOUT`](crate::TIMEOUT). The message lists the requests that arrived.
    #[track_caller]
    pub fn wait_for_requests(&self, n: usize) -> Vec<ReceivedRequest> {
        self.store.wait_for(n, State::span_requests)
    }

    /// Sets the response to all later requests that contain spans or log records.
    ///
    /// # Panics
    ///
    /// The response is not possible: a gRPC status over HTTP, or a status or header that HTTP does
    /// not allow. It is checked here, because a panic in the server would appear as a lost
    /// connection.
    #[track_caller]
    pub fn respond(&self, response: Response) {
        assert!(
            match &response {
                Response::Grpc { .. } | Response::Throttled { .. } => {
                    self.transport == Transport::Grpc
                }
                _ => true,
            },
            "a receiver over HTTP cannot respond with {response:?}"
        );

        if let Response::Http { status, headers } = &response {
            let _valid: hyper::Response<()> = request::empty(*status, headers);
        }

        self.store.lock().response = response;
    }
}

#[track_caller]
fn single<T: std::fmt::Debug>(name: &str, all: Vec<T>, is_it: impl Fn(&T) -> bool) -> T {
    let (mut found, others): (Vec<_>, Vec<_>) = all.into_iter().partition(is_it);
    assert_eq!(found.len(), 1, "`{name}`: {found:#?}, beside {others:#?}");
    found.remove(0)
}
