//! The exporters of each signal.

use serde::{Deserialize, Serialize};

use super::problems::Problems;

/// An exporter
/// ([exporter selection](https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/#exporter-selection)).
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum ExporterKind {
    /// OTLP to the configured endpoint.
    Otlp,
    /// Standard error.
    Console,
    /// An endpoint for Prometheus, for metrics only. Requires the feature `prometheus`.
    Prometheus,
    /// No exporter.
    None,
}

impl ExporterKind {
    /// The exporters of spans and log records, by their names in the specification.
    pub(super) const ALL: [(&'static str, Self); 3] = [
        ("otlp", Self::Otlp),
        ("console", Self::Console),
        ("none", Self::None),
    ];

    /// The exporters of metrics, by their names in the specification.
    pub(super) const OF_METRICS: [(&'static str, Self); 4] = [
        ("otlp", Self::Otlp),
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
}

setters! { ExportersConfig {
    with_traces(traces: some list ExporterKind);
    with_metrics(metrics: some list ExporterKind);
    with_logs(logs: some list ExporterKind);
} }

impl ExportersConfig {
    /// Whether spans have this exporter. `None` if no exporter is configured for spans.
    pub(crate) fn chooses_spans(&self, kind: ExporterKind) -> Option<bool> {
        let chosen = self.traces.as_ref();
        chosen.map(|chosen| chosen.contains(&kind))
    }

    pub(super) fn check(&self, problems: &mut Problems) {
        for (signal, kinds) in [
            ("traces", &self.traces),
            ("metrics", &self.metrics),
            ("logs", &self.logs),
        ] {
            let Some(kinds) = kinds else { continue };
            if signal != "metrics" && kinds.contains(&ExporterKind::Prometheus) {
                problems.add(
                    &format!("exporters.{signal}"),
                    "`prometheus` is an exporter of metrics, accepted are `otlp`, `console` and `none`",
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
