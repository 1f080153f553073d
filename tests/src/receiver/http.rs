//! OTLP over HTTP/1.1 with bodies that `opentelemetry-proto` reads and writes.
//!
//! The receiver is strict, because a lenient one would hide a defect of the exporter: each signal has one path, one
//! method and one content type.

use std::future;
use std::sync::Arc;

use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::CONTENT_TYPE;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{HeaderMap, Method, Request, StatusCode, Uri};
use hyper_util::rt::TokioIo;

use super::connection::Stream;
use super::export::{Export, response};
use super::inflate;
use super::request::{Response, echo, empty};
use super::store::Store;

const TRACES: &str = "/v1/traces";
const METRICS: &str = "/v1/metrics";
const LOGS: &str = "/v1/logs";
const PROTOBUF: &str = "application/x-protobuf";

pub(super) async fn serve<S: Stream>(stream: S, store: Arc<Store>) {
    let service = service_fn(move |request| answer(request, Arc::clone(&store)));
    // An error means that the client disconnected or does not use HTTP/1. If a request was lost, the test finds it
    // missing in the store.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

pub(super) async fn answer(
    request: Request<Incoming>,
    store: Arc<Store>,
) -> Result<hyper::Response<Full<Bytes>>, hyper::Error> {
    let (parts, body) = request.into_parts();
    let raw = body.collect().await?.to_bytes();
    let inflated = inflate::http(&parts.headers, raw.clone());
    let body = inflated.clone().unwrap_or(raw);
    let planned = store.record(&parts.uri, &parts.headers, &body);

    if let Some(refused) = refusal(&parts.uri, &parts.method, &parts.headers) {
        return Ok(empty(refused.as_u16(), &[]));
    }

    if inflated.is_none() {
        return Ok(empty(StatusCode::UNSUPPORTED_MEDIA_TYPE.as_u16(), &[]));
    }

    let Some(export) = Export::decode(parts.uri.path(), &body) else {
        return Ok(empty(StatusCode::BAD_REQUEST.as_u16(), &[]));
    };

    let accept = |export, rejected, message| {
        store.keep(export, rejected);
        let kind = (CONTENT_TYPE.to_string(), PROTOBUF.to_owned());
        let body = response(rejected, message);
        empty(StatusCode::OK.as_u16(), &[kind]).map(|()| Full::from(body))
    };

    // Valid metrics are always accepted, because exporters treat other responses in the same way for all signals.
    let planned = if let Export::Points(_) = export { Response::Ok } else { planned };
    Ok(match planned {
        Response::Ok => accept(export, 0, String::new()),
        Response::Partial { rejected, message } => accept(export, rejected, message),
        Response::Http { status, headers } => empty(status, &headers),
        Response::Grpc { .. } | Response::Throttled { .. } => {
            unreachable!("`Receiver::respond` refuses a gRPC status over HTTP")
        }
        Response::Echo => empty(StatusCode::UNAUTHORIZED.as_u16(), &[])
            .map(|()| Full::from(echo(&parts.uri, &parts.headers))),
        Response::Hang => future::pending().await,
    })
}

/// Returns the error status for a request that no OTLP exporter should send.
fn refusal(uri: &Uri, method: &Method, headers: &HeaderMap) -> Option<StatusCode> {
    if ![TRACES, METRICS, LOGS].contains(&uri.path()) {
        Some(StatusCode::NOT_FOUND)
    } else if method != Method::POST {
        Some(StatusCode::METHOD_NOT_ALLOWED)
    } else if content_type(headers) != Some(PROTOBUF) {
        Some(StatusCode::UNSUPPORTED_MEDIA_TYPE)
    } else {
        None
    }
}

fn content_type(headers: &HeaderMap) -> Option<&str> {
    headers.get(CONTENT_TYPE)?.to_str().ok()
}
