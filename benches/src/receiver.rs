//! An OTLP receiver in its own process. It accepts every request and only counts, so that it never
//! limits the sender.

mod count;
mod counted_stream;

use std::convert::Infallible;
use std::io::Write as _;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use flate2::Compression;
use flate2::write::GzEncoder;
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Body, Bytes, Incoming};
use hyper::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpStream;
use tokio::runtime::Builder;

use self::count::items;
use self::counted_stream::CountedStream;
use crate::arguments;
use crate::child::{self, Child, word};
use crate::sink::{Otlp, Protocol};

/// The parent's handle of a receiver.
#[derive(Debug)]
pub struct Receiver {
    pub otlp: Otlp,
    child: Child,
}

#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::exhaustive_structs, reason = "plain data of this workspace")]
pub struct Arrived {
    /// Spans and log records in requests that were accepted.
    pub items: u64,
    /// Bytes read from the connections, including headers.
    pub bytes: u64,
    /// The bytes that the bodies over HTTP would have with gzip, if [`Receiver::compressing`] has started it.
    pub gzip: u64,
}

impl Receiver {
    /// Starts the program again as a receiver.
    #[must_use]
    pub fn start(protocol: Protocol) -> Self {
        Self::of(protocol, &["--receiver", protocol.name()])
    }

    /// Starts a receiver over HTTP that compresses the received bodies, to count those bytes, too.
    #[must_use]
    pub fn compressing() -> Self {
        let protocol = Protocol::Http;
        Self::of(protocol, &["--receiver", protocol.name(), "--gzip"])
    }

    fn of(protocol: Protocol, arguments: &[&str]) -> Self {
        let mut child = Child::start(arguments);
        let port: u16 = word(&mut child.answer().split_whitespace());
        let endpoint = format!("http://127.0.0.1:{port}");
        Self { otlp: Otlp { protocol, endpoint }, child }
    }

    /// Returns the items received since the start.
    pub fn arrived(&mut self) -> Arrived {
        let answer = self.child.request("arrived");
        let mut words = answer.split_whitespace();
        Arrived { items: word(&mut words), bytes: word(&mut words), gzip: word(&mut words) }
    }
}

#[derive(Debug, Default)]
struct Counters {
    items: AtomicU64,
    bytes: Arc<AtomicU64>,
    compresses: bool,
    gzip: AtomicU64,
}

/// If this process was started by [`Receiver::start`], serves requests until the parent exits.
///
/// # Panics
///
/// No port is free.
#[must_use]
pub fn serve() -> bool {
    let Some(name) = arguments::value::<String>("--receiver") else {
        return false;
    };
    let protocol = name.parse().unwrap_or(Protocol::Http);
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    let port = listener.local_addr().expect("the bound address").port();
    let counters =
        Arc::new(Counters { compresses: arguments::flag("--gzip"), ..Counters::default() });
    let counted = Arc::clone(&counters);
    thread::spawn(move || accept(&listener, protocol, &counted));
    child::send(&port.to_string());
    child::serve(|_| {
        let items = counters.items.load(Ordering::Relaxed);
        let bytes = counters.bytes.load(Ordering::Relaxed);
        format!("{items} {bytes} {}", counters.gzip.load(Ordering::Relaxed))
    });
    true
}

fn accept(listener: &TcpListener, protocol: Protocol, counters: &Arc<Counters>) {
    let runtime = Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("a runtime");
    runtime.block_on(async {
        listener.set_nonblocking(true).expect("a listener");
        let listener = listener.try_clone().expect("a listener");
        let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
        loop {
            let (stream, _) = listener.accept().await.expect("a connection");
            tokio::spawn(connection(stream, protocol, Arc::clone(counters)));
        }
    });
}

async fn connection(stream: TcpStream, protocol: Protocol, counters: Arc<Counters>) {
    let _ = stream.set_nodelay(true);
    let stream = TokioIo::new(CountedStream::new(stream, Arc::clone(&counters.bytes)));
    // An error means that the sender disconnected; incomplete requests are not counted.
    match protocol {
        Protocol::Http => {
            let service = service_fn(|request| http(request, &counters));
            let _ = http1::Builder::new().serve_connection(stream, service).await;
        }
        Protocol::Grpc => {
            let service = service_fn(|request| grpc(request, Arc::clone(&counters)));
            let _ =
                http2::Builder::new(TokioExecutor::new()).serve_connection(stream, service).await;
        }
    }
}

async fn http(
    request: Request<Incoming>,
    counters: &Counters,
) -> Result<Response<Full<Bytes>>, hyper::Error> {
    let is_counted = ["/v1/traces", "/v1/logs"].contains(&request.uri().path());
    let body = request.into_body().collect().await?.to_bytes();
    if is_counted {
        counters.items.fetch_add(items(&body), Ordering::Relaxed);
    }
    if counters.compresses {
        let gzip = compressed(&body);
        counters.gzip.fetch_add(gzip, Ordering::Relaxed);
    }
    // An empty body is a response message with default fields, which means complete success.
    let mut response = Response::new(Full::default());
    let protobuf = HeaderValue::from_static("application/x-protobuf");
    response.headers_mut().insert(CONTENT_TYPE, protobuf);
    Ok(response)
}

/// The length of a body with the default level of gzip.
fn compressed(body: &[u8]) -> u64 {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(body).expect("memory takes everything");
    encoder.finish().map_or(0, |bytes| bytes.len() as u64)
}

async fn grpc(
    request: Request<Incoming>,
    counters: Arc<Counters>,
) -> Result<Response<impl Body<Data = Bytes, Error = Infallible>>, hyper::Error> {
    let service = [".TraceService/", ".LogsService/"];
    let is_counted = service.iter().any(|it| request.uri().path().contains(it));
    let body = request.into_body().collect().await?.to_bytes();
    if is_counted {
        // A gRPC message is preceded by its length and a compression flag.
        let message = body.get(5..).unwrap_or_default();
        counters.items.fetch_add(items(message), Ordering::Relaxed);
    }
    let ok = [(HeaderName::from_static("grpc-status"), HeaderValue::from_static("0"))];
    let empty = Full::new(Bytes::from_static(&[0; 5]));
    let body = empty.with_trailers(async { Some(Ok(HeaderMap::from_iter(ok))) });
    let mut response = Response::new(body);
    let protobuf = HeaderValue::from_static("application/grpc");
    response.headers_mut().insert(CONTENT_TYPE, protobuf);
    Ok(response)
}
