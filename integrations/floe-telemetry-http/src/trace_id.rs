//! The id of a request's trace, for the text of its response.

use std::fmt;

use floe_telemetry::propagation::current_span_context;
use opentelemetry::trace::TraceId;

/// The id of the current trace, by which support finds a request that has failed. With the feature `axum` or
/// `axum-0_7`, it is an extractor:
///
/// ```
/// use axum::http::StatusCode;
/// use floe_telemetry_http::CurrentTraceId;
///
/// async fn order(trace: CurrentTraceId) -> Result<String, (StatusCode, String)> {
///     let page = format!("This failed. Please tell us the number {trace}.");
///     Err((StatusCode::INTERNAL_SERVER_ERROR, page))
/// }
/// # let _: axum::routing::MethodRouter = axum::routing::get(order);
/// ```
///
/// It is displayed as 32 hexadecimal digits, which are zeros outside of a trace. The header of
/// [`with_trace_id_header`](crate::HttpServerLayer::with_trace_id_header) has the same id.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct CurrentTraceId(pub TraceId);

impl CurrentTraceId {
    /// Reads the id of the current trace, for code that is no handler, such as an error's `IntoResponse`.
    #[must_use]
    pub fn read() -> Self {
        Self(current_span_context().trace_id())
    }
}

impl fmt::Display for CurrentTraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(feature = "axum")]
impl<S: Sync> axum::extract::FromRequestParts<S> for CurrentTraceId {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(
        _: &mut http::request::Parts,
        _: &S,
    ) -> Result<Self, Self::Rejection> {
        Ok(Self::read())
    }
}

#[cfg(feature = "axum-0_7")]
#[async_trait::async_trait]
impl<S: Sync> axum_0_7::extract::FromRequestParts<S> for CurrentTraceId {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(
        _: &mut http::request::Parts,
        _: &S,
    ) -> Result<Self, Self::Rejection> {
        Ok(Self::read())
    }
}
