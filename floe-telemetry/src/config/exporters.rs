//! Which exporters a signal has.

use serde::{Deserialize, Serialize};

use super::problems::Problems;

/// One way out for a signal
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
    /// Nowhere.
    None,
}

impl ExporterKind {
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
#[expect(
    clippy::exhaustive_structs,
    reason = "plain data with a published schema"
)]
pub struct ExportersConfig {
    /// Of spans.
    pub traces: Option<Vec<ExporterKind>>,
    /// Of metrics.
    pub metrics: Option<Vec<ExporterKind>>,
    /// Of log records.
    pub logs: Option<Vec<ExporterKind>>,
}

impl ExportersConfig {
    /// Whether this is one of those that were chosen for spans; `None`: nobody chose.
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
