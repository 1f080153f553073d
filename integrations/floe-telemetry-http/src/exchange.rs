//! The span and the metrics of a request and its response.
//!
//! Every request, whatever its protocol and side, is an [`Exchange`]. Only the future and the body of a response, which
//! call it, are generic and compiled for each service. A middleware of reqwest must return reqwest's own response, so
//! its span ends with the headers.

use std::any::type_name;
#[cfg(feature = "actix-web")]
use std::borrow::Cow;
use std::fmt::Display;
use std::mem;
use std::sync::Arc;
use std::thread;

use floe_telemetry::propagation::inject_from;
use floe_telemetry::trace::DetachedSpan;
use http::HeaderValue;
use http::header::CONTENT_LENGTH;
use http::{HeaderMap, HeaderName, StatusCode, Version};
use http_body::SizeHint;
use opentelemetry::trace::TraceContextExt;
use opentelemetry::{Context, Value};

use crate::grpc_semantics::{self, GrpcStatus, RpcMethod};
use crate::http_semantics::protocol;
use crate::keys;
use crate::kind::Kind;
use crate::measurement::Measurement;
use crate::options::ResponseOptions;

/// The exchange of a request and its response. Dropping it before the response has ended ends the span.
#[derive(Debug)]
pub(crate) struct Exchange {
    kind: Kind,
    span: DetachedSpan,
    measurement: Option<Measurement>,
    options: Option<Arc<ResponseOptions>>,
    method: Option<RpcMethod>,
    state: State,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum State {
    Requested,
    Responding,
    Ended,
}

impl Exchange {
    pub(crate) fn new(
        kind: Kind,
        span: DetachedSpan,
        measurement: Option<Measurement>,
        options: Option<&Arc<ResponseOptions>>,
    ) -> Self {
        Self {
            kind,
            span,
            measurement,
            options: options.cloned(),
            method: None,
            state: State::Requested,
        }
    }

    pub(crate) fn with_method(mut self, method: RpcMethod) -> Self {
        self.method = Some(method);
        self
    }

    pub(crate) fn skipped(kind: Kind, parent: Context) -> Self {
        let mut exchange = Self::new(kind, DetachedSpan::skipped(parent), None, None);
        exchange.state = State::Ended;
        exchange
    }

    pub(crate) fn run_in<T>(exchange: &mut Option<Self>, body: impl FnOnce() -> T) -> T {
        match exchange {
            Some(exchange) => exchange.run(body),
            None => body(),
        }
    }

    /// Runs a part of the exchange. A panic is recorded and ends the exchange, and then unwinds further.
    pub(crate) fn run<T>(&mut self, body: impl FnOnce() -> T) -> T {
        struct Unwinding<F: FnMut()>(F);
        impl<F: FnMut()> Drop for Unwinding<F> {
            fn drop(&mut self) {
                self.0();
            }
        }
        let Self { kind, span, measurement, state, .. } = self;
        span.run(|| {
            // The guard is dropped while the span is current, so that the metrics have the span as exemplar.
            let guard = Unwinding(|| {
                *state = State::Ended;
                if let Some(mut measurement) = measurement.take() {
                    // A C++ exception and the end of a thread may unwind, too, but are no panics.
                    if thread::panicking() {
                        measurement.set(keys::ERROR_TYPE, "panic".into());
                    }
                    measurement.record(*kind);
                }
            });
            let value = body();
            mem::forget(guard);
            value
        })
    }

    pub(crate) fn inject(&self, headers: &mut HeaderMap) {
        if matches!(self.kind, Kind::HttpClient | Kind::GrpcClient)
            && let Some(cx) = self.span.context()
        {
            inject_from(cx, headers);
        }
    }

    pub(crate) fn respond(&mut self, status: StatusCode, version: Version, headers: &HeaderMap) {
        if self.state != State::Requested {
            return;
        }
        self.state = State::Responding;
        match (self.kind, protocol(version)) {
            (Kind::HttpClient, Some(version)) => self.set(keys::NETWORK_PROTOCOL_VERSION, version),
            (Kind::GrpcClient, Some(version)) => {
                self.span.set_attribute(keys::NETWORK_PROTOCOL_VERSION, &version);
            }
            _ => {}
        }
        if let Some(options) = &self.options {
            let span = &mut self.span;
            let record = |key, value| span.set_attribute(key, &value);
            options.headers.each(headers, record);
        }
        match self.kind {
            Kind::HttpServer => self.http_status(status, status.is_server_error()),
            Kind::HttpClient => {
                self.http_status(status, status.is_client_error() || status.is_server_error());
            }
            Kind::GrpcServer | Kind::GrpcClient => {
                let in_headers = GrpcStatus::of(headers);
                if let Some(status) = in_headers.or_else(|| GrpcStatus::of_http(status)) {
                    self.grpc_status(&status, true);
                    self.end();
                }
            }
        }
    }

    #[cfg(feature = "actix-web")]
    pub(crate) fn set_route(&mut self, name: Cow<'static, str>, route: String) {
        self.span.update_name(name);
        self.set(keys::HTTP_ROUTE, route);
    }

    /// Returns the header with the trace id or the whole trace context; `None` if none is configured, the response has it, or there is no trace.
    pub(crate) fn trace_id(&self, headers: &HeaderMap) -> Option<(&HeaderName, HeaderValue)> {
        let name = self.options.as_deref()?.trace_id_header.as_ref()?;
        let span = self.span.context()?.span();
        let context = span.span_context();
        if !context.is_valid() || headers.contains_key(name) {
            return None;
        }
        let trace = context.trace_id();
        let value = match name.as_str() {
            "traceparent" | "traceresponse" => {
                format!("00-{trace}-{}-{:02x}", context.span_id(), context.trace_flags())
            }
            _ => trace.to_string(),
        };
        Some((name, HeaderValue::try_from(value).ok()?))
    }

    #[cfg(feature = "actix-web")]
    pub(crate) const fn has_response_options(&self) -> bool {
        self.options.is_some()
    }

    /// Returns the announced length of a server's body. After that many bytes, the server does not poll the body again.
    pub(crate) fn announced(&self, headers: &HeaderMap, hint: &SizeHint) -> Option<u64> {
        let header = headers.get(CONTENT_LENGTH);
        let length = header.and_then(|length| length.to_str().ok()?.parse().ok());
        length.or(hint.exact()).filter(|_| self.kind == Kind::HttpServer)
    }

    pub(crate) fn fail<E: Display>(&mut self, error: &E) {
        self.fail_as(type_name::<E>(), error);
    }

    pub(crate) fn fail_as(&mut self, error_type: &'static str, error: &dyn Display) {
        if self.state != State::Ended {
            self.set_error_type(error_type);
            self.span.set_error(error);
            self.end();
        }
    }

    #[cfg(any(feature = "reqwest-middleware", feature = "reqwest-middleware-0_4"))]
    pub(crate) fn fail_with_exception(
        &mut self,
        error_type: &'static str,
        error: &impl std::error::Error,
    ) {
        if self.state != State::Ended {
            self.span.record_exception(error);
            self.set_error_type(error_type);
            self.end();
        }
    }

    #[cfg(any(feature = "reqwest-middleware", feature = "reqwest-middleware-0_4"))]
    pub(crate) fn set_peer(&mut self, peer: Option<std::net::SocketAddr>) {
        if let Some(peer) = peer {
            let address = peer.ip().to_canonical().to_string();
            self.span.set_attribute(keys::NETWORK_PEER_ADDRESS, &address);
            self.span.set_attribute(keys::NETWORK_PEER_PORT, &i64::from(peer.port()));
        }
    }

    pub(crate) fn end_with(&mut self, trailers: &HeaderMap) {
        if self.kind.is_grpc()
            && self.state == State::Responding
            && let Some(status) = GrpcStatus::of(trailers)
        {
            self.grpc_status(&status, false);
            return self.end();
        }
        self.end_body();
    }

    pub(crate) fn end_body(&mut self) {
        if self.kind == Kind::GrpcClient && self.state == State::Responding {
            self.grpc_status(&GrpcStatus::MISSING, false);
        }
        self.end();
    }

    fn end(&mut self) {
        if self.state == State::Ended {
            return;
        }
        self.state = State::Ended;
        self.measure();
        self.span.end();
    }

    fn measure(&mut self) {
        if let Some(measurement) = self.measurement.take() {
            let kind = self.kind;
            self.span.run(|| measurement.record(kind));
        }
    }

    fn http_status(&mut self, status: StatusCode, is_error: bool) {
        self.set(keys::HTTP_RESPONSE_STATUS_CODE, i64::from(status.as_u16()));
        if is_error {
            self.set_error(status.as_str().to_owned());
        }
    }

    fn grpc_status(&mut self, status: &GrpcStatus, is_in_headers: bool) {
        self.set(keys::RPC_RESPONSE_STATUS_CODE, status.name());
        let is_error = match self.kind {
            Kind::GrpcServer => status.is_server_error(),
            _ => !status.is_ok(),
        };
        if is_error {
            self.set_error_type(status.name());
            self.span.set_error(&status.message());
        }
        // The router of a server responds like this to a call of a method that the server does not have.
        if is_in_headers
            && status.is_unimplemented()
            && let Some(method) = self.method.take()
        {
            self.set(keys::RPC_METHOD, grpc_semantics::OTHER);
            self.span.set_attribute(keys::RPC_METHOD_ORIGINAL, &method.original());
            self.span.update_name(grpc_semantics::SYSTEM);
        }
    }

    /// Sets an error with an empty description. By the conventions, only `error.type` explains the error.
    fn set_error(&mut self, error_type: impl Into<Value>) {
        self.set_error_type(error_type);
        self.span.set_error(&"");
    }

    fn set_error_type(&mut self, value: impl Into<Value>) {
        self.set(keys::ERROR_TYPE, value);
    }

    /// Records that a future or body was dropped early. For gRPC, this is an error of a client only. For an HTTP
    /// server, it is an error only before the response, because a client may have no other way to end a stream. For an
    /// HTTP client, it is no error, because the caller has given up:
    /// <https://opentelemetry.io/docs/specs/semconv/http/http-spans/#status>.
    fn cancel(&mut self) {
        if self.kind.is_grpc() {
            self.set(keys::RPC_RESPONSE_STATUS_CODE, "CANCELLED");
            if self.kind == Kind::GrpcClient {
                self.set_error("CANCELLED");
            }
            return;
        }
        if self.state == State::Requested && self.kind == Kind::HttpServer {
            self.set_error("cancelled");
        }
    }

    fn set(&mut self, key: &'static str, value: impl Into<Value>) {
        let value = value.into();
        self.span.set_attribute(key, &value);
        if let Some(measurement) = &mut self.measurement {
            measurement.set(key, value);
        }
    }
}

impl Drop for Exchange {
    /// Ends the exchange if the future or the body was dropped early. If an HTTP client does not read the whole body of
    /// a response, the exchange is not cancelled.
    fn drop(&mut self) {
        if self.state == State::Responding && self.kind == Kind::HttpClient {
            return self.end();
        }
        if self.state != State::Ended {
            self.cancel();
        }
        // The span ends as cancelled when it is dropped.
        self.measure();
    }
}
