//! The aggregation of metrics, linked by another crate.

use std::sync::Arc;

use opentelemetry_sdk::metrics::{Instrument, MeterProviderBuilder, SdkMeterProvider, Stream};

use crate::collector::{Counters, Redaction, SpanMetrics};
use crate::config::MetricsConfig;

/// Starts a meter provider with these readers and views, as the current one of the process, and creates the instruments
/// that derive metrics from spans.
pub type StartMeters = fn(
    MeterProviderBuilder,
    &MetricsConfig,
    Vec<ProgramView>,
    Redaction,
    &Arc<Counters>,
) -> (SdkMeterProvider, SpanMetrics);

/// A view that the program adds, in the form of OpenTelemetry's SDK.
pub type ProgramView = Box<dyn Fn(&Instrument) -> Option<Stream> + Send + Sync>;

floe_telemetry_core::__floe_link_list! {
    #[allow(unsafe_code, reason = "the linker defines the bounds of the list, see `link_list`")]
    static METERS: [StartMeters] = "fl_metrics_0_1";
}

pub(crate) fn linked() -> Option<StartMeters> {
    METERS.iter().next().copied()
}
