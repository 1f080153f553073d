//! The views of metrics.

use serde::Deserialize;

use super::findings::{Cardinality, Findings, Nothing, Word, below};
use crate::config::metrics::{
    InstrumentType, MetricAggregation, MetricView, check_boundaries, check_scale, check_size,
};

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
    instrument_type: Option<Word<InstrumentType>>,
    unit: Option<String>,
    meter_name: Option<String>,
    meter_version: Option<String>,
    meter_schema_url: Option<String>,
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
    /// Returns the view of the configuration.
    pub(super) fn convert(self, path: &str, found: &mut Findings<'_>) -> MetricView {
        let selector = self.selector;
        let name = selector.instrument_name.unwrap_or_else(|| "*".to_owned());
        let stream = self.stream;
        let mut view = MetricView {
            instrument_type: selector.instrument_type.map(|Word(kind)| kind),
            unit: selector.unit,
            meter_name: selector.meter_name,
            meter_version: selector.meter_version,
            meter_schema_url: selector.meter_schema_url,
            name: stream.name,
            description: stream.description,
            cardinality_limit: stream.aggregation_cardinality_limit.map(|limit| limit.0),
            ..MetricView::new(name)
        };
        let path = below(path, "stream");
        found.check(&below(&path, "name"), view.check_name());
        if let Some(keys) = stream.attribute_keys {
            keys.apply(&below(&path, "attribute_keys"), &mut view, found);
        }
        if let Some(aggregation) = stream.aggregation {
            let path = below(&path, "aggregation");
            aggregation.apply(&path, &mut view, found);
            found.check(&path, view.check_suits());
        }
        if view.drop {
            view = view.without_changes();
        }
        view
    }
}

impl AttributeKeys {
    fn apply(self, path: &str, view: &mut MetricView, found: &mut Findings<'_>) {
        let mut list = |keys: Option<Vec<String>>, key| {
            keys.map(|keys| {
                let keys = found.items(Some(keys), &below(path, key)).into_iter();
                keys.map(|(_, key)| key).collect()
            })
        };
        view.attributes = list(self.included, "included");
        view.excluded_attributes = list(self.excluded, "excluded");
    }
}

impl Aggregation {
    fn apply(self, path: &str, view: &mut MetricView, found: &mut Findings<'_>) {
        match self {
            Self::Default(_) => {}
            Self::Drop(_) => view.drop = true,
            Self::Sum(_) => view.aggregation = Some(MetricAggregation::Sum),
            Self::LastValue(_) => view.aggregation = Some(MetricAggregation::LastValue),
            Self::ExplicitBucketHistogram(histogram) => {
                let path = below(path, "explicit_bucket_histogram");
                let bounds = histogram.boundaries.as_deref().unwrap_or_default();
                found.check(&below(&path, "boundaries"), check_boundaries(bounds));
                view.aggregation = Some(MetricAggregation::Explicit);
                view.boundaries = histogram.boundaries;
                view.record_min_max = histogram.record_min_max;
            }
            Self::Base2ExponentialBucketHistogram(histogram) => {
                let path = below(path, "base2_exponential_bucket_histogram");
                let (scale, size) = (histogram.max_scale, histogram.max_size);
                found.check(&below(&path, "max_scale"), check_scale(scale));
                found.check(&below(&path, "max_size"), check_size(size));
                view.aggregation = Some(MetricAggregation::Exponential);
                (view.max_scale, view.max_size) = (scale, size);
                view.record_min_max = histogram.record_min_max;
            }
        }
    }
}
