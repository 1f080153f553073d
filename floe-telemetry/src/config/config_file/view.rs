//! The views of metrics.

use super::properties::{Findings, Properties, Value};
use crate::config::metrics::{HistogramKind, InstrumentType, MetricView};

/// The defaults of exponential histograms, which are not configurable.
const MAX_SCALE: i64 = 20;
const MAX_SIZE: i64 = 160;

/// Returns a view. `None` after a mistake, and if its selector is not supported: a view without it would apply to
/// other metrics.
pub(super) fn metric_view(value: &Value<'_>, found: &mut Findings<'_>) -> Option<MetricView> {
    let properties = value.properties(&["selector", "stream"], found);
    let selected = properties.required("selector", value, found);
    let stream = properties.required("stream", value, found);
    let mut view = selector(&selected?, found)?;
    let value = stream?;
    let known = [
        "name",
        "description",
        "aggregation",
        "aggregation_cardinality_limit",
        "attribute_keys",
    ];
    let stream = value.properties(&known, found);
    view.name = stream.read("name", found);
    view.description = stream.read("description", found);
    view.cardinality_limit = stream
        .get("aggregation_cardinality_limit")
        .and_then(|limit| limit.number(1, found))
        .map(|limit| usize::try_from(limit).unwrap_or(usize::MAX));
    if let Some(keys) = stream.set("attribute_keys") {
        view.attributes = attribute_keys(&keys, found);
    }
    if let Some(kind) = stream.set("aggregation") {
        aggregation(&kind, &mut view, found);
    }
    Some(view)
}

fn selector(value: &Value<'_>, found: &mut Findings<'_>) -> Option<MetricView> {
    let known = [
        "instrument_name",
        "instrument_type",
        "unit",
        "meter_name",
        "meter_version",
        "meter_schema_url",
    ];
    let properties = value.properties(&known, found);
    let name: Option<String> = properties.read("instrument_name", found);
    let mut view = MetricView::new(name.unwrap_or_else(|| "*".to_owned()));
    view.instrument_type = properties
        .get("instrument_type")
        .and_then(|kind| kind.word(&InstrumentType::ALL, found));
    view.unit = properties.read("unit", found);
    view.meter_name = properties.read("meter_name", found);
    let others = ["meter_version", "meter_schema_url"].map(|key| properties.set(key));
    let wildcard = properties
        .set("instrument_name")
        .filter(|_| view.metric.contains('?'));
    let mut is_supported = true;
    for value in others.into_iter().chain([wildcard]).flatten() {
        value.not_supported(found, "the view is not applied");
        is_supported = false;
    }
    is_supported.then_some(view)
}

/// Returns the keys of the attributes to keep; `None` keeps all.
fn attribute_keys(value: &Value<'_>, found: &mut Findings<'_>) -> Option<Vec<String>> {
    let properties = value.properties(&["included", "excluded"], found);
    properties.not_supported(&["excluded"], found);
    let included = properties.set("included")?;
    let mut keys = Vec::new();
    for item in included.items(found) {
        let key: String = item.read(found).unwrap_or_default();
        if key.contains(['*', '?']) {
            item.not_supported(
                found,
                "all attributes are kept, accepted are keys without `*` and `?`",
            );
            return None;
        }
        keys.push(key);
    }
    Some(keys)
}

fn aggregation(value: &Value<'_>, view: &mut MetricView, found: &mut Findings<'_>) {
    let known = [
        "default",
        "drop",
        "explicit_bucket_histogram",
        "base2_exponential_bucket_histogram",
        "last_value",
        "sum",
    ];
    let Some((kind, value)) = value.choice(&known, found) else {
        return;
    };
    let known: &[&str] = match kind {
        "explicit_bucket_histogram" => &["boundaries", "record_min_max"],
        "base2_exponential_bucket_histogram" => &["max_scale", "max_size", "record_min_max"],
        _ => &[],
    };
    let properties = value.properties(known, found);
    match kind {
        "drop" => view.drop = true,
        "explicit_bucket_histogram" => {
            view.histogram = Some(HistogramKind::Explicit);
            boundaries(&properties, view, found);
        }
        "base2_exponential_bucket_histogram" => {
            view.histogram = Some(HistogramKind::Exponential);
            for (key, default) in [("max_scale", MAX_SCALE), ("max_size", MAX_SIZE)] {
                let Some(value) = properties.set(key) else {
                    continue;
                };
                if value
                    .read::<i64>(found)
                    .is_some_and(|number| number != default)
                {
                    value.not_supported(found, &format!("it is {default}"));
                }
            }
        }
        "sum" | "last_value" => {
            value.not_supported(found, "the aggregation is that of the instrument");
        }
        _ => {}
    }
    if let Some(value) = properties.set("record_min_max")
        && value.read(found) == Some(false)
    {
        value.not_supported(found, "the least and the greatest value are recorded");
    }
}

fn boundaries(properties: &Properties<'_>, view: &mut MetricView, found: &mut Findings<'_>) {
    let Some(value) = properties.set("boundaries") else {
        return;
    };
    let bounds: Vec<f64> = value.read(found).unwrap_or_default();
    let is_finite = bounds.iter().all(|bound| bound.is_finite());
    if !is_finite || !bounds.is_sorted_by(|a, b| a < b) {
        let message = format!("found {bounds:?}, accepted are finite numbers in increasing order");
        return value.refuse(found, message);
    }
    view.boundaries = Some(bounds);
}
