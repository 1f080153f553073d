//! The items that the tests of tracing-opentelemetry import from their crate, here set up with floe-telemetry.
//! `.ci/parity` runs the tests.

pub use floe_telemetry::tracing::{OpenTelemetrySpanExt, SetParentError, get_otel_context};
use floe_telemetry::{tracing::TracingLayer, tracing_layer};

#[derive(Debug)]
pub struct WithoutTracer(TracingLayer);

pub fn layer() -> WithoutTracer {
    WithoutTracer(tracing_layer())
}

impl WithoutTracer {
    /// Ignores the tracer: spans go to the provider of the process.
    pub fn with_tracer<T>(self, _: T) -> TracingLayer {
        self.0
    }

    pub fn with_error_fields_to_exceptions(self, _: bool) -> Self {
        self
    }

    pub fn with_error_records_to_exceptions(self, _: bool) -> Self {
        self
    }
}

/// Options of tracing-opentelemetry that this layer does not have. They are ignored.
pub trait Options: Sized {
    fn with_context_activation(self, _: bool) -> Self {
        self
    }

    fn with_counting_event_filter<F>(self, _: F) -> Self {
        self
    }

    fn with_level(self, _: bool) -> Self {
        self
    }

    fn with_location(self, _: bool) -> Self {
        self
    }

    fn with_target(self, _: bool) -> Self {
        self
    }

    fn with_threads(self, _: bool) -> Self {
        self
    }

    fn with_tracked_inactivity(self, _: bool) -> Self {
        self
    }
}

impl Options for TracingLayer {}
