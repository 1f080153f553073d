//! Metrics over OTLP, encoded by `opentelemetry-proto` and sent by the same kind of transport as spans.

mod exemplars;

use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use floe_telemetry_core::__sdk::clock::Instant;
use floe_telemetry_core::sanitize_error_message;
use floe_telemetry_sdk::__parts::collector::{Counters, ExportFailure, ExporterId};
use floe_telemetry_sdk::__parts::exporter::OtlpTarget;
use floe_telemetry_sdk::__parts::metrics::MetricDestination;
use floe_telemetry_sdk::Error;
use floe_telemetry_sdk::config::Signal;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::metrics::v1::Metric;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
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
    last: Arc<Mutex<Option<ExportFailure>>>,
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
    let last = Arc::default();
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

/// Sends a request, divided into halves as often as the maximum size requires. A data point is not divided.
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
        let mut guard = self.otlp();
        let otlp = guard.as_mut().ok_or(OTelSdkError::AlreadyShutdown)?;
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

fn sdk_error(failure: &ExportFailure) -> OTelSdkError {
    OTelSdkError::InternalFailure(sanitize_error_message(&failure.reason).into_owned())
}

/// Moves the second half of the metrics to a new request. If there is only one metric, moves half of its data points.
/// Returns `None` if that metric has only one.
fn split(request: &mut ExportMetricsServiceRequest) -> Option<ExportMetricsServiceRequest> {
    let half = metrics(request).count() / 2;
    if half == 0 {
        return split_points(request);
    }
    let mut second = request.clone();
    keep(request, |number| number < half);
    keep(&mut second, |number| number >= half);
    Some(second)
}

fn split_points(request: &mut ExportMetricsServiceRequest) -> Option<ExportMetricsServiceRequest> {
    let all = points(request);
    let half = all / 2;
    if half == 0 {
        return None;
    }
    let mut second = request.clone();
    keep_points(request, 0..half);
    keep_points(&mut second, half..all);
    Some(second)
}

/// Keeps only the data points at these positions in the only metric of a request.
fn keep_points(request: &mut ExportMetricsServiceRequest, kept: Range<usize>) {
    fn keep<P>(points: &mut Vec<P>, kept: Range<usize>) {
        points.truncate(kept.end);
        points.drain(..kept.start);
    }

    let resources = request.resource_metrics.iter_mut();
    let scopes = resources.flat_map(|resource| &mut resource.scope_metrics);
    let data = scopes.flat_map(|scope| &mut scope.metrics).find_map(|metric| metric.data.as_mut());
    match data {
        Some(Data::Gauge(data)) => keep(&mut data.data_points, kept),
        Some(Data::Sum(data)) => keep(&mut data.data_points, kept),
        Some(Data::Histogram(data)) => keep(&mut data.data_points, kept),
        Some(Data::ExponentialHistogram(data)) => keep(&mut data.data_points, kept),
        // The SDK makes no summaries.
        _ => {}
    }
}

/// Keeps only the metrics for whose position in the request `is_kept` is true.
fn keep(request: &mut ExportMetricsServiceRequest, is_kept: impl Fn(usize) -> bool) {
    let mut numbers = 0..;
    for resource in &mut request.resource_metrics {
        for scope in &mut resource.scope_metrics {
            scope.metrics.retain(|_| numbers.next().is_some_and(&is_kept));
        }
        resource.scope_metrics.retain(|scope| !scope.metrics.is_empty());
    }
}

fn metrics(request: &ExportMetricsServiceRequest) -> impl Iterator<Item = &Metric> {
    let resources = request.resource_metrics.iter();
    let scopes = resources.flat_map(|resource| &resource.scope_metrics);
    scopes.flat_map(|scope| &scope.metrics)
}

fn points(request: &ExportMetricsServiceRequest) -> usize {
    let of = |metric: &Metric| match &metric.data {
        Some(Data::Gauge(data)) => data.data_points.len(),
        Some(Data::Sum(data)) => data.data_points.len(),
        Some(Data::Histogram(data)) => data.data_points.len(),
        Some(Data::ExponentialHistogram(data)) => data.data_points.len(),
        _ => 0,
    };
    metrics(request).map(of).sum()
}

#[cfg(test)]
mod tests {
    use opentelemetry_proto::tonic::metrics::v1::{
        NumberDataPoint, ResourceMetrics, ScopeMetrics, Sum,
    };

    use super::*;

    fn metric(name: &str) -> Metric {
        Metric { name: name.to_owned(), ..Metric::default() }
    }

    fn scope(metrics: Vec<Metric>) -> ScopeMetrics {
        ScopeMetrics {
            metrics,
            schema_url: "https://example.com/1".to_owned(),
            ..ScopeMetrics::default()
        }
    }

    fn names(request: &ExportMetricsServiceRequest) -> Vec<String> {
        let scopes = request.resource_metrics.iter().flat_map(|resource| &resource.scope_metrics);
        let names = scopes.map(|scope| {
            assert_eq!(scope.schema_url, "https://example.com/1");
            scope.metrics.iter().map(|metric| &*metric.name).collect()
        });
        names.collect()
    }

    #[test]
    fn a_request_is_split_between_metrics() {
        let mut first = ExportMetricsServiceRequest {
            resource_metrics: vec![ResourceMetrics {
                scope_metrics: vec![
                    scope(vec![metric("a")]),
                    scope(["b", "c", "d", "e"].map(metric).into()),
                ],
                ..ResourceMetrics::default()
            }],
        };
        let mut second = split(&mut first).unwrap();
        assert_eq!(names(&first), ["a", "b"]);
        assert_eq!(names(&second), ["cde"]);
        let third = split(&mut second).unwrap();
        assert_eq!((names(&second), names(&third)), (vec!["c".into()], vec!["de".into()]));
        assert!(split(&mut second).is_none());
    }

    #[test]
    fn a_metric_is_split_between_data_points() {
        let point = |time| NumberDataPoint { time_unix_nano: time, ..NumberDataPoint::default() };
        let points = (0..5).map(point).collect();
        let data = Data::Sum(Sum { data_points: points, is_monotonic: true, ..Sum::default() });
        let metric = Metric { data: Some(data), ..metric("rows") };
        let mut first = ExportMetricsServiceRequest {
            resource_metrics: vec![ResourceMetrics {
                scope_metrics: vec![scope(vec![metric])],
                ..ResourceMetrics::default()
            }],
        };
        let times = |request: &ExportMetricsServiceRequest| {
            assert_eq!(names(request), ["rows"]);
            let metric = metrics(request).next().and_then(|metric| metric.data.as_ref());
            let Some(Data::Sum(sum)) = metric else { panic!("{metric:?}") };
            assert!(sum.is_monotonic);
            sum.data_points.iter().map(|point| point.time_unix_nano).collect::<Vec<_>>()
        };
        let mut second = split(&mut first).unwrap();
        let mut third = split(&mut second).unwrap();
        assert_eq!([&first, &second, &third].map(times), [vec![0, 1], vec![2], vec![3, 4]]);
        assert!(split(&mut second).is_none());
        assert_eq!(times(&split(&mut third).unwrap()), [4]);
    }
}
