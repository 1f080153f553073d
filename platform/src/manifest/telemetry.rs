//! `telemetry:` — how products are observed, in the words of the telemetry runtime.
//!
//! What is here is what the runtime is configured with, key by key, and wins over `observability:`.

use floe_telemetry::config::{
    BatchLogRecordProcessorConfig, BatchSpanProcessorConfig, ErrorsConfig, ExportersConfig,
    MetricsConfig, OtlpConfig, RedactionConfig, SamplingConfig, SpanLimits, TelemetryAuth,
};
use floe_telemetry::propagation::Propagator;
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
    /// Queue and batch sizes of spans.
    pub batch_processor: Option<BatchSpanProcessorConfig>,
    /// Queue and batch sizes of log records.
    pub log_batch_processor: Option<BatchLogRecordProcessorConfig>,
    /// What is taken out of everything that is recorded.
    pub redaction: Option<RedactionConfig>,
    /// Headers, compression and certificates; values of headers are references, too.
    pub otlp: Option<Spanned<OtlpConfig>>,
    /// The exporters of each signal.
    pub exporters: Option<ExportersConfig>,
    /// How metrics are made and sent.
    pub metrics: Option<MetricsConfig>,
    /// How much one span may carry.
    pub limits: Option<SpanLimits>,
    /// What is recorded of errors and panics.
    pub errors: Option<ErrorsConfig>,
    /// How a trace crosses the border of a process.
    pub propagators: Option<Vec<Propagator>>,
}
