//! The section `telemetry` of the manifest, with the keys of the telemetry runtime. Its settings take precedence over
//! the section `observability`, unless that section disables telemetry.

use floe_telemetry::config::yaml::Spanned;
use floe_telemetry::config::{
    BatchLogRecordProcessorConfig, BatchSpanProcessorConfig, ExportersConfig, MetricsConfig,
    OtlpConfig, PanicOutput, Propagator, RedactionConfig, SamplingConfig, SpanLimits,
    TelemetryAuth,
};
use serde::Deserialize;

/// Settings with the keys of the telemetry runtime.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Telemetry {
    /// The sampling, for example the ratio of runs that are recorded, by environment. Default ratios: 1.0 in `dev`, 0.5
    /// in `staging`, 0.1 in `prod`.
    pub sampling: Option<SamplingConfig>,
    /// The credential of the backend. It must be a reference, because artifacts contain no credentials.
    pub authentication: Option<Spanned<TelemetryAuth>>,
    /// The settings of the queue and of the batches of spans.
    pub batch_processor: Option<BatchSpanProcessorConfig>,
    /// The settings of the queue and of the batches of log records.
    pub log_batch_processor: Option<BatchLogRecordProcessorConfig>,
    /// The redaction of recorded text.
    pub redaction: Option<RedactionConfig>,
    /// Settings such as headers and certificates. Header values are references, as in `authentication`.
    pub otlp: Option<Spanned<OtlpConfig>>,
    /// The exporters of each signal.
    pub exporters: Option<ExportersConfig>,
    /// The aggregation and the export of metrics.
    pub metrics: Option<MetricsConfig>,
    /// The limits of a span: attributes, events, links and the length of values.
    pub limits: Option<SpanLimits>,
    /// The writer of a panic's message to standard error: the panic hook of the program, or the telemetry runtime.
    pub panic_output: Option<PanicOutput>,
    /// The formats in which context is propagated between processes.
    pub propagators: Option<Vec<Propagator>>,
}
