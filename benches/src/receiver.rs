//! An OTLP receiver in its own process. It accepts every request, and only counts, so that it never limits the sender.

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
use prost::encoding::{DecodeContext, WireType, decode_key, decode_varint, skip_field};
use serde::{Deserialize, Serialize};
use tokio::net::TcpStream;
use tokio::runtime::Builder;

use crate::child::{self, Child, Role};
use crate::sink::{Otlp, Protocol};

#[derive(Debug)]
pub(crate) struct Receiver {
    pub(crate) otlp: Otlp,
    child: Child,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize)]
pub(crate) struct Arrived {
    /// The number of spans and log records in the requests.
    pub(crate) items: u64,
    /// The number of bytes of the bodies.
    pub(crate) bytes: u64,
    /// The number of bytes that the bodies would have with gzip, if the receiver compresses them.
    pub(crate) gzip: u64,
}

impl Receiver {
    pub(crate) fn start(protocol: Protocol, compresses: bool) -> Self {
        let mut child = Child::start(&Role::Receiver { protocol, compresses });
        let port: u16 = child.answer();
        let endpoint = format!("http://127.0.0.1:{port}");
        Self { otlp: Otlp { protocol, endpoint }, child }
    }

    pub(crate) fn arrived(&mut self) -> Arrived {
        self.child.ask(&())
    }
}

#[derive(Debug, Default)]
struct Counters {
    items: AtomicU64,
    bytes: AtomicU64,
    compresses: bool,
    gzip: AtomicU64,
}

impl Counters {
    fn count(&self, body: &[u8]) {
        self.items.fetch_add(items(body), Ordering::Relaxed);
        self.bytes.fetch_add(body.len() as u64, Ordering::Relaxed);
        if self.compresses {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
            encoder.write_all(body).expect("memory takes everything");
            let gzip = encoder.finish().map_or(0, |bytes| bytes.len() as u64);
            self.gzip.fetch_add(gzip, Ordering::Relaxed);
        }
    }
}

/// Serves requests until standard input ends.
pub(crate) fn serve(protocol: Protocol, compresses: bool) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    let port = listener.local_addr().expect("the bound address").port();
    let counters = Arc::new(Counters { compresses, ..Counters::default() });
    let counted = Arc::clone(&counters);
    thread::spawn(move || accept(listener, protocol, &counted));
    child::send(&port);
    child::answer_each(|()| Arrived {
        items: counters.items.load(Ordering::Relaxed),
        bytes: counters.bytes.load(Ordering::Relaxed),
        gzip: counters.gzip.load(Ordering::Relaxed),
    });
}

fn accept(listener: TcpListener, protocol: Protocol, counters: &Arc<Counters>) {
    let built = Builder::new_current_thread().enable_all().build();
    let runtime = built.expect("a runtime");

    runtime.block_on(async {
        listener.set_nonblocking(true).expect("a listener");
        let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
        loop {
            let (stream, _) = listener.accept().await.expect("a connection");
            tokio::spawn(connection(stream, protocol, Arc::clone(counters)));
        }
    });
}

async fn connection(stream: TcpStream, protocol: Protocol, counters: Arc<Counters>) {
    let _ = stream.set_nodelay(true);
    let stream = TokioIo::new(stream);
    // An error means that the sender disconnected. Incomplete requests are not counted.
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
        counters.count(&body);
    }

    // An empty body is a response with default fields, which means complete success.
    Ok(response("application/x-protobuf", Full::default()))
}

async fn grpc(
    request: Request<Incoming>,
    counters: Arc<Counters>,
) -> Result<Response<impl Body<Data = Bytes, Error = Infallible>>, hyper::Error> {
    let service = [".TraceService/", ".LogsService/"];
    let is_counted = service.iter().any(|it| request.uri().path().contains(it));
    let body = request.into_body().collect().await?.to_bytes();
    if is_counted {
        // The first five bytes are a compression flag and the length of the message.
        counters.count(body.get(5..).unwrap_or_default());
    }

    let ok = [(HeaderName::from_static("grpc-status"), HeaderValue::from_static("0"))];
    let empty = Full::new(Bytes::from_static(&[0; 5]));
    let body = empty.with_trailers(async { Some(Ok(HeaderMap::from_iter(ok))) });
    Ok(response("application/grpc", body))
}

fn response<B>(content_type: &'static str, body: B) -> Response<B> {
    let mut response = Response::new(body);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

/// The fields that lead from an `ExportTraceServiceRequest` or `ExportLogsServiceRequest` to the spans or log records.
const ITEMS: [u32; 3] = [1, 2, 2];

/// Counts the spans or log records of a request without decoding them.
fn items(request: &[u8]) -> u64 {
    fn count(message: &[u8], path: &[u32]) -> Option<u64> {
        let [field, path @ ..] = path else { return Some(1) };
        let mut message = message;
        let mut items = 0;

        while !message.is_empty() {
            let (number, wire) = decode_key(&mut message).ok()?;
            if wire != WireType::LengthDelimited {
                skip_field(wire, number, &mut message, DecodeContext::default()).ok()?;
                continue;
            }

            let length = decode_varint(&mut message).ok()?;
            let (inner, rest) = message.split_at_checked(usize::try_from(length).ok()?)?;
            if number == *field {
                items += count(inner, path)?;
            }

            message = rest;
        }

        Some(items)
    }

    count(request, &ITEMS).unwrap_or(0)
}
