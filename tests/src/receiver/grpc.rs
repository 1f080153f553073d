//! OTLP over gRPC on an HTTP/2 connection. hyper serves it, so that the bytes of each message can be stored.

use std::future;
use std::sync::Arc;

use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{HeaderName, HeaderValue};
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper::{HeaderMap, Request};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tonic::Status;
use tonic::body::Body;
use tonic_types::{ErrorDetails, StatusExt as _};

use super::connection::Stream;
use super::export::{Export, response};
use super::inflate;
use super::request::{Response, echo, empty};
use super::store::Store;

const PATHS: [&str; 3] = [
    "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
    "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
    "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
];

pub(super) async fn serve<S: Stream>(stream: S, store: Arc<Store>) {
    let service = service_fn(move |request| answer(request, Arc::clone(&store)));
    // An error means that the client disconnected or does not use HTTP/2. If a request was lost, the test finds it
    // missing in the store.
    let _ = http2::Builder::new(TokioExecutor::new())
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

pub(super) async fn answer(
    request: Request<Incoming>,
    store: Arc<Store>,
) -> Result<hyper::Response<Body>, hyper::Error> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await?.to_bytes();
    let Some(body) = inflate::grpc(&parts.headers, body) else {
        let status = Status::invalid_argument("the message does not match `grpc-encoding`");
        return Ok(status.into_http());
    };

    let planned = store.record(&parts.uri, &parts.headers, &body);
    let path = parts.uri.path();
    if !PATHS.contains(&path) {
        return Ok(Status::unimplemented(path).into_http());
    }

    // The first five bytes are the frame of the message.
    let Some(export) = Export::decode(path, body.get(5..).unwrap_or_default()) else {
        return Ok(Status::invalid_argument("the message is no request of OTLP").into_http());
    };

    let accept = |export, rejected, message| {
        store.keep(export, rejected);
        framed(&response(rejected, message))
    };

    let planned = if let Export::Points(_) = export { Response::Ok } else { planned };
    Ok(match planned {
        Response::Ok => accept(export, 0, String::new()),
        Response::Partial { rejected, message } => accept(export, rejected, message),
        Response::Http { status, headers } => empty(status, &headers),
        Response::Grpc { code, message } => Status::new(code, message).into_http(),
        Response::Throttled { delay } => {
            let details = ErrorDetails::with_retry_info(Some(delay));
            let code = tonic::Code::ResourceExhausted;
            Status::with_error_details(code, "try again later", details).into_http()
        }
        Response::Echo => Status::unauthenticated(echo(&parts.uri, &parts.headers)).into_http(),
        Response::Hang => future::pending().await,
    })
}

fn framed(message: &[u8]) -> hyper::Response<Body> {
    let length = u32::try_from(message.len()).expect("a short message");
    let mut frame = vec![0];
    frame.extend_from_slice(&length.to_be_bytes());
    frame.extend_from_slice(message);
    let trailers = HeaderMap::from_iter([(
        HeaderName::from_static("grpc-status"),
        HeaderValue::from_static("0"),
    )]);
    let body = Full::new(Bytes::from(frame)).with_trailers(future::ready(Some(Ok(trailers))));
    let content_type = ("content-type".to_owned(), "application/grpc".to_owned());
    empty::<()>(200, &[content_type]).map(|()| Body::new(body))
}
