//! The metrics signal: data points in a form that tests compare.

use std::collections::BTreeMap;

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::metrics::v1::exponential_histogram_data_point::Buckets;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value as Number;
use opentelemetry_proto::tonic::metrics::v1::{AggregationTemporality, Exemplar, NumberDataPoint};

use serde_json::Value;

use super::span::hex;
use super::value::attributes;

#[derive(Clone, Debug, PartialEq)]
pub enum MetricValue {
    /// A counter or an up-down counter.
    Sum(f64),
    Gauge(f64),
    /// A histogram with explicit bounds: the number of values, their sum, the bounds, and the number of values in each
    /// bucket.
    Histogram(u64, f64, Vec<f64>, Vec<u64>),
    /// An exponential histogram: the number of values, their sum, and the number of buckets.
    Exponential(u64, f64, usize),
}

/// A data point with its metric, and with the resource and the scope of its request.
#[derive(Clone, Debug, PartialEq)]
pub struct ReceivedPoint {
    pub resource: BTreeMap<String, Value>,
    pub scope: String,
    pub scope_version: String,
    pub name: String,
    pub unit: String,
    pub description: String,
    /// Whether the temporality of a sum or histogram is delta.
    pub is_delta: bool,
    pub attributes: BTreeMap<String, Value>,
    pub value: MetricValue,
    /// The trace id and span id of each exemplar, in hexadecimal.
    pub exemplars: Vec<(String, String)>,
}

pub(super) fn from_request(request: ExportMetricsServiceRequest) -> Vec<ReceivedPoint> {
    let mut points = Vec::new();
    for of_resource in request.resource_metrics {
        let resource = attributes(of_resource.resource.unwrap_or_default().attributes);
        for of_scope in of_resource.scope_metrics {
            let scope = of_scope.scope.unwrap_or_default();
            for metric in of_scope.metrics {
                let (temporality, values) = metric.data.map(values).unwrap_or_default();
                let values = values.into_iter();
                points.extend(values.map(|(attributes, value, exemplars)| ReceivedPoint {
                    resource: resource.clone(),
                    scope: scope.name.clone(),
                    scope_version: scope.version.clone(),
                    name: metric.name.clone(),
                    unit: metric.unit.clone(),
                    description: metric.description.clone(),
                    is_delta: temporality == i32::from(AggregationTemporality::Delta),
                    attributes,
                    value,
                    exemplars,
                }));
            }
        }
    }
    points
}

type Points = Vec<(BTreeMap<String, Value>, MetricValue, Vec<(String, String)>)>;

fn values(data: Data) -> (i32, Points) {
    match data {
        Data::Gauge(gauge) => (0, numbers(gauge.data_points, MetricValue::Gauge)),
        Data::Sum(sum) => (sum.aggregation_temporality, numbers(sum.data_points, MetricValue::Sum)),
        Data::Histogram(histogram) => {
            let points = histogram.data_points.into_iter().map(|point| {
                let value = MetricValue::Histogram(
                    point.count,
                    point.sum.unwrap_or_default(),
                    point.explicit_bounds,
                    point.bucket_counts,
                );

                (attributes(point.attributes), value, spans(&point.exemplars))
            });

            (histogram.aggregation_temporality, points.collect())
        }
        Data::ExponentialHistogram(histogram) => {
            let points = histogram.data_points.into_iter().map(|point| {
                let size =
                    |buckets: Option<Buckets>| buckets.unwrap_or_default().bucket_counts.len();
                let value = MetricValue::Exponential(
                    point.count,
                    point.sum.unwrap_or_default(),
                    size(point.positive) + size(point.negative),
                );

                (attributes(point.attributes), value, spans(&point.exemplars))
            });

            (histogram.aggregation_temporality, points.collect())
        }
        Data::Summary(summary) => panic!("no OpenTelemetry SDK sends summaries: {summary:?}"),
    }
}

fn numbers(points: Vec<NumberDataPoint>, of: fn(f64) -> MetricValue) -> Points {
    points
        .into_iter()
        .map(|point| {
            #[expect(clippy::cast_precision_loss, reason = "tests use small numbers")]
            let number = match point.value {
                Some(Number::AsInt(value)) => value as f64,
                Some(Number::AsDouble(value)) => value,
                None => f64::NAN,
            };

            (attributes(point.attributes), of(number), spans(&point.exemplars))
        })
        .collect()
}

fn spans(exemplars: &[Exemplar]) -> Vec<(String, String)> {
    let ids = exemplars.iter();
    ids.map(|one| (hex(&one.trace_id), hex(&one.span_id))).collect()
}
