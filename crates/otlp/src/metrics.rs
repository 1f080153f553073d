//! Metrics over OTLP, encoded by `opentelemetry-proto` and sent over the transport of the spans.

mod exemplars;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use floe_telemetry_core::__sdk::clock::Instant;
use floe_telemetry_core::sanitize_error_message;
use floe_telemetry_sdk::__parts::collector::{Counters, ExportFailure, ExporterId};
use floe_telemetry_sdk::__parts::exporter::OtlpTarget;
use floe_telemetry_sdk::__parts::metrics::{LastExport, MetricDestination};
use floe_telemetry_sdk::Error;
use floe_telemetry_sdk::config::Signal;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::{
    ExponentialHistogram, Gauge, Histogram, Metric, ResourceMetrics, ScopeMetrics, Sum, Summary,
};
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::metrics::Temporality;
use opentelemetry_sdk::metrics::data;
use opentelemetry_sdk::metrics::exporter::PushMetricExporter;
use prost::Message;

use super::exporter::{Otlp, connect, too_large};

/// Sends metrics over OTLP. It blocks the thread of the metric reader that calls it.
struct OtlpMetrics {
    /// `None` after the shutdown.
    otlp: Mutex<Option<Otlp>>,
    last: LastExport,
    temporality: Temporality,
}

/// Creates the metric exporter for `target`.
///
/// # Errors
///
/// The settings of the target cannot be used.
pub(super) fn destination(
    id: ExporterId,
    target: &OtlpTarget,
    counters: &Counters,
) -> Result<MetricDestination, Error> {
    let last = LastExport::default();
    let otlp = connect(target, Signal::Metrics, Arc::clone(&counters.ending))?;
    let exporter = OtlpMetrics {
        last: Arc::clone(&last),
        otlp: Mutex::new(Some(otlp)),
        temporality: target.config.metrics.temporality.into(),
    };
    Ok(MetricDestination::new(id, exporter, last))
}

impl OtlpMetrics {
    fn otlp(&self) -> MutexGuard<'_, Option<Otlp>> {
        self.otlp.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Sends a request in parts of at most the maximum size. A data point is not divided.
fn send(
    otlp: &mut Otlp,
    mut request: ExportMetricsServiceRequest,
    deadline: Instant,
) -> Result<(), ExportFailure> {
    let points = points(&request);
    if request.encoded_len() <= otlp.settings.max_request {
        let sent = otlp.send(request.encode_to_vec().into(), deadline);
        return sent.map_err(|failure| failure.of(points));
    }
    match split(&mut request) {
        Some(second) => {
            let first = send(otlp, request, deadline);
            ExportFailure::both(first, send(otlp, second, deadline))
        }
        None => too_large(points, otlp.settings.max_request),
    }
}

impl PushMetricExporter for OtlpMetrics {
    async fn export(&self, metrics: &data::ResourceMetrics) -> OTelSdkResult {
        let mut request = ExportMetricsServiceRequest::from(metrics);
        exemplars::add(metrics, &mut request);
        add_single_buckets(&mut request);
        let mut otlp = self.otlp();
        let otlp = otlp.as_mut().ok_or(OTelSdkError::AlreadyShutdown)?;
        let deadline = otlp.deadline();
        let sent = send(otlp, request, deadline);
        let result = sent.as_ref().copied().map_err(sdk_error);
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        *last = sent.err();
        result
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        self.otlp().take();
        Ok(())
    }

    fn temporality(&self) -> Temporality {
        self.temporality
    }
}

/// The error of the SDK, with redacted text.
fn sdk_error(failure: &ExportFailure) -> OTelSdkError {
    OTelSdkError::InternalFailure(sanitize_error_message(&failure.reason).into_owned())
}

/// Gives histograms without boundaries their single bucket. The SDK sends no bucket, which the protocol allows, but
/// `VictoriaMetrics` ignores such a histogram ([data
/// model](https://opentelemetry.io/docs/specs/otel/metrics/data-model/#histogram)).
fn add_single_buckets(request: &mut ExportMetricsServiceRequest) {
    let resources = request.resource_metrics.iter_mut();
    let scopes = resources.flat_map(|resource| &mut resource.scope_metrics);
    for metric in scopes.flat_map(|scope| &mut scope.metrics) {
        if let Some(Data::Histogram(histogram)) = &mut metric.data {
            for point in &mut histogram.data_points {
                if point.bucket_counts.is_empty() && point.explicit_bounds.is_empty() {
                    point.bucket_counts.push(point.count);
                }
            }
        }
    }
}

/// Moves the second half of the data points to another request. `None` if there are fewer than two.
fn split(request: &mut ExportMetricsServiceRequest) -> Option<ExportMetricsServiceRequest> {
    let total = points(request);
    if total < 2 {
        return None;
    }
    let mut left = total / 2;
    let mut second = ExportMetricsServiceRequest::default();
    for resource in &mut request.resource_metrics {
        let mut scopes = Vec::new();
        for scope in &mut resource.scope_metrics {
            let mut metrics = Vec::new();
            for metric in &mut scope.metrics {
                let count = points_of(metric);
                if count > left {
                    metrics.push(split_off(metric, left));
                }
                left = left.saturating_sub(count);
            }
            scope.metrics.retain(|metric| points_of(metric) > 0);
            scopes.push(ScopeMetrics {
                metrics,
                scope: scope.scope.clone(),
                schema_url: scope.schema_url.clone(),
            });
        }
        scopes.retain(|scope| !scope.metrics.is_empty());
        let has_metrics = |scope: &ScopeMetrics| !scope.metrics.is_empty();
        resource.scope_metrics.retain(has_metrics);
        second.resource_metrics.push(ResourceMetrics {
            scope_metrics: scopes,
            resource: resource.resource.clone(),
            schema_url: resource.schema_url.clone(),
        });
    }
    Some(second)
}

/// The number of data points of a request.
fn points(request: &ExportMetricsServiceRequest) -> usize {
    let resources = request.resource_metrics.iter();
    let scopes = resources.flat_map(|resource| &resource.scope_metrics);
    let metrics = scopes.flat_map(|scope| &scope.metrics);
    metrics.map(points_of).sum()
}

fn points_of(metric: &Metric) -> usize {
    match &metric.data {
        Some(Data::Gauge(data)) => data.data_points.len(),
        Some(Data::Sum(data)) => data.data_points.len(),
        Some(Data::Histogram(data)) => data.data_points.len(),
        Some(Data::ExponentialHistogram(data)) => data.data_points.len(),
        Some(Data::Summary(data)) => data.data_points.len(),
        None => 0,
    }
}

/// Moves the data points after the first `at` to another metric, which is otherwise equal.
fn split_off(metric: &mut Metric, at: usize) -> Metric {
    fn rest<P>(points: &mut Vec<P>, at: usize) -> Vec<P> {
        points.split_off(at)
    }
    let data = metric.data.as_mut().map(|data| match data {
        Data::Gauge(data) => Data::Gauge(Gauge { data_points: rest(&mut data.data_points, at) }),
        Data::Sum(data) => Data::Sum(Sum { data_points: rest(&mut data.data_points, at), ..*data }),
        Data::Histogram(data) => {
            Data::Histogram(Histogram { data_points: rest(&mut data.data_points, at), ..*data })
        }
        Data::ExponentialHistogram(data) => Data::ExponentialHistogram(ExponentialHistogram {
            data_points: rest(&mut data.data_points, at),
            ..*data
        }),
        Data::Summary(data) => {
            Data::Summary(Summary { data_points: rest(&mut data.data_points, at) })
        }
    });
    Metric {
        name: metric.name.clone(),
        description: metric.description.clone(),
        unit: metric.unit.clone(),
        metadata: metric.metadata.clone(),
        data,
    }
}

#[cfg(test)]
mod tests {
    use opentelemetry_proto::tonic::metrics::v1::{HistogramDataPoint, NumberDataPoint};

    use super::*;

    fn metric(name: &str, points: u64) -> Metric {
        let point = |time| NumberDataPoint { time_unix_nano: time, ..NumberDataPoint::default() };
        Metric {
            name: name.to_owned(),
            unit: "{row}".to_owned(),
            data: Some(Data::Sum(Sum {
                data_points: (0..points).map(point).collect(),
                aggregation_temporality: 2,
                is_monotonic: true,
            })),
            ..Metric::default()
        }
    }

    fn scope(metrics: Vec<Metric>) -> ScopeMetrics {
        ScopeMetrics {
            metrics,
            schema_url: "https://example.com/1".to_owned(),
            ..ScopeMetrics::default()
        }
    }

    /// The name and the times of the points of each metric.
    fn contents(request: &ExportMetricsServiceRequest) -> Vec<(String, Vec<u64>)> {
        let resources = request.resource_metrics.iter();
        let scopes = resources.flat_map(|resource| &resource.scope_metrics);
        let metrics = scopes.flat_map(|scope| {
            assert_eq!(scope.schema_url, "https://example.com/1");
            &scope.metrics
        });
        let times = metrics.map(|metric| {
            let Some(Data::Sum(sum)) = &metric.data else { panic!("{metric:?}") };
            assert_eq!((sum.aggregation_temporality, sum.is_monotonic), (2, true));
            assert_eq!(metric.unit, "{row}");
            let times = sum.data_points.iter().map(|point| point.time_unix_nano);
            (metric.name.clone(), times.collect())
        });
        times.collect()
    }

    #[test]
    fn a_request_is_split_between_data_points() {
        let mut first = ExportMetricsServiceRequest {
            resource_metrics: vec![ResourceMetrics {
                scope_metrics: vec![
                    scope(vec![metric("a", 1)]),
                    scope(vec![metric("b", 4), metric("c", 1)]),
                ],
                ..ResourceMetrics::default()
            }],
        };
        let mut second = split(&mut first).unwrap();
        let of = |name: &str, times: &[u64]| (name.to_owned(), times.to_vec());
        assert_eq!(contents(&first), [of("a", &[0]), of("b", &[0, 1])]);
        assert_eq!(contents(&second), [of("b", &[2, 3]), of("c", &[0])]);
        let mut third = split(&mut second).unwrap();
        assert_eq!(contents(&second), [of("b", &[2])]);
        assert_eq!(contents(&third), [of("b", &[3]), of("c", &[0])]);
        let mut last = split(&mut third).unwrap();
        assert_eq!(contents(&last), [of("c", &[0])]);
        assert!(split(&mut last).is_none());
    }

    #[test]
    fn a_histogram_without_boundaries_has_one_bucket() {
        let points = [
            (vec![], vec![], vec![7]),
            (vec![], vec![7], vec![7]),
            (vec![1.0], vec![3, 4], vec![3, 4]),
        ];
        let point = |(bounds, counts, _): &(Vec<f64>, Vec<u64>, Vec<u64>)| HistogramDataPoint {
            count: 7,
            explicit_bounds: bounds.clone(),
            bucket_counts: counts.clone(),
            ..HistogramDataPoint::default()
        };
        let histogram = Metric {
            data: Some(Data::Histogram(Histogram {
                data_points: points.iter().map(point).collect(),
                ..Histogram::default()
            })),
            ..Metric::default()
        };
        let mut request = ExportMetricsServiceRequest {
            resource_metrics: vec![ResourceMetrics {
                scope_metrics: vec![scope(vec![histogram])],
                ..ResourceMetrics::default()
            }],
        };
        add_single_buckets(&mut request);
        let sent = &request.resource_metrics[0].scope_metrics[0].metrics[0];
        let Some(Data::Histogram(sent)) = &sent.data else { panic!("{sent:?}") };
        for (point, (.., expected)) in sent.data_points.iter().zip(&points) {
            assert_eq!(&point.bucket_counts, expected);
        }
    }
}
