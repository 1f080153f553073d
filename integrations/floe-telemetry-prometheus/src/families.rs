//! Collected metrics as Prometheus has them. Metrics with the same name, of any scope, are one family.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::iter;

use floe_telemetry::config::PrometheusConfig;
use floe_telemetry::metrics::{CollectedExemplars, Exemplar, collect_exemplars};
use opentelemetry::{InstrumentationScope, KeyValue};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::metrics::data::{
    AggregatedMetrics, Metric as Collected, MetricData, ResourceMetrics,
};

use crate::name::{self, Kind};
use crate::pieces::{Text, TextWriter};
use crate::text::{END, Family, FamilyKind, Format, Labels, Point, PointValue, Points, write};

/// The longest value of a label, in bytes. A value is repeated for each bucket of a histogram.
const MAX_VALUE: usize = 1024;

/// Encodes the metrics as text of at most `max` bytes. If that is too little, the longest metrics have only a part of
/// their series; their names are returned, too.
pub(crate) fn text(
    metrics: &ResourceMetrics,
    config: &PrometheusConfig,
    format: Format,
    max: usize,
) -> (Text, Vec<String>) {
    let encode = |room| {
        let mut writer = TextWriter::new(max);
        let sizes = write(&mut writer, families(metrics, config, format), format, room);
        (writer.finish(), sizes)
    };
    let (text, mut sizes) = encode(max);
    let room = share(sizes.iter().map(|(_, size)| *size).collect(), max - END.len());
    sizes.retain(|(_, size)| *size > room);
    if sizes.is_empty() {
        return (text, Vec::new());
    }
    drop(text);
    (encode(room).0, sizes.into_iter().map(|(name, _)| name).collect())
}

/// How much each of some parts may have, so that all of them have at most `max` and no small one is cut.
fn share(mut sizes: Vec<usize>, mut max: usize) -> usize {
    sizes.sort_unstable();
    for (index, size) in sizes.iter().enumerate() {
        let share = max / (sizes.len() - index);
        if *size > share {
            return share;
        }
        max -= size;
    }
    usize::MAX
}

fn families<'a>(
    metrics: &'a ResourceMetrics,
    config: &PrometheusConfig,
    format: Format,
) -> BTreeMap<String, Family<'a>> {
    let mut families = BTreeMap::new();
    if config.target_info {
        families.insert("target_info".to_owned(), target(metrics.resource()));
    }
    let mut of_resource = Labels::new();
    for (key, value) in metrics.resource() {
        if config.has_resource_label(key.as_str()) {
            put(&mut of_resource, name::label(key.as_str()), &value.as_str());
        }
    }
    for scope_metrics in metrics.scope_metrics() {
        let scope = scope_metrics.scope();
        let mut labels = of_resource.clone();
        if config.scope_info {
            labels.extend(labels_of_scope(scope));
        }
        for metric in scope_metrics.metrics() {
            let exemplars = (format == Format::OpenMetrics)
                .then(|| collect_exemplars(scope, metric.name()))
                .flatten();
            add(&mut families, metric, labels.clone(), exemplars, config);
        }
    }
    families
}

/// The family `target_info`, whose labels are the attributes of the resource.
fn target(resource: &Resource) -> Family<'_> {
    let mut labels = Labels::new();
    for (key, value) in resource {
        put(&mut labels, name::label(key.as_str()), &value.as_str());
    }
    let point = Point { labels, value: PointValue::Number(1.0), exemplars: Vec::new() };
    Family {
        help: "Target metadata",
        kind: FamilyKind::Info,
        points: vec![Box::new(iter::once(point))],
    }
}

fn labels_of_scope(scope: &InstrumentationScope) -> Labels {
    let mut labels = Labels::new();
    put(&mut labels, "otel_scope_name".to_owned(), scope.name());
    for (label, value) in
        [("otel_scope_version", scope.version()), ("otel_scope_schema_url", scope.schema_url())]
    {
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
    let value = &*bounded(value);
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

/// A long value is truncated, and its hash keeps it apart from others with the same beginning: two series with
/// equal labels are an error for Prometheus. The hash is `SipHash`, because others have
/// values with the same hash that are easy to compute.
fn bounded(value: &str) -> Cow<'_, str> {
    if value.len() <= MAX_VALUE {
        return Cow::Borrowed(value);
    }
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    let end = (0..=MAX_VALUE - 20).rfind(|end| value.is_char_boundary(*end));
    let beginning = &value[..end.unwrap_or(0)];
    Cow::Owned(format!("{beginning}…#{:016x}", hasher.finish()))
}

fn add<'a>(
    families: &mut BTreeMap<String, Family<'a>>,
    metric: &'a Collected,
    labels: Labels,
    exemplars: Option<CollectedExemplars>,
    config: &PrometheusConfig,
) {
    let (kind, mut points) = match metric.data() {
        AggregatedMetrics::F64(data) => points(data, labels, exemplars, |value| value),
        #[expect(clippy::cast_precision_loss, reason = "Prometheus has only floats")]
        AggregatedMetrics::U64(data) => points(data, labels, exemplars, |value| value as f64),
        #[expect(clippy::cast_precision_loss, reason = "Prometheus has only floats")]
        AggregatedMetrics::I64(data) => points(data, labels, exemplars, |value| value as f64),
    };
    let Some(first) = points.next() else { return };
    let points = Box::new(iter::once(first).chain(points));
    let name = if config.suffixes {
        name::metric(metric.name(), metric.unit(), kind)
    } else {
        name::label(metric.name())
    };
    let kind = FamilyKind::Metric(kind);
    match families.entry(name) {
        Entry::Vacant(entry) => {
            entry.insert(Family { help: metric.description(), kind, points: vec![points] });
        }
        // A family has one type, so metrics of another type under the same name are dropped.
        Entry::Occupied(mut entry) if entry.get().kind == kind => {
            entry.get_mut().points.push(points);
        }
        Entry::Occupied(_) => {}
    }
}

fn points<'a, T: Copy>(
    data: &'a MetricData<T>,
    labels: Labels,
    exemplars: Option<CollectedExemplars>,
    number: impl Fn(T) -> f64 + 'a,
) -> (Kind, Points<'a>) {
    let point =
        move |attributes, value| point(labels.clone(), attributes, value, exemplars.as_ref());
    match data {
        MetricData::Gauge(data) => {
            let points = data.data_points().map(move |from| {
                let value = PointValue::Number(number(from.value()));
                point(from.attributes().collect(), value)
            });
            (Kind::Gauge, Box::new(points))
        }
        MetricData::Sum(data) => {
            let points = data.data_points().map(move |from| {
                let value = PointValue::Number(number(from.value()));
                point(from.attributes().collect(), value)
            });
            let kind = if data.is_monotonic() { Kind::Counter } else { Kind::Gauge };
            (kind, Box::new(points))
        }
        MetricData::Histogram(data) => {
            let points = data.data_points().map(move |from| {
                let histogram = PointValue::Histogram {
                    count: from.count(),
                    sum: number(from.sum()),
                    buckets: buckets(from.bounds(), from.bucket_counts()),
                };
                point(from.attributes().collect(), histogram)
            });
            (Kind::Histogram, Box::new(points))
        }
        // Neither format can represent them.
        MetricData::ExponentialHistogram(_) => (Kind::Histogram, Box::new(iter::empty())),
    }
}

/// Converts counts to cumulative counts, which Prometheus requires.
fn buckets(
    bounds: impl Iterator<Item = f64>,
    counts: impl Iterator<Item = u64>,
) -> Vec<(f64, u64)> {
    let below = counts.scan(0, |below, count| {
        *below += count;
        Some(*below)
    });
    bounds.zip(below).collect()
}

fn point(
    mut labels: Labels,
    mut attributes: Vec<&KeyValue>,
    value: PointValue,
    exemplars: Option<&CollectedExemplars>,
) -> Point {
    let exemplars = exemplars.map_or_else(Vec::<Exemplar>::new, |exemplars| {
        exemplars.of_point(attributes.iter().copied(), None)
    });
    attributes.sort_by(|one, other| one.key.cmp(&other.key));
    let mut point_labels = Labels::new();
    for KeyValue { key, value, .. } in attributes {
        put(&mut point_labels, name::label(key.as_str()), &value.as_str());
    }
    labels.extend(point_labels);
    Point { labels, value, exemplars }
}
