//! The SDK meter provider behind a telemetry provider: readers, views and exporters.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use opentelemetry::InstrumentationScope;
use opentelemetry::metrics::MeterProvider;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::metrics::exporter::PushMetricExporter;
use opentelemetry_sdk::metrics::reader::MetricReader;
use opentelemetry_sdk::metrics::{MeterProviderBuilder, PeriodicReader, SdkMeterProvider};

use super::flushes::{Flushes, MetricReport, in_background};
use super::process;
use super::redacting::RedactingMeterProvider;
use super::reporting::Reporting;
use super::sdk_metrics;
use super::views::Views;
use crate::collector::{
    Counters, Redaction, Redactor, SpanMetrics, clear_exemplars, instrument_exemplars,
};
use crate::config::MetricsConfig;
use crate::error::Error;
use crate::program_signals;
use floe_telemetry_core::__sdk::metrics::{switch, switch_observed};

/// Adds an exporter's reader to the builder.
type AddReader = Box<
    dyn FnOnce(MeterProviderBuilder, &MetricsConfig, Arc<Counters>) -> MeterProviderBuilder + Send,
>;

/// An exporter whose metric reader is created when the provider starts.
pub struct MetricDestination(AddReader);

impl fmt::Debug for MetricDestination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MetricDestination")
    }
}

impl MetricDestination {
    /// A destination with this exporter.
    pub fn new(name: &str, exporter: impl PushMetricExporter) -> Self {
        let name = name.to_owned();
        Self(Box::new(|builder, config, counters| {
            let exporter = Reporting {
                name,
                exporter,
                counters,
            };
            let reader = PeriodicReader::builder(exporter).with_interval(config.export_interval());
            builder.with_reader(program_signals::blocked(|| reader.build()))
        }))
    }

    pub(crate) fn of_reader(reader: impl MetricReader) -> Self {
        Self(Box::new(|builder, _, _| builder.with_reader(reader)))
    }
}

/// The meter provider of a telemetry provider.
#[derive(Debug)]
pub(crate) struct Meters {
    sdk: SdkMeterProvider,
    views: Views,
    flushes: Arc<Flushes>,
    counters: Arc<Counters>,
}

/// The scope of the library's own metrics.
fn scope() -> InstrumentationScope {
    InstrumentationScope::builder("floe.telemetry")
        .with_version(env!("CARGO_PKG_VERSION"))
        .build()
}

impl Meters {
    /// Starts the readers and makes this the current meter provider of the process.
    pub(crate) fn start(
        config: &MetricsConfig,
        resource: &Resource,
        redaction: Redaction,
        counters: &Arc<Counters>,
        destinations: Vec<MetricDestination>,
    ) -> Self {
        let mut builder = SdkMeterProvider::builder().with_resource(resource.clone());
        for MetricDestination(add) in destinations {
            builder = add(builder, config, Arc::clone(counters));
        }
        clear_exemplars();
        let views = Views::new(config);
        let sdk = views.apply(builder).build();
        let meter = sdk.meter_with_scope(scope());
        sdk_metrics::observe(&meter, counters);
        process::observe(&meter);
        let redacting = RedactingMeterProvider::new(sdk.clone(), redaction, views.clone());
        switch_observed(Arc::new(redacting));
        Self {
            sdk,
            views,
            flushes: Arc::default(),
            counters: Arc::clone(counters),
        }
    }

    /// Creates the instruments that derive metrics from spans.
    pub(crate) fn span_metrics(&self, config: &MetricsConfig, redactor: Redactor) -> SpanMetrics {
        let meter = self.sdk.meter_with_scope(scope());
        SpanMetrics::new(
            &meter,
            config.from_spans,
            config.cardinality_limit,
            redactor,
            |name, unit, kind, bounds| {
                let scope = scope();
                let shape = self.views.shape(&scope, name, unit, kind, Some(bounds));
                instrument_exemplars(&scope, shape)
            },
        )
    }

    /// Collects and exports in the background.
    pub(crate) fn flush(&self) -> Result<Arc<MetricReport>, Error> {
        let (sdk, counters) = (self.sdk.clone(), Arc::clone(&self.counters));
        self.flushes
            .request(move || reported(sdk.force_flush(), &counters))
    }

    /// Exports a last time and shuts the readers down in the background.
    pub(crate) fn shut_down(&self, timeout: Duration) -> Result<Arc<MetricReport>, Error> {
        switch(None);
        let (sdk, counters) = (self.sdk.clone(), Arc::clone(&self.counters));
        in_background(move || reported(sdk.shutdown_with_timeout(timeout), &counters))
    }
}

/// Adds the failure of an exporter to the result of the SDK.
fn reported(result: OTelSdkResult, counters: &Counters) -> OTelSdkResult {
    match counters.exports.take_metric_failure() {
        Some(failure) => Err(OTelSdkError::InternalFailure(failure)),
        None => result,
    }
}
