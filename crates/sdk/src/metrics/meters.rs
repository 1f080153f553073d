//! The aggregation of metrics, linked by another crate.

use std::sync::Arc;

use opentelemetry_sdk::Resource;
use opentelemetry_sdk::metrics::{Instrument, SdkMeterProvider, Stream};

use super::destination::MetricDestination;
use crate::collector::{Counters, Redaction, SpanMetrics};
use crate::config::TelemetryConfig;

/// The functions that aggregate metrics.
#[derive(Debug)]
#[expect(clippy::exhaustive_structs, reason = "not part of the public interface")]
pub struct MeterProviders {
    /// Starts the readers of these destinations, as the current meter provider of the process, and creates the
    /// instruments that derive metrics from spans.
    pub start: StartMeters,
}

type StartMeters = fn(
    &TelemetryConfig,
    &Resource,
    Redaction,
    &Arc<Counters>,
    AddedMetrics,
) -> (SdkMeterProvider, SpanMetrics);

/// A view of the program, in the form of OpenTelemetry's SDK.
pub type ProgramView = Box<dyn Fn(&Instrument) -> Option<Stream> + Send + Sync>;

/// The exporters and the views of a provider.
#[derive(Default)]
#[expect(clippy::exhaustive_structs, reason = "not part of the public interface")]
#[expect(missing_debug_implementations, reason = "a view has no `Debug`")]
pub struct AddedMetrics {
    /// The exporters and readers.
    pub destinations: Vec<MetricDestination>,
    /// The views of the program.
    pub views: Vec<ProgramView>,
}

floe_telemetry_core::__floe_link_list! {
    #[allow(unsafe_code, reason = "the linker defines the bounds of the list, see `link_list`")]
    static METERS: [MeterProviders] = "fl_metrics_0_1";
}

impl MeterProviders {
    pub(crate) fn linked() -> Option<&'static Self> {
        METERS.iter().next()
    }
}
