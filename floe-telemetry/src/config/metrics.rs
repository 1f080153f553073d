//! How metrics are aggregated, and how often they are sent.

mod view;

use std::time::Duration;

use opentelemetry_sdk::metrics::Temporality;
use serde::{Deserialize, Serialize};

pub use self::view::MetricView;
use super::problems::Problems;
use super::prometheus::PrometheusConfig;

/// How the buckets of histograms are chosen.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum HistogramKind {
    /// Bounds that are known beforehand.
    #[default]
    Explicit,
    /// Bounds that follow the values, to about 1 % of each.
    Exponential,
}

/// What the sums that are sent begin with.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum MetricTemporality {
    /// The start of the process. What Prometheus and its kin expect.
    #[default]
    Cumulative,
    /// The export before, but for sums that go up and down.
    Delta,
    /// The export before where that needs less memory, which is where values are recorded, and the
    /// start of the process where they are observed.
    LowMemory,
}

impl MetricTemporality {
    /// By the names that the specification has for them.
    pub(super) const ALL: [(&'static str, Self); 3] = [
        ("cumulative", Self::Cumulative),
        ("delta", Self::Delta),
        ("lowmemory", Self::LowMemory),
    ];
}

impl From<MetricTemporality> for Temporality {
    fn from(temporality: MetricTemporality) -> Self {
        match temporality {
            MetricTemporality::Cumulative => Self::Cumulative,
            MetricTemporality::Delta => Self::Delta,
            MetricTemporality::LowMemory => Self::LowMemory,
        }
    }
}

impl HistogramKind {
    /// By the names that the specification has for them.
    pub(super) const ALL: [(&'static str, Self); 2] = [
        ("explicit_bucket_histogram", Self::Explicit),
        ("base2_exponential_bucket_histogram", Self::Exponential),
    ];
}

/// How metrics are aggregated, and how often they are sent
/// ([periodic reader](https://opentelemetry.io/docs/specs/otel/metrics/sdk/#periodic-exporting-metricreader)).
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
#[expect(
    clippy::exhaustive_structs,
    reason = "plain data with a published schema"
)]
pub struct MetricsConfig {
    /// Milliseconds from one export to the next. Default 60000.
    #[cfg_attr(feature = "schema", schemars(range(min = 1)))]
    pub export_interval_millis: u64,
    /// How long one export may take, in milliseconds. Default 30000.
    #[cfg_attr(feature = "schema", schemars(range(min = 1)))]
    pub export_timeout_millis: u64,
    /// Default `cumulative`.
    pub temporality: MetricTemporality,
    /// Default `explicit`.
    pub histograms: HistogramKind,
    /// How many sets of attributes a metric may have; what comes after goes together into one that
    /// has the attribute `otel.metric.overflow`. Default 2000.
    #[cfg_attr(feature = "schema", schemars(range(min = 1)))]
    pub cardinality_limit: usize,
    /// Whether calls, errors and durations of all spans are metrics, sampled or not, and not only
    /// those of functions with `#[traced(metrics)]`. Default `false`.
    pub from_spans: bool,
    /// What is made of metrics of some names. The first that matches holds.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub views: Vec<MetricView>,
    /// Where Prometheus scrapes, if `exporters.metrics` has `prometheus`.
    pub prometheus: PrometheusConfig,
}

impl Default for MetricsConfig {
    fn default() -> Self {
        Self {
            export_interval_millis: 60_000,
            export_timeout_millis: 30_000,
            temporality: MetricTemporality::default(),
            histograms: HistogramKind::default(),
            cardinality_limit: 2000,
            from_spans: false,
            views: Vec::new(),
            prometheus: PrometheusConfig::default(),
        }
    }
}

impl MetricsConfig {
    /// `export_interval_millis` as a duration.
    #[must_use]
    pub const fn export_interval(&self) -> Duration {
        Duration::from_millis(self.export_interval_millis)
    }

    /// `export_timeout_millis` as a duration.
    #[must_use]
    pub const fn export_timeout(&self) -> Duration {
        Duration::from_millis(self.export_timeout_millis)
    }

    pub(super) fn check(&self, problems: &mut Problems) {
        for (key, millis) in [
            ("export_interval_millis", self.export_interval_millis),
            ("export_timeout_millis", self.export_timeout_millis),
        ] {
            if millis == 0 {
                problems.add(&format!("metrics.{key}"), "found 0, accepted is 1 or more");
            }
        }
        self.prometheus.check(problems);
        view::check(&self.views, problems);
        if self.cardinality_limit == 0 {
            problems.add(
                "metrics.cardinality_limit",
                "found 0, accepted is 1 or more",
            );
        }
    }
}
