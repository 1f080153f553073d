//! Collected metrics in the text format of Prometheus. Metrics with the same name, of any scope, are one
//! family.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use opentelemetry::{InstrumentationScope, KeyValue};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::metrics::data::{
    AggregatedMetrics, Metric as Collected, MetricData, ResourceMetrics,
};
use prometheus::TextEncoder;
use prometheus::proto::{
    Bucket, Counter, Gauge, Histogram, LabelPair, Metric, MetricFamily, MetricType,
};

use super::name::{self, Kind};

/// Label values by label name. Several attribute keys may map to one label name.
type Labels = BTreeMap<String, String>;

/// Encodes the metrics as text.
///
/// # Errors
///
/// The encoder rejects a family.
pub(super) fn text(metrics: &ResourceMetrics) -> prometheus::Result<String> {
    let mut families = BTreeMap::new();
    let target = target(metrics.resource());
    families.insert(target.name().to_owned(), target);
    for scope_metrics in metrics.scope_metrics() {
        let scope = labels_of_scope(scope_metrics.scope());
        for metric in scope_metrics.metrics() {
            add(&mut families, metric, &scope);
        }
    }
    let families: Vec<_> = families.into_values().collect();
    TextEncoder::new().encode_to_string(&families)
}

/// The family `target_info`, whose labels are the attributes of the resource.
fn target(resource: &Resource) -> MetricFamily {
    let mut labels = Labels::new();
    for (key, value) in resource {
        put(&mut labels, name::label(key.as_str()), &value.as_str());
    }
    let mut metric = point(&labels);
    metric.set_gauge(gauge(1.0));
    family(
        "target_info",
        "Target metadata",
        MetricType::GAUGE,
        vec![metric],
    )
}

fn labels_of_scope(scope: &InstrumentationScope) -> Labels {
    let mut labels = Labels::new();
    put(&mut labels, "otel_scope_name".to_owned(), scope.name());
    for (label, value) in [
        ("otel_scope_version", scope.version()),
        ("otel_scope_schema_url", scope.schema_url()),
    ] {
        if let Some(value) = value {
            put(&mut labels, label.to_owned(), value);
        }
    }
    for KeyValue { key, value, .. } in scope.attributes() {
        let label = format!("otel_scope_{}", name::label(key.as_str()));
        put(&mut labels, label, &value.as_str());
    }
    labels
}

/// Adds a label. Values of keys that map to the same label are joined by `;`, as the specification
/// requires.
fn put(labels: &mut Labels, label: String, value: &str) {
    match labels.entry(label) {
        Entry::Vacant(entry) => {
            entry.insert(value.to_owned());
        }
        Entry::Occupied(mut entry) => {
            entry.get_mut().push(';');
            entry.get_mut().push_str(value);
        }
    }
}

fn add(families: &mut BTreeMap<String, MetricFamily>, metric: &Collected, scope: &Labels) {
    let (kind, points) = match metric.data() {
        AggregatedMetrics::F64(data) => points(data, scope, |value| value),
        #[expect(clippy::cast_precision_loss, reason = "Prometheus has only floats")]
        AggregatedMetrics::U64(data) => points(data, scope, |value| value as f64),
        #[expect(clippy::cast_precision_loss, reason = "Prometheus has only floats")]
        AggregatedMetrics::I64(data) => points(data, scope, |value| value as f64),
    };
    if points.is_empty() {
        return;
    }
    let name = name::metric(metric.name(), metric.unit(), kind);
    let field_type = match kind {
        Kind::Counter => MetricType::COUNTER,
        Kind::Gauge => MetricType::GAUGE,
        Kind::Histogram => MetricType::HISTOGRAM,
    };
    match families.entry(name) {
        Entry::Vacant(entry) => {
            let name = entry.key().clone();
            entry.insert(family(&name, metric.description(), field_type, points));
        }
        // A family has one type, so metrics of another type under the same name are dropped.
        Entry::Occupied(mut entry) if entry.get().get_field_type() == field_type => {
            entry.get_mut().mut_metric().extend(points);
        }
        Entry::Occupied(_) => {}
    }
}

fn points<T: Copy>(
    data: &MetricData<T>,
    scope: &Labels,
    number: impl Fn(T) -> f64,
) -> (Kind, Vec<Metric>) {
    match data {
        MetricData::Gauge(data) => {
            let points = data.data_points().map(|from| {
                let mut metric = with(scope, from.attributes());
                metric.set_gauge(gauge(number(from.value())));
                metric
            });
            (Kind::Gauge, points.collect())
        }
        MetricData::Sum(data) if data.is_monotonic() => {
            let points = data.data_points().map(|from| {
                let mut metric = with(scope, from.attributes());
                let mut counter = Counter::default();
                counter.set_value(number(from.value()));
                metric.set_counter(counter);
                metric
            });
            (Kind::Counter, points.collect())
        }
        MetricData::Sum(data) => {
            let points = data.data_points().map(|from| {
                let mut metric = with(scope, from.attributes());
                metric.set_gauge(gauge(number(from.value())));
                metric
            });
            (Kind::Gauge, points.collect())
        }
        MetricData::Histogram(data) => {
            let points = data.data_points().map(|from| {
                let mut metric = with(scope, from.attributes());
                let mut histogram = Histogram::default();
                histogram.set_sample_count(from.count());
                histogram.set_sample_sum(number(from.sum()));
                histogram.set_bucket(buckets(from.bounds(), from.bucket_counts()));
                metric.set_histogram(histogram);
                metric
            });
            (Kind::Histogram, points.collect())
        }
        // The text format cannot represent them.
        MetricData::ExponentialHistogram(_) => (Kind::Histogram, Vec::new()),
    }
}

/// Converts counts to cumulative counts, which Prometheus requires.
fn buckets(bounds: impl Iterator<Item = f64>, counts: impl Iterator<Item = u64>) -> Vec<Bucket> {
    let below = counts.scan(0, |below, count| {
        *below += count;
        Some(*below)
    });
    let buckets = bounds.zip(below).map(|(bound, below)| {
        let mut bucket = Bucket::default();
        bucket.set_upper_bound(bound);
        bucket.set_cumulative_count(below);
        bucket
    });
    buckets.collect()
}

fn gauge(value: f64) -> Gauge {
    let mut gauge = Gauge::default();
    gauge.set_value(value);
    gauge
}

fn with<'a>(scope: &Labels, attributes: impl Iterator<Item = &'a KeyValue>) -> Metric {
    let mut labels = scope.clone();
    let mut attributes: Vec<_> = attributes.collect();
    attributes.sort_by(|one, other| one.key.cmp(&other.key));
    let mut point_labels = Labels::new();
    for KeyValue { key, value, .. } in attributes {
        put(
            &mut point_labels,
            name::label(key.as_str()),
            &value.as_str(),
        );
    }
    labels.extend(point_labels);
    point(&labels)
}

fn point(labels: &Labels) -> Metric {
    let pairs = labels.iter().map(|(name, value)| {
        let mut pair = LabelPair::default();
        pair.set_name(name.clone());
        pair.set_value(value.clone());
        pair
    });
    Metric::from_label(pairs.collect())
}

fn family(name: &str, help: &str, field_type: MetricType, metrics: Vec<Metric>) -> MetricFamily {
    let mut family = MetricFamily::default();
    family.set_name(name.to_owned());
    family.set_help(help.to_owned());
    family.set_field_type(field_type);
    family.set_metric(metrics);
    family
}
