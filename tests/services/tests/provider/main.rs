//! Tests that need the provider of the process.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod request_metrics;
mod untrusted_baggage;

use floe_telemetry::TelemetryConfig;
use floe_telemetry::config::OtlpProtocol;
use floe_tests::Receiver;
use tokio::sync::Mutex;

/// Allows one test at a time, because a process has one provider at a time.
static PROVIDER: Mutex<()> = Mutex::const_new(());

fn config(receiver: &Receiver) -> TelemetryConfig {
    let mut config = TelemetryConfig::new("shop");
    config.otlp_endpoint = Some(receiver.endpoint());
    config.otlp_protocol = Some(OtlpProtocol::Http);
    config
}
