//! The metrics of a provider: its exporters and its meters.

use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

use floe_telemetry_core::__sdk::metrics::Current;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::metrics::{MeterProviderBuilder, SdkMeterProvider};

use super::resource;
use super::targets::{OtlpTargets, not_linked, unless_of_environment};
use crate::channel::{Receiver, channel};
use crate::collector::{
    BatchExporter, Counters, ExportFailure, ExporterId, Redaction, Redactor, Report, SpanMetrics,
    Worker, WorkerSettings,
};
use crate::config::{ExporterKind, MetricsConfig, Signal, TelemetryConfig};
use crate::error::Error;
use crate::exporter::ConsoleExporters;
use crate::metrics::{MetricDestination, ProgramView};

/// The meters, with the thread that flushes them, because OpenTelemetry's SDK waits for exporters without a timeout.
#[derive(Debug)]
pub(super) struct ProviderMetrics {
    /// Kept because the SDK logs when its meter provider is dropped, see `Drop` of the provider.
    _meters: Box<dyn Any + Send + Sync>,
    worker: Worker<()>,
}

impl ProviderMetrics {
    /// Starts to collect and export in the background.
    pub(super) fn flush(&self) -> Receiver<Report> {
        let (report, reports) = channel();
        self.worker.flush(&report);
        reports
    }

    /// Starts to export the remaining metrics and to shut down, in the background.
    pub(super) fn shut_down(&self, timeout: Duration) -> Receiver<Report> {
        Current::replace(None);
        let (report, reports) = channel();
        self.worker.shutdown(timeout, &report);
        reports
    }
}

/// The meters, in the form of an exporter without batches.
#[derive(Debug)]
struct Flushing {
    meters: SdkMeterProvider,
    counters: Arc<Counters>,
}

impl Flushing {
    /// Returns the failures of exporters or, if there are none, the result of the SDK.
    fn reported(&self, result: OTelSdkResult) -> Result<(), String> {
        match self.counters.exports.take_metric_failures() {
            Some(failure) => Err(failure),
            None => result.map_err(|error| match error {
                OTelSdkError::InternalFailure(reason) => reason,
                error => error.to_string(),
            }),
        }
    }
}

impl BatchExporter<()> for Flushing {
    fn export(&mut self, (): ()) -> Result<(), ExportFailure> {
        Ok(())
    }

    fn flush(&mut self) -> Result<(), String> {
        self.reported(self.meters.force_flush())
    }

    fn shutdown(&mut self, timeout: Duration) -> Result<(), String> {
        self.reported(self.meters.shutdown_with_timeout(timeout))
    }
}

/// The meters and the metrics from spans.
type Metrics = Option<(ProviderMetrics, SpanMetrics)>;

/// Creates a meter provider with these readers and views, as the current one of the process, and the instruments that
/// derive metrics from spans.
type CreateMeters = fn(
    MeterProviderBuilder,
    &MetricsConfig,
    Vec<ProgramView>,
    Redaction,
    &Arc<Counters>,
) -> (SdkMeterProvider, SpanMetrics);

type StartLinked = fn(
    CreateMeters,
    &TelemetryConfig,
    &OtlpTargets,
    Vec<MetricDestination>,
    Vec<ProgramView>,
    &Resource,
    &WorkerSettings,
) -> Result<Metrics, Error>;

/// The aggregation of metrics, linked by another crate. A program without it contains no code of this module that
/// starts metrics.
#[derive(Debug)]
pub struct Meters {
    create: CreateMeters,
    start: StartLinked,
}

impl Meters {
    /// Returns the functions that start metrics.
    pub const fn created_by(create: CreateMeters) -> Self {
        Self { create, start: start_linked }
    }
}

floe_telemetry_core::__floe_link_list! {
    #[allow(unsafe_code, reason = "the linker defines the bounds of the list, see `link_list`")]
    static METERS: [Meters] = "fl_metrics_0_1";
}

pub(super) fn start(
    config: &TelemetryConfig,
    targets: &OtlpTargets,
    destinations: Vec<MetricDestination>,
    views: Vec<ProgramView>,
    resource: &Resource,
    settings: &WorkerSettings,
) -> Result<Metrics, Error> {
    if let Some(&Meters { create, start }) = METERS.iter().next() {
        return start(create, config, targets, destinations, views, resource, settings);
    }

    let is_added = !destinations.is_empty();
    if !is_added && !config.selects(Signal::Metrics) {
        return Ok(None);
    }

    let made = Err(not_linked("metrics", "metrics"));
    if is_added {
        return made;
    }

    unless_of_environment(config, Signal::Metrics, made).map(Option::flatten)
}

fn start_linked(
    create: CreateMeters,
    config: &TelemetryConfig,
    targets: &OtlpTargets,
    mut destinations: Vec<MetricDestination>,
    views: Vec<ProgramView>,
    resource: &Resource,
    settings: &WorkerSettings,
) -> Result<Metrics, Error> {
    let WorkerSettings { counters, redaction, .. } = settings;
    if config.exporters.chooses(Signal::Metrics, ExporterKind::Console) == Some(true) {
        let made = ConsoleExporters::find().map(|console| (console.metrics)());
        destinations.extend(unless_of_environment(config, Signal::Metrics, made)?);
    }
    destinations.extend(
        targets.start(Signal::Metrics, |otlp, id, target| (otlp.metrics)(id, target, counters))?,
    );
    if destinations.is_empty() {
        return Ok(None);
    }
    let metrics = &config.metrics;
    let resource =
        Redactor::new(redaction.clone()).resource(&resource::of_metrics(resource, metrics));
    let mut builder = SdkMeterProvider::builder().with_resource(resource);
    for destination in destinations {
        builder = (destination.0)(builder, metrics, Arc::clone(counters));
    }
    let (meters, of_spans) = create(builder, metrics, views, redaction.clone(), counters);
    let flushing = Flushing { meters: meters.clone(), counters: Arc::clone(counters) };
    let settings = WorkerSettings { signal: Signal::Metrics, ..settings.clone() };
    let id = ExporterId::of::<Flushing>().named("metrics");
    let worker = Worker::start(&id, move || Ok(Box::new(flushing) as _), &settings)?;
    Ok(Some((ProviderMetrics { _meters: Box::new(meters), worker }, of_spans)))
}
