//! The aggregation of metrics, linked by another crate.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::metrics::{Instrument, Stream};

use super::destination::MetricDestination;
use crate::collector::{Counters, Redaction, Redactor, SpanMetrics};
use crate::config::{MetricsConfig, TelemetryConfig};

/// The functions that aggregate metrics.
#[derive(Debug)]
#[expect(clippy::exhaustive_structs, reason = "not part of the public interface")]
pub struct MeterProviders {
    /// Starts the readers of these destinations, as the current meter provider of the process.
    pub start: StartMeters,
}

type StartMeters = fn(
    &TelemetryConfig,
    &Resource,
    Redaction,
    &Arc<Counters>,
    AddedMetrics,
) -> Arc<dyn ProviderMeters>;

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

/// The meters of a provider.
pub trait ProviderMeters: fmt::Debug + Send + Sync {
    /// Creates the instruments that derive metrics from spans.
    fn span_metrics(&self, config: &MetricsConfig, redactor: Redactor) -> SpanMetrics;

    /// Ends the measurements of the program.
    fn stop(&self);

    /// Collects and exports metrics, and waits for the exporters.
    ///
    /// # Errors
    ///
    /// A reader or an exporter has failed.
    fn flush(&self) -> OTelSdkResult;

    /// Exports a last time, shuts the readers down, and waits for the exporters.
    ///
    /// # Errors
    ///
    /// A reader or an exporter has failed.
    fn shut_down(&self, timeout: Duration) -> OTelSdkResult;
}
