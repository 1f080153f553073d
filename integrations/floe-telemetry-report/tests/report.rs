//! The page of a program's traces.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::fs;
use std::time::Duration;

use floe_telemetry::config::ExporterKind;
use floe_telemetry::{TelemetryConfig, TelemetryProvider, span, traced};
use floe_telemetry_report::Report;
use opentelemetry_sdk::trace::SpanExporter as _;

#[traced]
fn charge(amount: u32) -> Result<(), String> {
    let _inner = span("lookup").start();
    Err(format!("no card for {amount}"))
}

#[test]
fn the_page_is_there_when_the_provider_has_shut_down() {
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("new/orders.html");
    let provider = TelemetryProvider::builder(TelemetryConfig::new("orders"))
        .with_span_exporter(Report::new(&page).unwrap())
        .initialize()
        .unwrap();
    charge(30).unwrap_err();
    assert!(!page.exists());
    provider.shutdown(Duration::from_secs(20)).unwrap();
    let text = fs::read_to_string(&page).unwrap();
    assert!(text.contains("<title>charge</title>"));
    assert!(text.ends_with("</html>\n"));
    #[cfg(unix)]
    assert_eq!(
        std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&page).unwrap().permissions())
            & 0o777,
        0o600
    );
    let left: Vec<_> = fs::read_dir(page.parent().unwrap()).unwrap().collect();
    assert_eq!(left.len(), 1, "{left:?}");

    // The configuration names the exporter, as the variables do.
    let mut config = TelemetryConfig::new("orders");
    config.exporters.directory = folder.path().to_str().unwrap().into();
    let kind: ExporterKind = serde_json::from_str("\"report\"").unwrap();
    config.exporters.traces = Some(vec![kind]);
    config.exporters.logs = Some(vec![kind]);
    let provider = TelemetryProvider::builder(config).initialize().unwrap();
    charge(40).unwrap_err();
    provider.shutdown(Duration::from_secs(20)).unwrap();
    assert!(folder.path().join("trace.html").exists());
}

/// This test changes the directory of the process, so the other tests use absolute paths.
#[test]
fn a_page_stays_at_its_place_when_the_program_goes_elsewhere() {
    let before = tempfile::tempdir().unwrap();
    let after = tempfile::tempdir().unwrap();
    let home = std::env::current_dir().unwrap();
    std::env::set_current_dir(&before).unwrap();
    let report = Report::new("new/orders.html").unwrap();
    std::env::set_current_dir(&after).unwrap();
    report.shutdown_with_timeout(Duration::ZERO).unwrap();
    std::env::set_current_dir(home).unwrap();
    assert!(before.path().join("new/orders.html").exists());
    assert_eq!(fs::read_dir(&after).unwrap().count(), 0);
}

#[test]
fn a_place_that_cannot_be_written_is_an_error_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    Report::new(file.join("page.html")).unwrap_err();
}
