//! The program with tracing-opentelemetry and the crates that its documentation combines it with.

use std::error::Error;

use opentelemetry::propagation::TextMapCompositePropagator;
use opentelemetry::{global, trace::TracerProvider as _};
use opentelemetry_appender_tracing::layer::OpenTelemetryTracingBridge;
use opentelemetry_otlp::{LogExporter, MetricExporter, SpanExporter};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::logs::SdkLoggerProvider;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use opentelemetry_sdk::propagation::{BaggagePropagator, TraceContextPropagator};
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing_subscriber::{EnvFilter, prelude::*};

#[tracing::instrument]
fn load(table: &str) {
    tracing::info!(rows = 3, "loaded");
    let counter = global::meter("orders").u64_counter("orders.loaded").build();
    counter.add(1, &[]);
}

struct Telemetry {
    traces: SdkTracerProvider,
    metrics: SdkMeterProvider,
    logs: SdkLoggerProvider,
}

impl Telemetry {
    fn start() -> Result<Self, Box<dyn Error>> {
        let resource = Resource::builder().build();
        let traces = SdkTracerProvider::builder()
            .with_resource(resource.clone())
            .with_batch_exporter(SpanExporter::builder().with_tonic().build()?)
            .build();
        let metrics = SdkMeterProvider::builder()
            .with_resource(resource.clone())
            .with_periodic_exporter(MetricExporter::builder().with_tonic().build()?)
            .build();
        let logs = SdkLoggerProvider::builder()
            .with_resource(resource)
            .with_batch_exporter(LogExporter::builder().with_tonic().build()?)
            .build();
        global::set_tracer_provider(traces.clone());
        global::set_meter_provider(metrics.clone());
        global::set_text_map_propagator(TextMapCompositePropagator::new(vec![
            Box::new(TraceContextPropagator::new()),
            Box::new(BaggagePropagator::new()),
        ]));
        let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
        tracing_subscriber::registry()
            .with(filter)
            .with(tracing_subscriber::fmt::layer().json())
            .with(OpenTelemetryTracingBridge::new(&logs))
            .with(tracing_opentelemetry::layer().with_tracer(traces.tracer("orders")))
            .init();
        Ok(Self { traces, metrics, logs })
    }
}

impl Drop for Telemetry {
    fn drop(&mut self) {
        let _ = self.traces.shutdown();
        let _ = self.metrics.shutdown();
        let _ = self.logs.shutdown();
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let _telemetry = Telemetry::start()?;
    load("orders");
    Ok(())
}
