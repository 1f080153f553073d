//! Encodes metrics as OTLP protobuf. The numbers are the field numbers of
//! [`metrics.proto`](https://github.com/open-telemetry/opentelemetry-proto/blob/main/opentelemetry/proto/metrics/v1/metrics.proto).
//! A test compares the encoding with `opentelemetry-proto`.

use std::ops::Range;
use std::time::SystemTime;

use opentelemetry::KeyValue;
use opentelemetry_sdk::metrics::Temporality;
use opentelemetry_sdk::metrics::data::{
    AggregatedMetrics, ExponentialHistogramDataPoint, HistogramDataPoint, Metric, MetricData,
    ResourceMetrics,
};

use crate::encoding::{
    FIXED64, append_varint, bytes, bytes_always, fixed64, key_value, message, message_of,
    put_count, tag, varint,
};
use crate::span;
use floe_telemetry_core::__sdk::clock::UnixNanos;
use floe_telemetry_sdk::metrics::{CollectedExemplars, Exemplar, collect_exemplars};

/// Encoded data points with everything that a request with some of them needs.
#[derive(Default)]
pub(super) struct EncodedMetrics {
    /// `ResourceMetrics.resource` and `ResourceMetrics.schema_url`, encoded as fields.
    resource: Vec<u8>,
    /// `ScopeMetrics.scope` and `ScopeMetrics.schema_url`, encoded as fields, and the metrics of the scope.
    scopes: Vec<(Vec<u8>, Vec<EncodedMetric>)>,
    /// The number of data points.
    pub(super) points: usize,
}

struct EncodedMetric {
    /// The position of its first data point among all data points.
    first: usize,
    /// The name, the description and the unit, encoded as fields.
    head: Vec<u8>,
    /// The field number of its data in `Metric`.
    kind: u32,
    points: Vec<Vec<u8>>,
    /// The fields of its data after the data points.
    tail: Vec<u8>,
}

impl EncodedMetrics {
    pub(super) fn new(metrics: &ResourceMetrics) -> Self {
        let mut encoded =
            Self { resource: span::resource_fields(metrics.resource()), ..Self::default() };
        for collected in metrics.scope_metrics() {
            let scope = collected.scope();
            let metrics = collected.metrics().map(|metric| {
                let exemplars = collect_exemplars(scope, metric.name());
                let metric = EncodedMetric::new(metric, exemplars.as_ref(), encoded.points);
                encoded.points += metric.points.len();
                metric
            });
            let metrics = metrics.collect();
            encoded.scopes.push((span::scope_fields(scope, scope.name()), metrics));
        }
        encoded
    }

    /// Encodes an `ExportMetricsServiceRequest` with the data points at these positions.
    pub(super) fn request(&self, kept: &Range<usize>) -> Vec<u8> {
        let mut request = Vec::new();
        message_of::<2>(&mut request, 1, |out| {
            out.extend_from_slice(&self.resource);
            for (scope, metrics) in &self.scopes {
                let mut body = scope.clone();
                for metric in metrics {
                    metric.write(&mut body, kept);
                }
                if body.len() > scope.len() {
                    bytes_always(out, 2, &body);
                }
            }
        });
        request
    }
}

impl EncodedMetric {
    fn new(metric: &Metric, exemplars: Option<&CollectedExemplars>, first: usize) -> Self {
        let mut head = Vec::new();
        bytes(&mut head, 1, metric.name().as_bytes());
        bytes(&mut head, 2, metric.description().as_bytes());
        bytes(&mut head, 3, metric.unit().as_bytes());
        let encoded = Self { first, head, kind: 0, points: Vec::new(), tail: Vec::new() };
        match metric.data() {
            AggregatedMetrics::F64(data) => encoded.with_data(data, exemplars),
            AggregatedMetrics::U64(data) => encoded.with_data(data, exemplars),
            AggregatedMetrics::I64(data) => encoded.with_data(data, exemplars),
        }
    }

    fn with_data<T: Number>(
        mut self,
        data: &MetricData<T>,
        exemplars: Option<&CollectedExemplars>,
    ) -> Self {
        let since = |start, end| Shared { start: Some(start), end, exemplars };
        let temporality = match data {
            MetricData::Gauge(gauge) => {
                self.kind = 5;
                let shared = Shared { start: gauge.start_time(), end: gauge.time(), exemplars };
                for point in gauge.data_points() {
                    self.points.push(shared.number(point.attributes(), point.value()));
                }
                return self;
            }
            MetricData::Sum(sum) => {
                self.kind = 7;
                let shared = since(sum.start_time(), sum.time());
                for point in sum.data_points() {
                    self.points.push(shared.number(point.attributes(), point.value()));
                }
                put_count(&mut self.tail, 3, sum.is_monotonic().into());
                sum.temporality()
            }
            MetricData::Histogram(histogram) => {
                self.kind = 9;
                let shared = since(histogram.start_time(), histogram.time());
                self.points.extend(histogram.data_points().map(|it| buckets(&shared, it)));
                histogram.temporality()
            }
            MetricData::ExponentialHistogram(histogram) => {
                self.kind = 10;
                let shared = since(histogram.start_time(), histogram.time());
                let points = histogram.data_points();
                self.points.extend(points.map(|it| exponential_buckets(&shared, it)));
                histogram.temporality()
            }
        };
        varint(&mut self.tail, 2, if temporality == Temporality::Delta { 1 } else { 2 });
        self
    }

    /// Encodes the metric with its data points at these positions, and nothing if there are none.
    fn write(&self, out: &mut Vec<u8>, kept: &Range<usize>) {
        let of = |position: usize| position.saturating_sub(self.first).min(self.points.len());
        let points = &self.points[of(kept.start)..of(kept.end)];
        if points.is_empty() {
            return;
        }
        message_of::<2>(out, 2, |out| {
            out.extend_from_slice(&self.head);
            message_of::<2>(out, self.kind, |out| {
                for point in points {
                    bytes_always(out, 1, point);
                }
                out.extend_from_slice(&self.tail);
            });
        });
    }
}

/// The times and the exemplars of the data points of a metric.
struct Shared<'a> {
    start: Option<SystemTime>,
    end: SystemTime,
    exemplars: Option<&'a CollectedExemplars>,
}

impl Shared<'_> {
    /// Encodes the fields that each kind of data point has. The numbers of `attributes` and `exemplars` differ.
    fn point<'a>(
        &self,
        attributes: impl Iterator<Item = &'a KeyValue>,
        of_attributes: u32,
        of_exemplars: u32,
    ) -> Vec<u8> {
        let attributes: Vec<_> = attributes.collect();
        let mut out = Vec::new();
        for attribute in &attributes {
            key_value(&mut out, of_attributes, attribute);
        }
        fixed64(&mut out, 2, self.start.map_or(0, |start| UnixNanos::from(start).0));
        fixed64(&mut out, 3, UnixNanos::from(self.end).0);
        if let Some(exemplars) = self.exemplars {
            for exemplar in exemplars.of_point(attributes.iter().copied(), self.start) {
                message(&mut out, of_exemplars, |out| self::exemplar(out, &exemplar));
            }
        }
        out
    }

    /// Encodes a `NumberDataPoint`.
    fn number<'a, T: Number>(
        &self,
        attributes: impl Iterator<Item = &'a KeyValue>,
        value: T,
    ) -> Vec<u8> {
        let mut out = self.point(attributes, 7, 5);
        value.write(&mut out);
        out
    }
}

fn exemplar(out: &mut Vec<u8>, exemplar: &Exemplar) {
    let (trace_id, span_id) = exemplar.ids;
    fixed64(out, 2, UnixNanos::from(exemplar.time).0);
    double(out, 3, exemplar.value);
    bytes(out, 4, &span_id.to_bytes());
    bytes(out, 5, &trace_id.to_bytes());
}

fn buckets<T: Number>(shared: &Shared<'_>, point: &HistogramDataPoint<T>) -> Vec<u8> {
    let mut out = shared.point(point.attributes(), 9, 8);
    fixed64(&mut out, 4, point.count());
    double(&mut out, 5, point.sum().to_f64());
    packed(&mut out, 6, point.bucket_counts());
    packed(&mut out, 7, point.bounds().map(f64::to_bits));
    extremes(&mut out, 11, [point.min(), point.max()]);
    out
}

fn exponential_buckets<T: Number>(
    shared: &Shared<'_>,
    point: &ExponentialHistogramDataPoint<T>,
) -> Vec<u8> {
    let mut out = shared.point(point.attributes(), 1, 11);
    fixed64(&mut out, 4, point.count() as u64);
    double(&mut out, 5, point.sum().to_f64());
    signed(&mut out, 6, point.scale().into());
    fixed64(&mut out, 7, point.zero_count());
    for (field, bucket) in [(8, point.positive_bucket()), (9, point.negative_bucket())] {
        message(&mut out, field, |out| {
            signed(out, 1, bucket.offset());
            let mut counts = Vec::new();
            bucket.counts().for_each(|count| append_varint(&mut counts, count));
            bytes(out, 2, &counts);
        });
    }
    extremes(&mut out, 12, [point.min(), point.max()]);
    fixed64(&mut out, 14, point.zero_threshold().to_bits());
    out
}

/// Encodes `min`, with this field number, and `max`, with the next one.
fn extremes<T: Number>(out: &mut Vec<u8>, field: u32, values: [Option<T>; 2]) {
    for (field, value) in (field..).zip(values) {
        if let Some(value) = value {
            double(out, field, value.to_f64());
        }
    }
}

/// Encodes a field that is written even if it is zero, because it is optional or a member of a `oneof`.
fn double(out: &mut Vec<u8>, field: u32, value: f64) {
    tag(out, field, FIXED64);
    out.extend_from_slice(&value.to_le_bytes());
}

fn packed(out: &mut Vec<u8>, field: u32, values: impl Iterator<Item = u64>) {
    let values: Vec<u8> = values.flat_map(u64::to_le_bytes).collect();
    bytes(out, field, &values);
}

/// Encodes a field of type `sint32`.
fn signed(out: &mut Vec<u8>, field: u32, value: i32) {
    put_count(out, field, ((value << 1) ^ (value >> 31)).cast_unsigned());
}

trait Number: Copy {
    /// Encodes the value of a `NumberDataPoint`.
    fn write(self, out: &mut Vec<u8>);

    fn to_f64(self) -> f64;
}

impl Number for f64 {
    fn write(self, out: &mut Vec<u8>) {
        double(out, 4, self);
    }

    fn to_f64(self) -> f64 {
        self
    }
}

impl Number for i64 {
    fn write(self, out: &mut Vec<u8>) {
        tag(out, 6, FIXED64);
        out.extend_from_slice(&self.to_le_bytes());
    }

    #[expect(clippy::cast_precision_loss, reason = "the sums of OTLP's histograms are doubles")]
    fn to_f64(self) -> f64 {
        self as f64
    }
}

impl Number for u64 {
    fn write(self, out: &mut Vec<u8>) {
        i64::try_from(self).unwrap_or(i64::MAX).write(out);
    }

    #[expect(clippy::cast_precision_loss, reason = "the sums of OTLP's histograms are doubles")]
    fn to_f64(self) -> f64 {
        self as f64
    }
}
