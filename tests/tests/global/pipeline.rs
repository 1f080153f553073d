//! A program with telemetry, and its receivers.

#![allow(clippy::unwrap_used, reason = "tests")]

use floe_telemetry::config::OtlpProtocol;
use floe_telemetry::exporter::MemoryExporter;
use floe_telemetry::{TelemetryConfig, TelemetryProvider};
use floe_tests::{Receiver, TIMEOUT};
use opentelemetry_sdk::trace::SpanData;

pub(crate) struct Pipeline {
    pub(crate) receiver: Receiver,
    pub(crate) telemetry: TelemetryProvider,
}

impl Pipeline {
    pub(crate) fn http(change: impl FnOnce(&mut TelemetryConfig)) -> Self {
        Self::over(OtlpProtocol::Http, change)
    }

    pub(crate) fn over(protocol: OtlpProtocol, change: impl FnOnce(&mut TelemetryConfig)) -> Self {
        let receiver =
            if protocol == OtlpProtocol::Grpc { Receiver::grpc() } else { Receiver::http() };
        let mut config = TelemetryConfig::new("orders");
        config.otlp_endpoint = Some(receiver.endpoint());
        config.otlp_protocol = Some(protocol);
        change(&mut config);
        let telemetry = TelemetryProvider::builder(config).initialize().unwrap();
        Self { receiver, telemetry }
    }

    pub(crate) fn flush(&self) {
        self.telemetry.force_flush(TIMEOUT).unwrap();
    }

    pub(crate) fn shut_down(&self) {
        self.telemetry.shutdown(TIMEOUT).unwrap();
    }
}

/// The spans that an exporter of the program gets.
pub(crate) fn spans(config: TelemetryConfig, program: impl FnOnce()) -> Vec<SpanData> {
    let memory = MemoryExporter::new();
    let builder = TelemetryProvider::builder(config).with_span_exporter(memory.clone());
    let telemetry = builder.initialize().unwrap();
    program();
    telemetry.shutdown(TIMEOUT).unwrap();
    memory.spans()
}
