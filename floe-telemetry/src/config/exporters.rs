//! The exporters of each signal.

use serde::{Deserialize, Serialize};

use super::file::FileConfig;
use super::problems::Problems;
use super::section::is_default;

/// An exporter
/// ([exporter selection](https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/#exporter-selection)).
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum ExporterKind {
    /// OTLP to the configured endpoint.
    Otlp,
    /// OTLP as JSON lines in a file, see [`ExportersConfig::file`]. Requires the feature `otlp-json`.
    #[serde(rename = "otlp_file")]
    OtlpFile,
    /// OTLP as JSON lines on the standard output. Requires the feature `otlp-json`.
    #[serde(rename = "otlp/stdout")]
    OtlpStdout,
    /// Standard error.
    Console,
    /// An endpoint for Prometheus, for metrics only. Requires the feature `prometheus`.
    Prometheus,
    /// No exporter.
    None,
}

impl ExporterKind {
    /// The exporters of spans and log records, by their names in the specification.
    pub(super) const ALL: [(&'static str, Self); 5] = [
        ("otlp", Self::Otlp),
        ("otlp/stdout", Self::OtlpStdout),
        ("otlp_file", Self::OtlpFile),
        ("console", Self::Console),
        ("none", Self::None),
    ];

    /// The exporters of metrics, by their names in the specification.
    pub(super) const OF_METRICS: [(&'static str, Self); 6] = [
        ("otlp", Self::Otlp),
        ("otlp/stdout", Self::OtlpStdout),
        ("otlp_file", Self::OtlpFile),
        ("console", Self::Console),
        ("prometheus", Self::Prometheus),
        ("none", Self::None),
    ];
}

/// The exporters of each signal, in addition to those that are added in code.
///
/// If no exporter is configured for a signal, OTLP is used if the backend is not `console` or an endpoint is
/// configured. Otherwise spans are printed.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct ExportersConfig {
    /// The exporters of spans.
    pub traces: Option<Vec<ExporterKind>>,
    /// The exporters of metrics.
    pub metrics: Option<Vec<ExporterKind>>,
    /// The exporters of log records.
    pub logs: Option<Vec<ExporterKind>>,
    /// The files of the exporter `otlp_file`.
    #[serde(skip_serializing_if = "is_default")]
    pub file: FileConfig,
}

setters! { ExportersConfig {
    with_traces(traces: some list ExporterKind);
    with_metrics(metrics: some list ExporterKind);
    with_logs(logs: some list ExporterKind);
    with_file(file: FileConfig);
} }

impl ExportersConfig {
    /// Whether spans have this exporter. `None` if no exporter is configured for spans.
    pub(crate) fn chooses_spans(&self, kind: ExporterKind) -> Option<bool> {
        let chosen = self.traces.as_ref();
        chosen.map(|chosen| chosen.contains(&kind))
    }

    pub(super) fn check(&self, problems: &mut Problems) {
        self.file.check(problems);
        for (signal, kinds) in [
            ("traces", &self.traces),
            ("metrics", &self.metrics),
            ("logs", &self.logs),
        ] {
            let Some(kinds) = kinds else { continue };
            if signal != "metrics" && kinds.contains(&ExporterKind::Prometheus) {
                problems.add(
                    &format!("exporters.{signal}"),
                    "`prometheus` is an exporter of metrics, accepted are `otlp`, `otlp/stdout`, `otlp_file`, `console` and `none`",
                );
            }
            if kinds.contains(&ExporterKind::None) && kinds.len() > 1 {
                problems.add(
                    &format!("exporters.{signal}"),
                    "`none` together with another exporter, accepted is `none` alone",
                );
            }
        }
    }
}
