//! `telemetry:` — how products are observed, in the words of the telemetry runtime.
//!
//! What is here is what the runtime is configured with, key by key, and wins over `observability:`.

use floe_telemetry::config::{BatchSpanProcessorConfig, SamplingConfig, TelemetryAuth};
use serde::Deserialize;
use serde_saphyr::Spanned;

/// What the platform's own words have no room for.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Telemetry {
    /// Which share of the runs is recorded, by environment.
    pub sampling: Option<SamplingConfig>,
    /// The credential that is sent along: a reference, because artifacts carry no credentials.
    pub authentication: Option<Spanned<TelemetryAuth>>,
    /// Queue and batch sizes.
    pub batch_processor: Option<BatchSpanProcessorConfig>,
}
