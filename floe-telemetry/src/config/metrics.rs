//! How metrics are aggregated, and how often they are exported.

use std::time::Duration;

use opentelemetry_sdk::metrics::Temporality;
use serde::{Deserialize, Serialize};

use super::problems::Problems;

/// Views that a configuration may have.
const MAX_VIEWS: usize = 256;

/// Bytes that the pattern of a view may have.
const MAX_PATTERN: usize = 256;

/// The buckets of histograms.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum HistogramKind {
    /// Fixed boundaries.
    #[default]
    Explicit,
    /// Boundaries that follow the values, with an error of about 1 %.
    Exponential,
}

/// When the sums that are exported begin
/// ([temporality](https://opentelemetry.io/docs/specs/otel/metrics/data-model/#temporality)).
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum MetricTemporality {
    /// At the start of the process, as Prometheus expects.
    #[default]
    Cumulative,
    /// At the previous export, except for sums that can decrease.
    Delta,
    /// At the previous export for synchronous counters and histograms, and at the start of the process
    /// for observable instruments: whichever needs less memory.
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

/// How metrics are aggregated, and how often they are exported
/// ([periodic reader](https://opentelemetry.io/docs/specs/otel/metrics/sdk/#periodic-exporting-metricreader)).
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct MetricsConfig {
    /// Milliseconds from one export to the next. Default 60000.
    #[cfg_attr(feature = "schema", schemars(range(min = 1)))]
    pub export_interval_millis: u64,
    /// How long one export may take, in milliseconds. Default 30000.
    #[cfg_attr(feature = "schema", schemars(range(min = 1)))]
    pub export_timeout_millis: u64,
    /// When the sums that are exported begin. Default `cumulative`.
    pub temporality: MetricTemporality,
    /// The buckets of histograms. Default `explicit`.
    pub histograms: HistogramKind,
    /// How many sets of attributes a metric may have. Measurements with further sets go into one
    /// series with the attribute `otel.metric.overflow`. Default 2000.
    #[cfg_attr(feature = "schema", schemars(range(min = 1)))]
    pub cardinality_limit: usize,
    /// Whether calls, errors and durations of all spans are metrics, sampled or not, rather than those
    /// of functions with `#[traced(metrics)]` alone. Default `false`.
    pub from_spans: bool,
    /// Views: changes to the metrics of some names. The first that matches applies. Default none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub views: Vec<MetricView>,
    /// The endpoint that Prometheus scrapes, if `exporters.metrics` has `prometheus`.
    pub prometheus: PrometheusConfig,
}

setters! { MetricsConfig {
    with_export_interval_millis(export_interval_millis: u64);
    with_export_timeout_millis(export_timeout_millis: u64);
    with_temporality(temporality: MetricTemporality);
    with_histograms(histograms: HistogramKind);
    with_cardinality_limit(cardinality_limit: usize);
    with_from_spans(from_spans: bool);
    with_views(views: list MetricView);
    with_prometheus(prometheus: PrometheusConfig);
} }

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
        check_views(&self.views, problems);
        if self.cardinality_limit == 0 {
            problems.add(
                "metrics.cardinality_limit",
                "found 0, accepted is 1 or more",
            );
        }
    }
}

/// Changes how the metrics of some names are aggregated
/// ([views](https://opentelemetry.io/docs/specs/otel/metrics/sdk/#view)).
///
/// ```
/// use floe_telemetry::config::MetricView;
///
/// let views = [
///     MetricView::new("process.*").with_drop(true),
///     MetricView::new("*.duration").with_boundaries([1.0, 60.0, 3600.0]),
/// ];
/// # let _ = views;
/// ```
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct MetricView {
    /// A pattern for the name of the metric, in which `*` matches any characters, or none:
    /// `http.server.*`.
    pub metric: String,
    /// Whether the metrics are dropped. Default `false`.
    #[serde(default)]
    pub drop: bool,
    /// The boundaries of the buckets of histograms, in increasing order. Other metrics ignore them.
    /// Default none.
    #[serde(default)]
    pub boundaries: Option<Vec<f64>>,
    /// The keys of the attributes that are kept; series that differ in other attributes alone are
    /// merged. Default: all.
    #[serde(default)]
    pub attributes: Option<Vec<String>>,
    /// In place of `metrics.cardinality_limit`. Default none.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(range(min = 1)))]
    pub cardinality_limit: Option<usize>,
}

setters! { MetricView {
    with_drop(drop: bool);
    with_boundaries(boundaries: some list f64);
    with_attributes(attributes: some list into String);
    with_cardinality_limit(cardinality_limit: some usize);
} }

impl MetricView {
    /// A view that changes nothing.
    pub fn new(metric: impl Into<String>) -> Self {
        Self {
            metric: metric.into(),
            drop: false,
            boundaries: None,
            attributes: None,
            cardinality_limit: None,
        }
    }

    fn changes(&self) -> bool {
        self.boundaries.is_some() || self.attributes.is_some() || self.cardinality_limit.is_some()
    }
}

fn check_views(views: &[MetricView], problems: &mut Problems) {
    if views.len() > MAX_VIEWS {
        let found = views.len();
        let message = format!("found {found}, accepted are at most {MAX_VIEWS}");
        problems.add("metrics.views", message);
    }
    for (at, view) in views.iter().enumerate() {
        let key = |field: &str| format!("metrics.views.{at}.{field}");
        if !(1..=MAX_PATTERN).contains(&view.metric.len()) {
            let found = view.metric.len();
            problems.add(
                &key("metric"),
                format!(
                    "found {found} bytes, accepted is a name of 1 to {MAX_PATTERN} bytes with `*` for any characters"
                ),
            );
        }
        if view.drop && view.changes() {
            problems.add(
                &key("drop"),
                "a metric that is dropped cannot be changed, accepted is `drop` alone",
            );
        }
        let bounds = view.boundaries.as_deref().unwrap_or_default();
        let is_finite = bounds.iter().all(|bound| bound.is_finite());
        if !is_finite || !bounds.is_sorted_by(|a, b| a < b) {
            problems.add(
                &key("boundaries"),
                format!("found {bounds:?}, accepted are finite numbers in increasing order"),
            );
        }
        if view.cardinality_limit == Some(0) {
            problems.add(&key("cardinality_limit"), "found 0, accepted is 1 or more");
        }
    }
}

/// The address of the endpoint that Prometheus scrapes
/// ([variables](https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/#prometheus-exporter)).
/// The path is `/metrics`. Needs the feature `prometheus`.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct PrometheusConfig {
    /// A name or an address of this machine; `0.0.0.0` for all its addresses. Default `localhost`, which
    /// other machines cannot reach.
    pub host: String,
    /// The port. Default 9464.
    #[cfg_attr(feature = "schema", schemars(range(min = 1)))]
    pub port: u16,
}

setters! { PrometheusConfig {
    with_host(host: into String);
    with_port(port: u16);
} }

impl Default for PrometheusConfig {
    fn default() -> Self {
        Self {
            host: "localhost".to_owned(),
            port: 9464,
        }
    }
}

/// Whether the endpoint can have this host; otherwise what is accepted.
pub(super) fn check_host(host: &str) -> Result<(), &'static str> {
    let plain = |sign: char| sign.is_ascii_alphanumeric() || "._-:".contains(sign);
    if !host.is_empty() && host.chars().all(plain) {
        return Ok(());
    }
    Err("accepted is a name or an address of this machine, without a port")
}

impl PrometheusConfig {
    pub(super) fn check(&self, problems: &mut Problems) {
        if let Err(message) = check_host(&self.host) {
            problems.add("metrics.prometheus.host", message);
        }
        if self.port == 0 {
            problems.add("metrics.prometheus.port", "found 0, accepted is 1 to 65535");
        }
    }
}
