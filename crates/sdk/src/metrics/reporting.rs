//! Reports failures of a metric exporter in the same way as failures of other signals. The exporter's reader in
//! OpenTelemetry's SDK would log each failure without the reason.

use std::future::poll_fn;
use std::mem;
use std::pin::pin;
use std::sync::{Arc, Mutex, Weak};
use std::task::Poll;
use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::metrics::data::{
    AggregatedMetrics, ExponentialHistogramDataPoint, GaugeDataPoint, HistogramDataPoint,
    MetricData, ResourceMetrics, ScopeMetrics, SumDataPoint,
};
use opentelemetry_sdk::metrics::exporter::PushMetricExporter;
use opentelemetry_sdk::metrics::reader::MetricReader;
use opentelemetry_sdk::metrics::{InstrumentKind, Pipeline, Temporality};

use crate::caught::caught;
use crate::clock::monotonic_now;
use crate::collector::{Counters, Ending, Export, ExportFailure};
use crate::internal_log::internal_log;
use crate::lock::lock;
use crate::redaction::sanitize_error;

/// The attribute of the series that attribute sets beyond the limit share, which the SDK adds.
const OVERFLOW: &str = "otel.metric.overflow";

/// The number of metrics with too many series that are reported.
const MAX_WARNED: usize = 100;

/// An exporter whose failures are hidden from its reader.
#[derive(Debug)]
pub(super) struct Reporting<E> {
    pub(super) exporter: E,
    pub(super) temporality: Temporality,
    pub(super) last: LastExport,
    pub(super) counters: Arc<Counters>,
    pub(super) export: Arc<Export>,
    /// Begins when the exporter has shut down.
    pub(super) ended: Arc<Ending>,
}

/// The reason why the last export has failed, which the errors of the SDK's trait cannot contain.
pub(super) type LastExport = Arc<Mutex<Option<ExportFailure>>>;

impl<E> Reporting<E> {
    fn report(&self, failed: u64, error: &str) {
        let error = sanitize_error(error);
        self.export.set_failure(Some(&error));
        self.counters.lose(&self.export, failed, &error);
    }
}

impl<E: PushMetricExporter> PushMetricExporter for Reporting<E> {
    async fn export(&self, metrics: &ResourceMetrics) -> OTelSdkResult {
        let mut export = pin!(async { self.exporter.export(metrics).await });
        let exported = poll_fn(|context| {
            let polled = caught(|| export.as_mut().poll(context));
            polled.unwrap_or_else(|panic| Poll::Ready(panicked("exporter", &panic)))
        })
        .await;
        let result = exported.map_err(ExportFailure::from);
        let reported = mem::take(&mut *lock(&self.last));
        let failure = reported.as_ref().or(result.as_ref().err());
        let failed = self.export.exported(points(metrics), failure.map_or(Ok(()), Err));
        if let Err(failure) = result {
            self.report(failed, &failure.reason);
        }
        Ok(())
    }

    fn force_flush(&self) -> OTelSdkResult {
        guarded("exporter", || self.exporter.force_flush())
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        let result = guarded("exporter", || self.exporter.shutdown_with_timeout(timeout));
        self.ended.begin(monotonic_now());
        result
    }

    fn temporality(&self) -> Temporality {
        self.temporality
    }
}

/// A reader. It may be code of the program, whose panic must not affect the other readers.
#[derive(Debug)]
pub(super) struct Guarded<R> {
    pub(super) reader: R,
    /// For the reader of the SDK, whose shutdown waits only 5 seconds for its exporter, whatever the timeout is: the end
    /// of the exporter, and that of the provider's shutdown.
    pub(super) end: Option<(Arc<Ending>, Arc<Counters>)>,
}

impl<R> Guarded<R> {
    fn closed(&self, result: OTelSdkResult) -> OTelSdkResult {
        let is_early = matches!(result, Err(OTelSdkError::Timeout(_)));
        let end = self.end.as_ref().filter(|_| is_early);
        let ended = end.and_then(|(ended, counters)| {
            let left = counters.ending.get()?.saturating_duration_since(monotonic_now());
            Some(ended.wait(left))
        });
        if ended == Some(true) { Ok(()) } else { result }
    }
}

impl<R: MetricReader> MetricReader for Guarded<R> {
    fn register_pipeline(&self, pipeline: Weak<Pipeline>) {
        self.reader.register_pipeline(pipeline);
    }

    fn collect(&self, into: &mut ResourceMetrics) -> OTelSdkResult {
        guarded("reader", || self.reader.collect(into))
    }

    fn force_flush(&self) -> OTelSdkResult {
        guarded("reader", || self.reader.force_flush())
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.closed(guarded("reader", || self.reader.shutdown_with_timeout(timeout)))
    }

    fn shutdown(&self) -> OTelSdkResult {
        self.closed(guarded("reader", || self.reader.shutdown()))
    }

    fn temporality(&self, kind: InstrumentKind) -> Temporality {
        caught(|| self.reader.temporality(kind)).unwrap_or_default()
    }
}

fn guarded(what: &str, call: impl FnOnce() -> OTelSdkResult) -> OTelSdkResult {
    caught(call).unwrap_or_else(|panic| panicked(what, &panic))
}

fn panicked(what: &str, panic: &str) -> OTelSdkResult {
    Err(OTelSdkError::InternalFailure(format!("the {what} panicked: {panic}")))
}

/// The data points of a metric.
#[derive(Default)]
struct Points {
    all: usize,
    /// The attribute sets of their own, which the limit bounds.
    series: usize,
    /// Whether further attribute sets share a series.
    overflow: bool,
}

impl Points {
    fn of<T>(data: &MetricData<T>) -> Self {
        match data {
            MetricData::Gauge(data) => {
                Self::with(data.data_points().map(GaugeDataPoint::attributes))
            }
            MetricData::Sum(data) => Self::with(data.data_points().map(SumDataPoint::attributes)),
            MetricData::Histogram(data) => {
                Self::with(data.data_points().map(HistogramDataPoint::attributes))
            }
            MetricData::ExponentialHistogram(data) => {
                Self::with(data.data_points().map(ExponentialHistogramDataPoint::attributes))
            }
        }
    }

    fn with<'a>(points: impl Iterator<Item = impl Iterator<Item = &'a KeyValue>>) -> Self {
        let mut counted = Self::default();
        for mut attributes in points {
            counted.all += 1;
            match attributes.next() {
                Some(first) if first.key.as_str() == OVERFLOW => counted.overflow = true,
                Some(_) => counted.series += 1,
                None => {}
            }
        }
        counted
    }
}

/// Counts the data points, and reports each metric with too many series once.
fn points(metrics: &ResourceMetrics) -> usize {
    let mut all = 0;
    for metric in metrics.scope_metrics().flat_map(ScopeMetrics::metrics) {
        let points = match metric.data() {
            AggregatedMetrics::F64(data) => Points::of(data),
            AggregatedMetrics::U64(data) => Points::of(data),
            AggregatedMetrics::I64(data) => Points::of(data),
        };
        all += points.all;
        if points.overflow {
            warn_of_overflow(metric.name(), points.series);
        }
    }
    all
}

fn warn_of_overflow(metric: &str, limit: usize) {
    static WARNED: Mutex<Vec<String>> = Mutex::new(Vec::new());

    let mut warned = lock(&WARNED);
    if warned.len() >= MAX_WARNED || warned.iter().any(|known| known == metric) {
        return;
    }
    warned.push(metric.to_owned());
    drop(warned);
    internal_log!(
        warn,
        metric = metric,
        limit = limit,
        "the metric has more series than its limit: further attribute sets share one with the attribute `otel.metric.overflow`"
    );
}
