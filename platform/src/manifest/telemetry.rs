//! `telemetry:` — settings of the telemetry runtime, by its own keys. They win over `observability:`.

use floe_telemetry::config::{
    BatchLogRecordProcessorConfig, BatchSpanProcessorConfig, ErrorsConfig, ExportersConfig,
    MetricsConfig, OtlpConfig, Propagator, RedactionConfig, SamplingConfig, SpanLimits,
    TelemetryAuth,
};
use serde::Deserialize;
use serde_saphyr::Spanned;

/// Settings that `observability:` has no keys for.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Telemetry {
    /// Which share of the runs is recorded, by environment. Environments without a ratio have the
    /// platform's: 1.0 in `dev`, 0.5 in `staging`, 0.1 in `prod`.
    pub sampling: Option<SamplingConfig>,
    /// The credential of the backend: a reference, because artifacts carry no credentials.
    pub authentication: Option<Spanned<TelemetryAuth>>,
    /// Queue and batch sizes of spans.
    pub batch_processor: Option<BatchSpanProcessorConfig>,
    /// Queue and batch sizes of log records.
    pub log_batch_processor: Option<BatchLogRecordProcessorConfig>,
    /// What is redacted in everything that is recorded.
    pub redaction: Option<RedactionConfig>,
    /// Headers, compression and certificates; values of headers are references too.
    pub otlp: Option<Spanned<OtlpConfig>>,
    /// The exporters of each signal.
    pub exporters: Option<ExportersConfig>,
    /// How metrics are aggregated and exported.
    pub metrics: Option<MetricsConfig>,
    /// How much one span may carry.
    pub limits: Option<SpanLimits>,
    /// What is recorded of errors and panics.
    pub errors: Option<ErrorsConfig>,
    /// The formats in which context crosses the border of a process.
    pub propagators: Option<Vec<Propagator>>,
}
