//! A program with telemetry, its receivers, and an exporter that blocks.

use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use floe_telemetry::config::{ExporterKind, OtlpProtocol, SamplingConfig};
use floe_telemetry::exporter::MemoryExporter;
use floe_telemetry::trace::{Statistics, TelemetryProviderBuilder};
use floe_telemetry::{TelemetryConfig, TelemetryProvider, traced};
use floe_tests::{Authority, ClientCertificate, Receiver, TIMEOUT};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::logs::{LogBatch, LogExporter};
use opentelemetry_sdk::metrics::Temporality;
use opentelemetry_sdk::metrics::data::ResourceMetrics;
use opentelemetry_sdk::metrics::exporter::PushMetricExporter;
use opentelemetry_sdk::trace::{SpanData, SpanExporter};

/// Longer than a test may take.
pub(crate) const NEVER: Duration = Duration::from_secs(3600);

/// The protocols for which there are receivers.
pub(crate) const BOTH: [OtlpProtocol; 2] = [OtlpProtocol::Grpc, OtlpProtocol::Http];

#[traced]
pub(crate) fn work() {}

pub(crate) fn receiver(protocol: OtlpProtocol) -> Receiver {
    if protocol == OtlpProtocol::Grpc { Receiver::grpc() } else { Receiver::http() }
}

pub(crate) fn secure(
    authority: &Authority,
    client: ClientCertificate,
) -> [(OtlpProtocol, Receiver); 2] {
    [
        (OtlpProtocol::Grpc, Receiver::grpc_with_tls(authority, client)),
        (OtlpProtocol::Http, Receiver::http_with_tls(authority, client)),
    ]
}

/// Returns the configuration of a service `orders` that sends all signals.
pub(crate) fn config(protocol: OtlpProtocol, endpoint: impl Into<String>) -> TelemetryConfig {
    let mut config = TelemetryConfig::new("orders");
    config.otlp_endpoint = Some(endpoint.into());
    config.otlp_protocol = Some(protocol);
    config
}

/// Returns the configuration of a service `orders` that sends only spans.
pub(crate) fn traces_alone(protocol: OtlpProtocol, endpoint: impl Into<String>) -> TelemetryConfig {
    let mut config = config(protocol, endpoint);
    only_traces(&mut config);
    config
}

pub(crate) fn only_traces(config: &mut TelemetryConfig) {
    config.exporters.metrics = Some(vec![ExporterKind::None]);
    config.exporters.logs = Some(vec![ExporterKind::None]);
}

pub(crate) fn start(config: TelemetryConfig) -> TelemetryProvider {
    TelemetryProvider::builder(config).initialize().unwrap()
}

/// Parses the section `sampling` of a document, and checks that it is the same after it was written and read again.
pub(crate) fn sampling(section: &str) -> SamplingConfig {
    let read = |section: &str| {
        let text = format!("resource_attributes: {{service_name: orders}}\nsampling: {section}");
        TelemetryConfig::from_yaml(&text).unwrap().sampling
    };

    let sampling = read(section);
    assert_eq!(read(&serde_json::to_string(&sampling).unwrap()), sampling, "{section}");
    sampling
}

pub(crate) struct Pipeline {
    pub(crate) receiver: Receiver,
    pub(crate) telemetry: TelemetryProvider,
}

impl Pipeline {
    pub(crate) fn grpc(change: impl FnOnce(&mut TelemetryConfig)) -> Self {
        Self::over(OtlpProtocol::Grpc, change)
    }

    pub(crate) fn http(change: impl FnOnce(&mut TelemetryConfig)) -> Self {
        Self::over(OtlpProtocol::Http, change)
    }

    pub(crate) fn over(protocol: OtlpProtocol, change: impl FnOnce(&mut TelemetryConfig)) -> Self {
        Self::with(protocol, change, |builder| builder)
    }

    pub(crate) fn with(
        protocol: OtlpProtocol,
        change: impl FnOnce(&mut TelemetryConfig),
        add: impl FnOnce(TelemetryProviderBuilder) -> TelemetryProviderBuilder,
    ) -> Self {
        let receiver = receiver(protocol);
        let mut config = config(protocol, receiver.endpoint());
        change(&mut config);
        let telemetry = add(TelemetryProvider::builder(config)).initialize().unwrap();
        Self { receiver, telemetry }
    }

    pub(crate) fn flush(&self) {
        self.telemetry.force_flush(TIMEOUT).unwrap();
    }

    pub(crate) fn shut_down(&self) {
        self.telemetry.shutdown(TIMEOUT).unwrap();
    }

    pub(crate) fn statistics(&self) -> Statistics {
        self.telemetry.statistics()
    }

    /// Shuts the provider down, and returns the receiver with everything that has arrived.
    pub(crate) fn end(self) -> Receiver {
        self.shut_down();
        self.receiver
    }
}

pub(crate) fn in_memory(config: TelemetryConfig) -> (TelemetryProvider, MemoryExporter) {
    let memory = MemoryExporter::new();
    let builder = TelemetryProvider::builder(config).with_span_exporter(memory.clone());
    (builder.initialize().unwrap(), memory)
}

pub(crate) fn spans(config: TelemetryConfig, program: impl FnOnce()) -> Vec<SpanData> {
    let (telemetry, memory) = in_memory(config);
    program();
    telemetry.shutdown(TIMEOUT).unwrap();
    memory.spans()
}

/// An exporter that calls a function when it is shut down.
#[derive(Debug)]
pub(crate) struct AtShutdown(pub(crate) fn());

impl SpanExporter for AtShutdown {
    async fn export(&self, _: Vec<SpanData>) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        self.0();
        Ok(())
    }
}

/// An exporter that blocks its thread until it is released.
#[derive(Clone, Debug, Default)]
pub(crate) struct Blocked(Arc<(Mutex<bool>, Condvar)>);

impl Blocked {
    pub(crate) fn release(&self) {
        *self.0.0.lock().unwrap() = true;
        self.0.1.notify_all();
    }

    pub(crate) fn block(&self) {
        *self.0.0.lock().unwrap() = false;
    }

    #[expect(clippy::unnecessary_wraps, reason = "the result of an export")]
    fn wait(&self) -> OTelSdkResult {
        let released = self.0.0.lock().unwrap();
        drop(self.0.1.wait_while(released, |released| !*released).unwrap());
        Ok(())
    }
}

impl SpanExporter for Blocked {
    async fn export(&self, _: Vec<SpanData>) -> OTelSdkResult {
        self.wait()
    }
}

impl LogExporter for Blocked {
    async fn export(&self, _: LogBatch<'_>) -> OTelSdkResult {
        self.wait()
    }
}

impl PushMetricExporter for Blocked {
    async fn export(&self, _: &ResourceMetrics) -> OTelSdkResult {
        self.wait()
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }

    fn temporality(&self) -> Temporality {
        Temporality::Cumulative
    }
}
