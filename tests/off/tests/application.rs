//! A whole application: it starts, logs and shuts down, and none of its functions has a span.

use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use floe_plugin::verify_plugin_instrumentation;
use floe_telemetry::backend;
use floe_telemetry::config::LoggingConfig;
use floe_telemetry::exporter::MemoryExporter;
use floe_telemetry::{
    MetricRecorder, TelemetryConfig, TelemetryProvider, create_span, logs, testing, traced,
};
use opentelemetry::trace::{Tracer, TracerProvider};
use tracing_subscriber::layer::SubscriberExt;

#[traced(attributes(n), metrics)]
fn load(n: u8) -> Result<u8, String> {
    drop(create_span("by hand"));
    tracing::info!("loading");
    Err(format!("{n} failed"))
}

#[traced]
async fn later() -> u8 {
    std::future::ready(1).await
}

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Lines {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test(flavor = "current_thread")]
async fn an_application_runs_without_spans() {
    let mut config =
        TelemetryConfig::from_yaml("resource_attributes: {service_name: off}").unwrap();
    config.apply_env().unwrap();
    config.validate().unwrap();
    let memory = MemoryExporter::new();
    let telemetry =
        TelemetryProvider::builder(config).with_span_exporter(memory.clone()).initialize().unwrap();
    let lines = Lines::default();
    let writer = lines.clone();
    let layer = logs::layer_with_writer(&LoggingConfig::default(), move || writer.clone()).unwrap();
    tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), || {
        assert!(load(1).is_err());
    });
    let line = lines.text();
    assert!(line.contains("loading") && !line.contains("trace_id"), "{line}");
    assert_eq!(later().await, 1);
    TelemetryProvider::tracer_provider()
        .tracer("plain")
        .in_span("plain", |_| MetricRecorder::new("off").increment("calls", 1, &[]));
    telemetry.force_flush(Duration::from_secs(30)).unwrap();
    telemetry.shutdown(Duration::from_secs(30)).unwrap();
    assert_eq!(memory.spans(), []);
    assert!(backend::find("console").is_ok());
    assert!(verify_plugin_instrumentation([]).is_empty());
    assert!(testing::capture(|| load(2)).is_empty());
}
