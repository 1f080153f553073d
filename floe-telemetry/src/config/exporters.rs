//! The exporters of each signal.

use serde::{Deserialize, Serialize};

use super::problems::Problems;

/// An exporter
/// ([exporter selection](https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/#exporter-selection)).
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum ExporterKind {
    /// OTLP, to the configured endpoint.
    Otlp,
    /// Standard error.
    Console,
    /// The endpoint that Prometheus scrapes. For metrics alone; needs the feature `prometheus`.
    Prometheus,
    /// No exporter.
    None,
}

impl ExporterKind {
    /// The exporters of spans and of log records, by the names that the specification has for them.
    pub(super) const ALL: [(&'static str, Self); 3] = [
        ("otlp", Self::Otlp),
        ("console", Self::Console),
        ("none", Self::None),
    ];

    /// Those of metrics.
    pub(super) const OF_METRICS: [(&'static str, Self); 4] = [
        ("otlp", Self::Otlp),
        ("console", Self::Console),
        ("prometheus", Self::Prometheus),
        ("none", Self::None),
    ];
}

/// The exporters of each signal, besides those that are given in code.
///
/// Without a choice, OTLP is used when the backend is not `console` or an endpoint is set, and
/// otherwise spans are printed.
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
    /// Whether spans have this exporter; `None` if nothing was chosen for spans.
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
                    "`prometheus` takes metrics alone, accepted are `otlp`, `console` and `none`",
                );
            }
            if kinds.contains(&ExporterKind::None) && kinds.len() > 1 {
                problems.add(
                    &format!("exporters.{signal}"),
                    "`none` beside another exporter, accepted is `none` alone",
                );
            }
        }
    }
}
