//! The views of metrics.

use floe_telemetry_core::__sdk::metrics::is_name;
use opentelemetry_sdk::metrics::{Aggregation as SdkAggregation, InstrumentKind};
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::findings::{Cardinality, Findings, Nothing, Word, below};
use crate::config::metrics::{ConfiguredView, check_boundaries, check_scale, check_size};

/// The boundaries of a view that names none.
const DEFAULT_BOUNDARIES: [f64; 15] = [
    0.0, 5.0, 10.0, 25.0, 50.0, 75.0, 100.0, 250.0, 500.0, 750.0, 1000.0, 2500.0, 5000.0, 7500.0,
    10_000.0,
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct View {
    selector: Selector,
    stream: Stream,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Selector {
    instrument_name: Option<String>,
    instrument_type: Option<Word<Kind>>,
    unit: Option<IgnoredAny>,
    meter_name: Option<IgnoredAny>,
    meter_version: Option<IgnoredAny>,
    meter_schema_url: Option<IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Counter,
    Gauge,
    Histogram,
    ObservableCounter,
    ObservableGauge,
    ObservableUpDownCounter,
    UpDownCounter,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Stream {
    name: Option<String>,
    description: Option<String>,
    aggregation: Option<Aggregation>,
    aggregation_cardinality_limit: Option<Cardinality>,
    attribute_keys: Option<AttributeKeys>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AttributeKeys {
    included: Option<Vec<String>>,
    excluded: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Aggregation {
    Default(Nothing),
    Drop(Nothing),
    ExplicitBucketHistogram(Explicit),
    Base2ExponentialBucketHistogram(Exponential),
    LastValue(Nothing),
    Sum(Nothing),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Explicit {
    boundaries: Option<Vec<f64>>,
    record_min_max: Option<bool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Exponential {
    max_scale: Option<i8>,
    max_size: Option<u32>,
    record_min_max: Option<bool>,
}

impl View {
    /// Returns the view of the configuration; `None` if it selects by what the library does not compare.
    pub(super) fn convert(self, path: &str, found: &mut Findings<'_>) -> Option<ConfiguredView> {
        let Selector { unit, meter_name, meter_version, meter_schema_url, .. } = &self.selector;
        for (key, value) in [
            ("unit", unit),
            ("meter_name", meter_name),
            ("meter_version", meter_version),
            ("meter_schema_url", meter_schema_url),
        ] {
            if value.is_some() {
                let path = below(&below(path, "selector"), key);
                found.ignore(&path, "a view selects by name and kind, so it is not applied");
                return None;
            }
        }
        let stream = self.stream;
        let mut view = ConfiguredView {
            instrument: self.selector.instrument_name.unwrap_or_else(|| "*".to_owned()),
            kind: self.selector.instrument_type.map(|Word(kind)| kind.into()),
            name: stream.name,
            description: stream.description,
            cardinality_limit: stream.aggregation_cardinality_limit.map(|limit| limit.0),
            ..ConfiguredView::default()
        };
        let path = below(path, "stream");
        if view.name.as_deref().is_some_and(|name| !is_name(name)) {
            let expected = "expected a letter, then up to 254 letters, digits, `_`, `.`, `-` and `/`, found another text";
            found.refuse(&below(&path, "name"), expected);
        }
        if let Some(keys) = stream.attribute_keys {
            view.attributes = keys.convert(&below(&path, "attribute_keys"), found);
        }
        if let Some(aggregation) = stream.aggregation {
            view.aggregation = aggregation.convert(&below(&path, "aggregation"), found);
        }
        Some(view)
    }
}

impl From<Kind> for InstrumentKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Counter => Self::Counter,
            Kind::Gauge => Self::Gauge,
            Kind::Histogram => Self::Histogram,
            Kind::ObservableCounter => Self::ObservableCounter,
            Kind::ObservableGauge => Self::ObservableGauge,
            Kind::ObservableUpDownCounter => Self::ObservableUpDownCounter,
            Kind::UpDownCounter => Self::UpDownCounter,
        }
    }
}

impl AttributeKeys {
    /// Returns the keys to keep. The SDK compares whole keys.
    fn convert(self, path: &str, found: &mut Findings<'_>) -> Option<Vec<String>> {
        if self.excluded.is_some() {
            found.ignore(&below(path, "excluded"), "a view keeps keys, and excludes none");
        }
        let path = below(path, "included");
        let keys: Vec<_> = found.items(Some(self.included?), &path).into_iter().collect();
        if let Some((path, _)) = keys.iter().find(|(_, key)| key.contains(['*', '?'])) {
            found.ignore(path, "expected a key, found a pattern: all keys are kept");
            return None;
        }
        Some(keys.into_iter().map(|(_, key)| key).collect())
    }
}

impl Aggregation {
    fn convert(self, path: &str, found: &mut Findings<'_>) -> Option<SdkAggregation> {
        Some(match self {
            Self::Default(_) => return None,
            Self::Drop(_) => SdkAggregation::Drop,
            Self::Sum(_) => SdkAggregation::Sum,
            Self::LastValue(_) => SdkAggregation::LastValue,
            Self::ExplicitBucketHistogram(histogram) => {
                let boundaries =
                    histogram.boundaries.unwrap_or_else(|| DEFAULT_BOUNDARIES.to_vec());
                let path = below(path, "explicit_bucket_histogram");
                found.check(&below(&path, "boundaries"), check_boundaries(&boundaries));
                let record_min_max = histogram.record_min_max.unwrap_or(true);
                SdkAggregation::ExplicitBucketHistogram { boundaries, record_min_max }
            }
            Self::Base2ExponentialBucketHistogram(histogram) => {
                let path = below(path, "base2_exponential_bucket_histogram");
                let (scale, size) = (histogram.max_scale, histogram.max_size);
                found.check(&below(&path, "max_scale"), check_scale(scale));
                found.check(&below(&path, "max_size"), check_size(size));
                SdkAggregation::Base2ExponentialHistogram {
                    max_size: size.unwrap_or(160),
                    max_scale: scale.unwrap_or(20),
                    record_min_max: histogram.record_min_max.unwrap_or(true),
                }
            }
        })
    }
}
