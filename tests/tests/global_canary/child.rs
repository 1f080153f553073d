//! The child process that plants canaries, with a provider that has several kinds of exporters.

use std::fmt::Debug;
use std::fs::File;
use std::io::Write as _;
use std::panic;
use std::sync::{Arc, Mutex};

use floe_telemetry::exporter::ConsoleExporter;
use floe_telemetry::trace::TelemetryProviderBuilder;
use floe_telemetry::{TelemetryConfig, TelemetryProvider};
use floe_tests::{TIMEOUT, over_both};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::logs::{LogBatch, LogExporter};
use opentelemetry_sdk::trace::{SpanData, SpanExporter};

use crate::{Entry, planted, tables};

pub(crate) const GRPC: &str = "FLOE_TEST_GRPC";
pub(crate) const HTTP: &str = "FLOE_TEST_HTTP";
pub(crate) const DUMP: &str = "FLOE_TEST_DUMP";

/// A custom exporter that writes everything it receives to a file.
#[derive(Clone, Debug)]
struct Dump(Arc<Mutex<File>>);

impl Dump {
    fn write(&self, received: &impl Debug) {
        writeln!(self.0.lock().unwrap(), "{received:?}").unwrap();
    }
}

impl SpanExporter for Dump {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        self.write(&batch);
        Ok(())
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.write(resource);
    }
}

impl LogExporter for Dump {
    async fn export(&self, batch: LogBatch<'_>) -> OTelSdkResult {
        self.write(&batch);
        Ok(())
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.write(resource);
    }
}

/// Replaces the default panic hook, whose output is not searched, because the hook belongs to the host.
pub(crate) fn silence_panics() {
    panic::set_hook(Box::new(|_| {}));
}

/// Writes log messages of every level to standard error, without the answers that `ureq-proto` logs, which SECURITY.md leaves out.
pub(crate) fn log_to_stderr() {
    tracing_subscriber::fmt()
        .with_env_filter("trace,ureq_proto=debug")
        .with_writer(std::io::stderr)
        .with_ansi(false)
        .init();
}

/// Plants the canaries of these entries while a provider exports.
pub(crate) fn plant(
    mut config: TelemetryConfig,
    add: impl FnOnce(TelemetryProviderBuilder) -> TelemetryProviderBuilder,
    entries: impl Iterator<Item = Entry>,
) {
    let variable = |name| std::env::var(name).unwrap();
    let dump = Dump(Arc::new(Mutex::new(File::create(variable(DUMP)).unwrap())));
    let file = over_both(&variable(GRPC), &variable(HTTP));
    config.otlp = TelemetryConfig::from_config_file(file).unwrap().otlp;
    let builder =
        TelemetryProvider::builder(config).with_span_exporter(dump.clone()).with_log_exporter(dump);
    let telemetry = add(builder).initialize().unwrap();
    for (canary, (_, plant)) in planted(entries) {
        plant(&canary);
    }

    telemetry.shutdown(TIMEOUT).unwrap();
}

pub(crate) fn spans() {
    silence_panics();
    log_to_stderr();
    floe_telemetry::propagation::setup_propagators();
    let mut config = TelemetryConfig::new("canaries");
    config.resource_attributes.floe_namespace = Some(crate::values::resource_text());
    config.baggage_attributes = floe_telemetry::keys::IDENTITY.map(str::to_owned).into();
    config.batch_processor.max_queue_size = 8192;
    // The waterfall is printed, and searched like every other output.
    plant(config, |builder| builder.with_span_exporter(ConsoleExporter::stdout()), tables());
}
