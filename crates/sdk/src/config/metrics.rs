//! The aggregation and the export of metrics.

use std::error::Error;
use std::slice;

use opentelemetry::{InstrumentationScope, Key};
use opentelemetry_sdk::metrics::{Aggregation, InstrumentKind, Stream, Temporality};
use serde::{Deserialize, Serialize};

use super::mistake::{Mistake, at, not_zero};
use super::named::choice;
use super::selection::Selection;
use crate::recorder::Rule;

/// The buckets of histograms.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum HistogramKind {
    /// Fixed boundaries.
    #[default]
    Explicit,
    /// Boundaries that adapt to the values, in at most 160 buckets for each sign.
    Exponential,
}

choice! {
    /// The start of the time range of exported sums
    /// ([temporality](https://opentelemetry.io/docs/specs/otel/metrics/data-model/#temporality)).
    #[derive(Default)]
    MetricTemporality {
        /// The beginning of the measurements, which Prometheus requires.
        #[default]
        Cumulative = "cumulative",
        /// The previous export, except for sums that can decrease.
        Delta = "delta",
        /// The previous export for synchronous counters and histograms, and the beginning of the measurements for other
        /// instruments. This needs less memory than the other two choices.
        LowMemory = "lowmemory",
    }
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
    pub(super) const ALL: [(&'static str, Self); 2] = [
        ("explicit_bucket_histogram", Self::Explicit),
        ("base2_exponential_bucket_histogram", Self::Exponential),
    ];
}

/// The aggregation and the export of metrics
/// ([periodic reader](https://opentelemetry.io/docs/specs/otel/metrics/sdk/#periodic-exporting-metricreader)).
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct MetricsConfig {
    /// The interval between exports, in milliseconds. Default 60000.
    pub export_interval_millis: u64,
    /// The timeout of one export, in milliseconds. Default 30000.
    pub export_timeout_millis: u64,
    /// The start of the time range of exported sums. Default `cumulative`.
    pub temporality: MetricTemporality,
    /// The buckets of histograms. Default `explicit`.
    pub histograms: HistogramKind,
    /// The `service.instance.id` of metrics, in place of the id of the process. A program that ends within seconds
    /// should set an id that is the same in each run, because otherwise each run adds series. Default none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_instance_id: Option<String>,
    /// The views of `OTEL_CONFIG_FILE`.
    #[doc(hidden)]
    #[serde(skip)]
    pub views: Vec<ConfiguredView>,
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
            service_instance_id: None,
            views: Vec::new(),
            prometheus: PrometheusConfig::default(),
        }
    }
}

impl MetricsConfig {
    pub(super) fn check(&self) -> Result<(), Mistake> {
        not_zero("metrics.export_interval_millis", self.export_interval_millis)?;
        not_zero("metrics.export_timeout_millis", self.export_timeout_millis)?;
        at("metrics.prometheus.host", check_host(&self.prometheus.host))?;
        at("metrics.prometheus.port", check_port(self.prometheus.port))
    }
}

/// The maximum number of attribute sets of a metric without a limit in its view, and of a metric derived from spans. It
/// is the SDK's default. Measurements with further sets are recorded in one series with the attribute
/// `otel.metric.overflow`.
pub(crate) const CARDINALITY_LIMIT: usize = 2000;

/// The default maximum number of buckets of an exponential histogram, for each sign.
pub(super) const DEFAULT_MAX_SIZE: u32 = 160;

/// The default maximum scale, at which an exponential histogram starts.
pub(super) const DEFAULT_MAX_SCALE: i8 = 20;

/// An instrument, for views.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct ViewedInstrument<'a> {
    pub name: &'a str,
    pub kind: InstrumentKind,
    pub unit: &'a str,
    pub scope: &'a InstrumentationScope,
}

/// A view of `OTEL_CONFIG_FILE`, which selects instruments
/// ([views](https://opentelemetry.io/docs/specs/otel/metrics/sdk/#view)).
#[doc(hidden)]
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ConfiguredView {
    /// A pattern for the name, in which `*` matches any characters and `?` one.
    pub instrument: String,
    pub kind: Option<InstrumentKind>,
    pub unit: Option<String>,
    /// The name, the version and the schema URL of the meter.
    pub scope: [Option<String>; 3],
    pub name: Option<String>,
    pub description: Option<String>,
    pub aggregation: Option<Aggregation>,
    pub cardinality_limit: Option<usize>,
    /// The keys of the attributes that the metric keeps.
    pub attributes: Selection,
}

impl ConfiguredView {
    /// The boundaries of a histogram without boundaries in its instrument or view
    /// ([specification](https://opentelemetry.io/docs/specs/otel/metrics/sdk/#explicit-bucket-histogram-aggregation)).
    pub const BOUNDARIES: [f64; 15] = [
        0.0, 5.0, 10.0, 25.0, 50.0, 75.0, 100.0, 250.0, 500.0, 750.0, 1000.0, 2500.0, 5000.0,
        7500.0, 10_000.0,
    ];

    /// The exponential histogram with the defaults of the specification.
    pub const EXPONENTIAL: Aggregation = Aggregation::Base2ExponentialHistogram {
        max_size: DEFAULT_MAX_SIZE,
        max_scale: DEFAULT_MAX_SCALE,
        record_min_max: true,
    };

    /// Whether the view applies to an instrument.
    pub fn selects(&self, instrument: ViewedInstrument<'_>) -> bool {
        let ViewedInstrument { name, kind, unit, scope } = instrument;
        let scope = [Some(scope.name()), scope.version(), scope.schema_url()];
        self.kind.is_none_or(|own| own == kind)
            && self.unit.as_deref().is_none_or(|own| own == unit)
            && self
                .scope
                .iter()
                .zip(scope)
                .all(|(own, found)| own.as_deref().is_none_or(|own| found == Some(own)))
            && Rule::matches_name(slice::from_ref(&self.instrument), name)
    }

    /// Returns the stream of an instrument, with this aggregation unless the view has its own.
    ///
    /// # Errors
    ///
    /// The SDK refuses a value of the view.
    pub fn stream(&self, aggregation: Option<Aggregation>) -> Result<Stream, Box<dyn Error>> {
        let mut builder = Stream::builder();
        if let Some(limit) = self.cardinality_limit {
            builder = builder.with_cardinality_limit(limit);
        }
        if let Some(name) = &self.name {
            builder = builder.with_name(name.clone());
        }
        if let Some(description) = &self.description {
            builder = builder.with_description(description.clone());
        }
        // The SDK compares whole keys. Other selections apply before a measurement is recorded.
        if let Some(keys) = self.attributes.names() {
            builder = builder.with_allowed_attribute_keys(keys.iter().cloned().map(Key::from));
        }
        if let Some(aggregation) = self.aggregation.clone().or(aggregation) {
            builder = builder.with_aggregation(aggregation);
        }
        builder.build()
    }
}

/// The endpoint for Prometheus
/// ([variables](https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/#prometheus-exporter)).
/// The path is `/metrics`. Requires the crate `floe-telemetry-prometheus`.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct PrometheusConfig {
    /// A name or an address of this machine; `0.0.0.0` for all its addresses. Default `localhost`, which is
    /// not reachable from other machines.
    pub host: String,
    /// The port. Default 9464.
    pub port: u16,
}

impl Default for PrometheusConfig {
    fn default() -> Self {
        Self { host: "localhost".to_owned(), port: 9464 }
    }
}

pub(super) fn check_host(host: &str) -> Result<(), &'static str> {
    let plain = |sign: char| sign.is_ascii_alphanumeric() || "._-:".contains(sign);
    if !host.is_empty() && host.chars().all(plain) {
        return Ok(());
    }
    Err("expected a name or an address of this machine, without a port")
}

pub(super) fn check_port(port: u16) -> Result<(), &'static str> {
    if port == 0 { Err("expected 1 to 65535, found 0") } else { Ok(()) }
}
