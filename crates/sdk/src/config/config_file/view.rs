//! The views of metrics.

use serde::Deserialize;

use super::findings::{Findings, Nothing, Positive, Word, below};
use crate::config::metrics::{HistogramKind, InstrumentType, MetricView};

/// The defaults of exponential histograms, which are not configurable.
const MAX_SCALE: i64 = 20;
const MAX_SIZE: i64 = 160;

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
    aggregation_cardinality_limit: Option<Positive>,
    attribute_keys: Option<AttributeKeys>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AttributeKeys {
    included: Option<Vec<String>>,
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
    max_scale: Option<i64>,
    max_size: Option<i64>,
    record_min_max: Option<bool>,
}

impl View {
    /// Returns the view of the configuration. `None` if its selector is not supported: a view without it would apply
    /// to other metrics.
    pub(super) fn convert(self, path: &str, found: &mut Findings<'_>) -> Option<MetricView> {
        let mut view = self.selector.convert(&below(path, "selector"), found)?;
        let path = below(path, "stream");
        let stream = self.stream;
        view.name = stream.name;
        view.description = stream.description;
        view.cardinality_limit = stream.aggregation_cardinality_limit.map(Positive::to_usize);
        if let Some(keys) = stream.attribute_keys {
            view.attributes = keys.convert(&below(&path, "attribute_keys"), found);
        }
        if let Some(aggregation) = stream.aggregation {
            aggregation.apply(&below(&path, "aggregation"), &mut view, found);
        }
        Some(view)
    }
}

impl Selector {
    fn convert(self, path: &str, found: &mut Findings<'_>) -> Option<MetricView> {
        let has_wildcard = |name: &String| name.contains('?');
        let mut is_supported = true;
        for (key, is_present) in [
            ("meter_version", self.meter_version.is_some()),
            ("meter_schema_url", self.meter_schema_url.is_some()),
            (
                "instrument_name",
                self.instrument_name.as_ref().is_some_and(has_wildcard),
            ),
        ] {
            if is_present {
                found.ignore(&below(path, key), "the view is not applied");
                is_supported = false;
            }
        }
        let mut view = MetricView::new(self.instrument_name.unwrap_or_else(|| "*".to_owned()));
        view.instrument_type = self.instrument_type.map(|Word(kind)| kind);
        view.unit = self.unit;
        view.meter_name = self.meter_name;
        is_supported.then_some(view)
    }
}

impl AttributeKeys {
    /// Returns the keys of the attributes to keep; `None` keeps all.
    fn convert(self, path: &str, found: &mut Findings<'_>) -> Option<Vec<String>> {
        let path = below(path, "included");
        let included = self.included.as_ref();
        let pattern = included?.iter().position(|key| key.contains(['*', '?']));
        if let Some(at) = pattern {
            let reason = "all attributes are kept, expected keys without `*` or `?`";
            found.ignore(&below(&path, &at.to_string()), reason);
            return None;
        }
        let keys = found.items(self.included, &path).into_iter();
        Some(keys.map(|(_, key)| key).collect())
    }
}

impl Aggregation {
    fn apply(self, path: &str, view: &mut MetricView, found: &mut Findings<'_>) {
        let (path, record_min_max) = match self {
            Self::Default(_) => return,
            Self::Drop(_) => {
                view.drop = true;
                return;
            }
            Self::Sum(_) => return ignore_kind(&below(path, "sum"), found),
            Self::LastValue(_) => return ignore_kind(&below(path, "last_value"), found),
            Self::ExplicitBucketHistogram(histogram) => {
                let path = below(path, "explicit_bucket_histogram");
                view.histogram = Some(HistogramKind::Explicit);
                view.boundaries = histogram.boundaries;
                if let Some(bounds) = &view.boundaries {
                    check_boundaries(bounds, &below(&path, "boundaries"), found);
                }
                (path, histogram.record_min_max)
            }
            Self::Base2ExponentialBucketHistogram(histogram) => {
                let path = below(path, "base2_exponential_bucket_histogram");
                view.histogram = Some(HistogramKind::Exponential);
                for (key, value, default) in [
                    ("max_scale", histogram.max_scale, MAX_SCALE),
                    ("max_size", histogram.max_size, MAX_SIZE),
                ] {
                    if value.is_some_and(|value| value != default) {
                        found.ignore(&below(&path, key), &format!("it is {default}"));
                    }
                }
                (path, histogram.record_min_max)
            }
        };
        if record_min_max == Some(false) {
            let path = below(&path, "record_min_max");
            found.ignore(&path, "the least and the greatest value are recorded");
        }
    }
}

fn ignore_kind(path: &str, found: &mut Findings<'_>) {
    found.ignore(path, "the aggregation is that of the instrument");
}

fn check_boundaries(bounds: &[f64], path: &str, found: &mut Findings<'_>) {
    let is_finite = bounds.iter().all(|bound| bound.is_finite());
    if !is_finite || !bounds.is_sorted_by(|a, b| a < b) {
        let message = format!("expected finite numbers in increasing order, found {bounds:?}");
        found.refuse(path, message);
    }
}
