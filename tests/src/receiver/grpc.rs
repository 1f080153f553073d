//! OTLP over gRPC: the generated tonic service on an HTTP/2 connection.
//!
//! The connection is served by hyper rather than tonic, so that the raw bytes of each request are
//! stored before tonic decodes them. [`answer`] selects the generated service of each signal by its
//! path.

use std::convert::Infallible;
use std::future;
use std::sync::Arc;

use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{HeaderName, HeaderValue};
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper::{HeaderMap, Request};
use hyper_util::rt::{TokioExecutor, TokioIo};
use opentelemetry_proto::tonic::collector::logs::v1::logs_service_server::{
    LogsService, LogsServiceServer,
};
use opentelemetry_proto::tonic::collector::logs::v1::{
    ExportLogsPartialSuccess, ExportLogsServiceRequest, ExportLogsServiceResponse,
};
use opentelemetry_proto::tonic::collector::metrics::v1::metrics_service_server::{
    MetricsService, MetricsServiceServer,
};
use opentelemetry_proto::tonic::collector::metrics::v1::{
    ExportMetricsServiceRequest, ExportMetricsServiceResponse,
};
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{
    TraceService, TraceServiceServer,
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTracePartialSuccess, ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use prost::Message as _;
use tonic::body::Body;
use tonic::codegen::{Service as _, async_trait};
use tonic_types::{ErrorDetails, StatusExt as _};

use super::connection::Stream;
use super::inflate;
use super::request::{Response, echo, empty};
use super::store::Store;

const TRACES: &str = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";
const LOGS: &str = "/opentelemetry.proto.collector.logs.v1.LogsService/Export";
const METRICS: &str = "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export";

pub(super) async fn serve<S: Stream>(stream: S, store: Arc<Store>) {
    let service = service_fn(move |request| answer(request, Arc::clone(&store)));
    // An error means that the client disconnected or does not use HTTP/2. Its request is then
    // missing in the store, which is what a test checks.
    let _ = http2::Builder::new(TokioExecutor::new())
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

async fn answer(
    request: Request<Incoming>,
    store: Arc<Store>,
) -> Result<hyper::Response<Body>, hyper::Error> {
    let (mut parts, body) = request.into_parts();
    let body = body.collect().await?.to_bytes();
    let Some(body) = inflate::grpc(&parts.headers, body) else {
        return Ok(tonic::Status::invalid_argument("the message does not match `grpc-encoding`")
            .into_http());
    };
    let planned = store.record(&parts.uri, &parts.headers, &body);

    if [TRACES, LOGS].contains(&parts.uri.path()) {
        match planned {
            Response::Ok => {}
            Response::Http { status, headers } => return Ok(empty(status, &headers)),
            Response::Grpc { code, message } => {
                return Ok(tonic::Status::new(code, message).into_http());
            }
            Response::Throttled { delay } => {
                let details = ErrorDetails::with_retry_info(Some(delay));
                let code = tonic::Code::ResourceExhausted;
                let status = tonic::Status::with_error_details(code, "try again later", details);
                return Ok(status.into_http());
            }
            Response::Echo => {
                let message = echo(&parts.uri, &parts.headers);
                return Ok(tonic::Status::unauthenticated(message).into_http());
            }
            Response::Partial { rejected, message } => {
                // Without the frame of the message.
                let request = body.get(5..).unwrap_or_default();
                if parts.uri.path() == LOGS {
                    let request = ExportLogsServiceRequest::decode(request).unwrap_or_default();
                    store.store_logs(request, rejected);
                } else {
                    let request = ExportTraceServiceRequest::decode(request).unwrap_or_default();
                    store.store_spans(request, rejected);
                }
                return Ok(partial(parts.uri.path(), rejected, message));
            }
            Response::Hang => future::pending().await,
        }
    }

    parts.headers.remove("grpc-encoding");
    let path = parts.uri.path().to_owned();
    let request = Request::from_parts(parts, Body::new(Full::new(body)));
    // Limits on the size of a message belong to the exporter's tests.
    let answer = match &*path {
        METRICS => {
            let mut service = MetricsServiceServer::new(Metrics { store });
            service.call(request).await
        }
        LOGS => {
            let service = LogsServiceServer::new(Logs { store });
            let mut service = service.max_decoding_message_size(usize::MAX);
            service.call(request).await
        }
        // The service responds to every other path with `UNIMPLEMENTED`.
        _ => {
            let service = TraceServiceServer::new(Traces { store });
            let mut service = service.max_decoding_message_size(usize::MAX);
            service.call(request).await
        }
    };
    Ok(answer.unwrap_or_else(|never: Infallible| match never {}))
}

/// The response of a partial success, in the frame of a message.
fn partial(path: &str, rejected: i64, error_message: String) -> hyper::Response<Body> {
    let message = if path == LOGS {
        let partial_success =
            Some(ExportLogsPartialSuccess { rejected_log_records: rejected, error_message });
        ExportLogsServiceResponse { partial_success }.encode_to_vec()
    } else {
        let partial_success =
            Some(ExportTracePartialSuccess { rejected_spans: rejected, error_message });
        ExportTraceServiceResponse { partial_success }.encode_to_vec()
    };
    let length = u32::try_from(message.len()).expect("a short message");
    let mut frame = vec![0];
    frame.extend_from_slice(&length.to_be_bytes());
    frame.extend_from_slice(&message);
    let trailers = HeaderMap::from_iter([(
        HeaderName::from_static("grpc-status"),
        HeaderValue::from_static("0"),
    )]);
    let body = Full::new(Bytes::from(frame)).with_trailers(future::ready(Some(Ok(trailers))));
    let content_type = ("content-type".to_owned(), "application/grpc".to_owned());
    empty::<()>(200, &[content_type]).map(|()| Body::new(body))
}

#[derive(Debug)]
struct Traces {
    store: Arc<Store>,
}

#[async_trait]
impl TraceService for Traces {
    async fn export(
        &self,
        request: tonic::Request<ExportTraceServiceRequest>,
    ) -> Result<tonic::Response<ExportTraceServiceResponse>, tonic::Status> {
        self.store.store_spans(request.into_inner(), 0);
        Ok(tonic::Response::new(ExportTraceServiceResponse::default()))
    }
}

#[derive(Debug)]
struct Metrics {
    store: Arc<Store>,
}

#[async_trait]
impl MetricsService for Metrics {
    async fn export(
        &self,
        request: tonic::Request<ExportMetricsServiceRequest>,
    ) -> Result<tonic::Response<ExportMetricsServiceResponse>, tonic::Status> {
        self.store.store_points(request.into_inner());
        Ok(tonic::Response::new(ExportMetricsServiceResponse::default()))
    }
}

#[derive(Debug)]
struct Logs {
    store: Arc<Store>,
}

#[async_trait]
impl LogsService for Logs {
    async fn export(
        &self,
        request: tonic::Request<ExportLogsServiceRequest>,
    ) -> Result<tonic::Response<ExportLogsServiceResponse>, tonic::Status> {
        self.store.store_logs(request.into_inner(), 0);
        Ok(tonic::Response::new(ExportLogsServiceResponse::default()))
    }
}
