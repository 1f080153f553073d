//! The child process that records the spans, with a provider that has every kind of exporter.

use floe_tests::TIMEOUT;
use std::fmt;
use std::fs::File;
use std::io::Write as _;
use std::panic;
use std::sync::Mutex;

use floe_telemetry::config::OtlpProtocol;
use floe_telemetry::exporter::ConsoleExporter;
use floe_telemetry::{TelemetryConfig, TelemetryProvider};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SpanData, SpanExporter};

use crate::{planted, tables};

pub(crate) const GRPC: &str = "FLOE_TEST_GRPC";
pub(crate) const HTTP: &str = "FLOE_TEST_HTTP";
pub(crate) const DUMP: &str = "FLOE_TEST_DUMP";

/// A custom exporter, which writes everything it receives to a file.
struct Dump(Mutex<File>);

impl fmt::Debug for Dump {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Dump")
    }
}

impl SpanExporter for Dump {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        for span in batch {
            writeln!(self.0.lock().unwrap(), "{span:?}").unwrap();
        }
        Ok(())
    }

    fn set_resource(&mut self, resource: &Resource) {
        writeln!(self.0.lock().unwrap(), "{resource:?}").unwrap();
    }
}

/// The default panic hook belongs to the host; its output is not searched.
pub(crate) fn silence_panics() {
    panic::set_hook(Box::new(|_| {}));
}

/// Log messages of every level go to standard error, but for the wire of `ureq`, which SECURITY.md leaves out.
pub(crate) fn log_to_stderr() {
    tracing_subscriber::fmt()
        .with_env_filter("trace,ureq=debug,ureq_proto=debug")
        .with_writer(std::io::stderr)
        .with_ansi(false)
        .init();
}

pub(crate) fn spans() {
    silence_panics();
    log_to_stderr();
    floe_telemetry::propagation::setup_propagators();
    let endpoint = |name| std::env::var(name).unwrap();
    let mut config = TelemetryConfig::new("canaries");
    // The waterfall is printed, and searched like every other output.
    config.resource_attributes.floe_namespace = Some(crate::values::resource_text());
    config.baggage_attributes = floe_telemetry::keys::IDENTITY.map(str::to_owned).into();
    config.batch_processor.max_queue_size = 8192;
    let telemetry = TelemetryProvider::builder(config)
        .with_span_exporter(ConsoleExporter::stdout())
        .with_span_exporter(Dump(Mutex::new(File::create(endpoint(DUMP)).unwrap())))
        .with_otlp(endpoint(GRPC), OtlpProtocol::Grpc)
        .with_otlp(endpoint(HTTP), OtlpProtocol::Http)
        .initialize()
        .unwrap();
    for (canary, (_, plant)) in planted(tables()) {
        plant(&canary);
    }
    telemetry.shutdown(TIMEOUT).unwrap();
}
