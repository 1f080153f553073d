//! What the tests of tracing-opentelemetry import from it: the set-up is that of floe-telemetry. `.ci/parity` runs
//! them.

pub use floe_telemetry::{OpenTelemetrySpanExt, SetParentError, get_otel_context};
use floe_telemetry::{TracingLayer, TracingMetricsLayer, tracing_layer, tracing_metrics_layer};
use opentelemetry::InstrumentationScope;
use opentelemetry::metrics::MeterProvider;

/// A layer that has no tracer yet.
#[derive(Debug)]
pub struct WithoutTracer(TracingLayer);

pub fn layer() -> WithoutTracer {
    WithoutTracer(tracing_layer())
}

impl WithoutTracer {
    /// Spans go to the provider of the process.
    pub fn with_tracer<T>(self, _: T) -> TracingLayer {
        self.0
    }

    pub fn with_error_fields_to_exceptions(self, exceptions: bool) -> Self {
        Self(self.0.with_error_fields_to_exceptions(exceptions))
    }

    pub fn with_error_records_to_exceptions(self, exceptions: bool) -> Self {
        Self(self.0.with_error_records_to_exceptions(exceptions))
    }
}

/// The option that the layer does not have.
pub trait Options: Sized {
    fn with_counting_event_filter<F>(self, _: F) -> Self {
        self
    }
}

impl Options for TracingLayer {}

#[derive(Debug)]
pub struct MetricsLayer;

impl MetricsLayer {
    #[expect(
        clippy::new_ret_no_self,
        reason = "the layer is that of floe-telemetry"
    )]
    pub fn new(provider: impl MeterProvider) -> TracingMetricsLayer {
        // Cargo sets it to the version of the tests.
        let version = std::env::var("CARGO_PKG_VERSION").unwrap_or_default();
        let scope = InstrumentationScope::builder("tracing/tracing-opentelemetry");
        let layer =
            tracing_metrics_layer(provider.meter_with_scope(scope.with_version(version).build()));
        // The layer of tracing-opentelemetry keeps it.
        std::mem::forget(provider);
        layer
    }
}
