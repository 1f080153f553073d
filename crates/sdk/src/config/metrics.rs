//! The aggregation and the export of metrics.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::ops::RangeInclusive;
use std::time::Duration;

use opentelemetry_sdk::metrics::{InstrumentKind, Temporality};
use serde::{Deserialize, Serialize};

use super::problems::Problems;
use super::section::is_default;
use crate::json_schema::JsonSchema;
use crate::recorder::matches_any;
use floe_telemetry_core::__sdk::metrics::is_name;

/// The maximum number of views of a configuration.
const MAX_VIEWS: usize = 256;

/// The maximum number of bytes of a view's pattern.
const MAX_PATTERN: usize = 256;

/// The largest limit of attribute sets, for which the SDK reserves memory at once.
const MAX_CARDINALITY: usize = 1_000_000;

/// The sizes of exponential histograms. The specification has no upper bound.
const SIZES: RangeInclusive<u32> = 2..=4096;

/// The scales of exponential histograms that the SDK accepts.
const SCALES: RangeInclusive<i8> = -10..=20;

/// The buckets of histograms.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum HistogramKind {
    /// Fixed boundaries.
    #[default]
    Explicit,
    /// Boundaries that adapt to the values, in at most 160 buckets for each sign.
    Exponential,
}

/// The start of the time range of exported sums
/// ([temporality](https://opentelemetry.io/docs/specs/otel/metrics/data-model/#temporality)).
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum MetricTemporality {
    /// The start of the process, which Prometheus requires.
    #[default]
    Cumulative,
    /// The previous export, except for sums that can decrease.
    Delta,
    /// Whichever needs less memory: the previous export for synchronous counters and histograms, the
    /// start of the process for observable instruments.
    LowMemory,
}

/// Which measurements may become exemplars
/// ([exemplar filter](https://opentelemetry.io/docs/specs/otel/metrics/sdk/#exemplarfilter)).
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ExemplarFilter {
    /// Those for which a sampled span is current.
    #[default]
    TraceBased,
    /// All. An exemplar without a sampled span has no ids.
    AlwaysOn,
    /// None.
    AlwaysOff,
}

impl ExemplarFilter {
    /// The variants with their names in the specification.
    pub(super) const ALL: [(&'static str, Self); 3] = [
        ("trace_based", Self::TraceBased),
        ("always_on", Self::AlwaysOn),
        ("always_off", Self::AlwaysOff),
    ];
}

impl MetricTemporality {
    /// The variants with their names in the specification.
    pub(super) const ALL: [(&'static str, Self); 3] =
        [("cumulative", Self::Cumulative), ("delta", Self::Delta), ("lowmemory", Self::LowMemory)];
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
    /// The variants with their names in the specification.
    pub(super) const ALL: [(&'static str, Self); 2] = [
        ("explicit_bucket_histogram", Self::Explicit),
        ("base2_exponential_bucket_histogram", Self::Exponential),
    ];
}

/// The aggregation and the export of metrics
/// ([periodic reader](https://opentelemetry.io/docs/specs/otel/metrics/sdk/#periodic-exporting-metricreader)).
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct MetricsConfig {
    /// The interval between exports, in milliseconds. Default 60000.
    #[schemars(range(min = 1))]
    pub export_interval_millis: u64,
    /// The timeout of one export, in milliseconds. Default 30000.
    #[schemars(range(min = 1))]
    pub export_timeout_millis: u64,
    /// The start of the time range of exported sums. Default `cumulative`.
    pub temporality: MetricTemporality,
    /// The buckets of histograms. Default `explicit`.
    pub histograms: HistogramKind,
    /// The maximum number of attribute sets of a metric. Measurements with further sets are recorded in
    /// one series with the attribute `otel.metric.overflow`. Default 2000.
    #[schemars(range(min = 1))]
    pub cardinality_limit: usize,
    /// Replaces `cardinality_limit` for kinds of instruments. Default none.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub cardinality_limits: BTreeMap<InstrumentType, usize>,
    /// Which measurements may become exemplars, which lead from a metric to a trace. Default `trace_based`.
    pub exemplar_filter: ExemplarFilter,
    /// Whether metrics of calls, errors and durations are derived from all spans, sampled or not, instead of
    /// only from functions with `#[traced(metrics)]`. Default `false`.
    pub from_spans: bool,
    /// The `service.instance.id` of metrics, in place of the id of the process. A program that ends within seconds
    /// sets an id that is the same in each run, because otherwise each run adds series. Default none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_instance_id: Option<String>,
    /// Views, which change the aggregation of metrics by name. Each that matches makes a metric of its own, so they
    /// need different names. Default none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub views: Vec<MetricView>,
    /// The endpoint for Prometheus, if `exporters.metrics` contains `prometheus`.
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
            cardinality_limits: BTreeMap::new(),
            exemplar_filter: ExemplarFilter::default(),
            from_spans: false,
            service_instance_id: None,
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
                problems.add(&format!("metrics.{key}"), "expected 1 or more, found 0");
            }
        }
        self.prometheus.check(problems);
        check_views(&self.views, problems);
        let limit = check_cardinality(self.cardinality_limit);
        problems.check("metrics.cardinality_limit", limit);
        for (kind, limit) in &self.cardinality_limits {
            let key = format!("metrics.cardinality_limits.{}", kind.as_str());
            problems.check(&key, check_cardinality(*limit));
        }
    }
}

/// Changes the aggregation of metrics by name
/// ([views](https://opentelemetry.io/docs/specs/otel/metrics/sdk/#view)).
///
/// ```
/// use floe_telemetry::config::MetricView;
///
/// let mut dropped = MetricView::new("process.*");
/// dropped.drop = true;
/// let mut durations = MetricView::new("*.duration");
/// durations.boundaries = Some(vec![1.0, 60.0, 3600.0]);
/// # let _ = (dropped, durations);
/// ```
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct MetricView {
    /// A pattern for the name of the metric, in which `*` matches any characters and `?` one: `http.server.*`.
    pub metric: String,
    /// Whether the metrics are dropped. Default `false`.
    #[serde(default)]
    pub drop: bool,
    /// The bucket boundaries of histograms, in increasing order. They affect other metrics only if `aggregation` is
    /// `explicit`. Default none.
    #[serde(default)]
    pub boundaries: Option<Vec<f64>>,
    /// Patterns for the keys of the attributes to keep, in which `*` matches any characters and `?` one. Series that
    /// differ only in other attributes are merged. Default: all.
    #[serde(default)]
    pub attributes: Option<Vec<String>>,
    /// Patterns for the keys of attributes to remove, also of those that `attributes` keeps. Default none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub excluded_attributes: Option<Vec<String>>,
    /// Replaces `metrics.cardinality_limit`. Default none.
    #[serde(default)]
    #[schemars(range(min = 1))]
    pub cardinality_limit: Option<usize>,
    /// The kind of the instruments that the view applies to. Default: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instrument_type: Option<InstrumentType>,
    /// The unit of the metrics that the view applies to. Default: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// The name of the meter of the metrics that the view applies to. Default: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub meter_name: Option<String>,
    /// The version of that meter. Default: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub meter_version: Option<String>,
    /// The schema URL of that meter. Default: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub meter_schema_url: Option<String>,
    /// The name under which the metric is exported. Default: its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The description of the exported metric. Default: its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// How measurements become a value. An instrument whose kind cannot have it is not selected, with a warning.
    /// Default: by the kind of the instrument and `metrics.histograms`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aggregation: Option<MetricAggregation>,
    /// The largest scale of an exponential histogram. Default 20.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = -10, max = 20))]
    pub max_scale: Option<i8>,
    /// The maximum number of buckets of an exponential histogram, for each sign. Default 160.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 2, max = 4096))]
    pub max_size: Option<u32>,
    /// Whether histograms have the least and the greatest value. Default `true`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record_min_max: Option<bool>,
}

/// How the measurements of an instrument become a value
/// ([specification](https://opentelemetry.io/docs/specs/otel/metrics/sdk/#aggregation)).
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum MetricAggregation {
    /// Their sum, which gauges cannot have.
    Sum,
    /// The last one, which only gauges have.
    LastValue,
    /// A histogram with fixed boundaries: those of the view, else of the instrument, else the specification's.
    Explicit,
    /// A histogram with boundaries that adapt to the values.
    Exponential,
}

impl MetricAggregation {
    /// Whether instruments of this kind can have it.
    #[doc(hidden)]
    #[must_use]
    pub const fn suits(self, kind: InstrumentKind) -> bool {
        use InstrumentKind::{Gauge, ObservableGauge};
        match self {
            Self::Sum => !matches!(kind, Gauge | ObservableGauge),
            Self::LastValue => matches!(kind, Gauge | ObservableGauge),
            Self::Explicit | Self::Exponential => true,
        }
    }
}

/// The kind of an instrument
/// ([specification](https://opentelemetry.io/docs/specs/otel/metrics/api/#instrument)).
#[derive(
    Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum InstrumentType {
    /// A sum that does not decrease.
    Counter,
    /// The last value.
    Gauge,
    /// A distribution.
    Histogram,
    /// A sum that does not decrease, read when it is exported.
    ObservableCounter,
    /// A value, read when it is exported.
    ObservableGauge,
    /// A sum that can decrease, read when it is exported.
    ObservableUpDownCounter,
    /// A sum that can decrease.
    UpDownCounter,
}

impl InstrumentType {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
            Self::ObservableCounter => "observable_counter",
            Self::ObservableGauge => "observable_gauge",
            Self::ObservableUpDownCounter => "observable_up_down_counter",
            Self::UpDownCounter => "up_down_counter",
        }
    }
}

impl From<InstrumentType> for InstrumentKind {
    fn from(kind: InstrumentType) -> Self {
        match kind {
            InstrumentType::Counter => Self::Counter,
            InstrumentType::Gauge => Self::Gauge,
            InstrumentType::Histogram => Self::Histogram,
            InstrumentType::ObservableCounter => Self::ObservableCounter,
            InstrumentType::ObservableGauge => Self::ObservableGauge,
            InstrumentType::ObservableUpDownCounter => Self::ObservableUpDownCounter,
            InstrumentType::UpDownCounter => Self::UpDownCounter,
        }
    }
}

impl MetricView {
    /// Creates a view that changes nothing.
    pub fn new(metric: impl Into<String>) -> Self {
        Self {
            metric: metric.into(),
            drop: false,
            boundaries: None,
            attributes: None,
            excluded_attributes: None,
            cardinality_limit: None,
            instrument_type: None,
            unit: None,
            meter_name: None,
            meter_version: None,
            meter_schema_url: None,
            name: None,
            description: None,
            aggregation: None,
            max_scale: None,
            max_size: None,
            record_min_max: None,
        }
    }

    /// The same view, which only drops the metrics that it selects.
    pub(super) fn without_changes(self) -> Self {
        Self {
            drop: true,
            instrument_type: self.instrument_type,
            unit: self.unit,
            meter_name: self.meter_name,
            meter_version: self.meter_version,
            meter_schema_url: self.meter_schema_url,
            ..Self::new(self.metric)
        }
    }

    /// Fails if it has a name that no metric can have.
    pub(super) fn check_name(&self) -> Result<(), &'static str> {
        let Some(name) = &self.name else {
            return Ok(());
        };
        if is_name(name) {
            return Ok(());
        }
        Err(
            "expected a letter, then up to 254 letters, digits, `_`, `.`, `-` and `/`, found another text",
        )
    }

    /// Fails if no instrument that it selects can have its aggregation.
    pub(super) fn check_suits(&self) -> Result<(), &'static str> {
        let (Some(kind), Some(aggregation)) = (self.instrument_type, self.aggregation) else {
            return Ok(());
        };
        if aggregation.suits(kind.into()) {
            return Ok(());
        }
        Err(match aggregation {
            MetricAggregation::Sum => {
                "a gauge has no sum, expected `last_value`, `explicit` or `exponential`"
            }
            _ => "only gauges have a last value, expected `sum`, `explicit` or `exponential`",
        })
    }

    fn changes(&self) -> bool {
        self.boundaries.is_some()
            || self.attributes.is_some()
            || self.excluded_attributes.is_some()
            || self.cardinality_limit.is_some()
            || self.name.is_some()
            || self.description.is_some()
            || self.aggregation.is_some()
            || self.max_scale.is_some()
            || self.max_size.is_some()
            || self.record_min_max.is_some()
    }
}

fn check_views(views: &[MetricView], problems: &mut Problems) {
    if views.len() > MAX_VIEWS {
        let found = views.len();
        let message = format!("expected at most {MAX_VIEWS}, found {found}");
        problems.add("metrics.views", message);
    }
    for (at, view) in views.iter().enumerate() {
        let key = |field: &str| format!("metrics.views.{at}.{field}");
        if !(1..=MAX_PATTERN).contains(&view.metric.len()) {
            let found = view.metric.len();
            problems.add(
                &key("metric"),
                format!(
                    "expected a name of 1 to {MAX_PATTERN} bytes with `*` for any characters, found {found} bytes"
                ),
            );
        }
        if view.drop && view.changes() {
            problems.add(
                &key("drop"),
                "a metric that is dropped cannot be changed, expected `drop` alone",
            );
        }
        let bounds = view.boundaries.as_deref().unwrap_or_default();
        problems.check(&key("boundaries"), check_boundaries(bounds));
        problems.check(&key("max_size"), check_size(view.max_size));
        problems.check(&key("max_scale"), check_scale(view.max_scale));
        problems.check(&key("name"), view.check_name());
        problems.check(&key("aggregation"), view.check_suits());
        if let Some(limit) = view.cardinality_limit {
            problems.check(&key("cardinality_limit"), check_cardinality(limit));
        }
    }
}

/// Checks the boundaries of a histogram. The error describes what is accepted, as of the next checks.
pub(super) fn check_boundaries(bounds: &[f64]) -> Result<(), String> {
    let is_finite = bounds.iter().all(|bound| bound.is_finite());
    if is_finite && bounds.is_sorted_by(|a, b| a < b) {
        return Ok(());
    }
    Err(format!("expected finite numbers in increasing order, found {bounds:?}"))
}

pub(super) fn check_size(size: Option<u32>) -> Result<(), String> {
    check_within(size, &SIZES)
}

pub(super) fn check_scale(scale: Option<i8>) -> Result<(), String> {
    check_within(scale, &SCALES)
}

fn check_within<T: PartialOrd + Display>(
    number: Option<T>,
    range: &RangeInclusive<T>,
) -> Result<(), String> {
    let wrong = number.filter(|number| !range.contains(number));
    wrong.map_or(Ok(()), |number| {
        let (least, most) = (range.start(), range.end());
        Err(format!("expected {least} to {most}, found {number}"))
    })
}

pub(super) fn check_cardinality(limit: usize) -> Result<(), String> {
    match limit {
        0 => Err("expected 1 or more, found 0".to_owned()),
        1..=MAX_CARDINALITY => Ok(()),
        _ => Err(format!("expected at most {MAX_CARDINALITY}, found {limit}")),
    }
}

/// The endpoint for Prometheus
/// ([variables](https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/#prometheus-exporter)).
/// The path is `/metrics`. Requires the crate `floe-telemetry-prometheus`.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct PrometheusConfig {
    /// A name or an address of this machine; `0.0.0.0` for all its addresses. Default `localhost`, which is
    /// not reachable from other machines.
    pub host: String,
    /// The port. Default 9464.
    #[schemars(range(min = 1))]
    pub port: u16,
    /// Whether each series has the name, version, schema URL and attributes of its scope as labels. Default `true`.
    pub scope_info: bool,
    /// Whether there is `target_info`, with the attributes of the resource. Default `true`.
    pub target_info: bool,
    /// Whether names end with the unit, and those of counters with `_total`. Without them there is only the text
    /// format, because OpenMetrics requires `_total`. Default `true`.
    pub suffixes: bool,
    /// Patterns for the keys of resource attributes that are labels of each series, in which `*` matches any characters
    /// and `?` one. Default none.
    #[serde(skip_serializing_if = "is_default")]
    pub resource_labels: Vec<String>,
    /// Patterns for the keys that are not, although `resource_labels` matches them. Default none.
    #[serde(skip_serializing_if = "is_default")]
    pub excluded_resource_labels: Vec<String>,
}

impl Default for PrometheusConfig {
    fn default() -> Self {
        Self {
            host: "localhost".to_owned(),
            port: 9464,
            scope_info: true,
            target_info: true,
            suffixes: true,
            resource_labels: Vec::new(),
            excluded_resource_labels: Vec::new(),
        }
    }
}

/// Checks the host of the endpoint. The error describes what is accepted.
pub(super) fn check_host(host: &str) -> Result<(), &'static str> {
    let plain = |sign: char| sign.is_ascii_alphanumeric() || "._-:".contains(sign);
    if !host.is_empty() && host.chars().all(plain) {
        return Ok(());
    }
    Err("expected a name or an address of this machine, without a port")
}

impl PrometheusConfig {
    /// Returns whether the resource attribute with this key is a label of each series.
    #[must_use]
    pub fn has_resource_label(&self, key: &str) -> bool {
        matches_any(&self.resource_labels, key) && !matches_any(&self.excluded_resource_labels, key)
    }

    pub(super) fn check(&self, problems: &mut Problems) {
        problems.check("metrics.prometheus.host", check_host(&self.host));
        if self.port == 0 {
            problems.add("metrics.prometheus.port", "expected 1 to 65535, found 0");
        }
    }
}
