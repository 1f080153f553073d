//! A budget of bytes, as a program sees it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::time::Duration;

use floe_telemetry::exporter::MemoryExporter;
use floe_telemetry::{TelemetryConfig, TelemetryProvider, traced};

const TIMEOUT: Duration = Duration::from_secs(20);

#[traced(name = "orders.parse")]
fn parse(_line: u32) {}

#[traced(name = "orders.import")]
fn import() {
    for line in 0..12 {
        parse(line);
    }
}

fn config(settings: &str) -> TelemetryConfig {
    let yaml = format!("resource_attributes: {{service_name: orders}}\n{settings}");
    TelemetryConfig::from_yaml(&yaml).unwrap()
}

#[test]
fn a_budget_bounds_what_is_exported() {
    floe_tests::alone!();
    let memory = MemoryExporter::new();
    let settings =
        "sampling: {max_bytes_per_minute: 1000000}\nbatch_processor: {max_queue_size: 10000}";
    let telemetry = TelemetryProvider::builder(config(settings))
        .with_span_exporter(memory.clone())
        .initialize()
        .unwrap();
    for _ in 0..1000 {
        import();
    }
    telemetry.shutdown(TIMEOUT).unwrap();
    let counted = telemetry.statistics();
    assert!(counted.over_budget > 0, "{counted:?}");
    let lost = counted.dropped_buffer_full + counted.dropped_queue_full;
    assert_eq!(counted.exported + counted.over_budget + lost, 13_000, "{counted:?}");
    assert_eq!(counted.pending, 0, "{counted:?}");
    // A span has at least 300 bytes in memory.
    assert!(memory.spans().len() < 1_000_000 / 300, "{counted:?}");
}
