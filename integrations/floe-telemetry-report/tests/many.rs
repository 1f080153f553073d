//! Tests the memory for a page of many spans, in a process of its own.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "tests")]

use std::fs;
use std::future::Future as _;
use std::path::Path;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::read::GzDecoder;
use floe_telemetry::exporter::MemoryExporter;
use floe_telemetry::opentelemetry::SpanId;
use floe_telemetry::opentelemetry::trace::{SpanContext, TraceState};
use floe_telemetry::{TelemetryConfig, TelemetryProvider, span};
use floe_telemetry_report::Report;
use opentelemetry_sdk::trace::{SpanData, SpanExporter as _};

fn peak() -> usize {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.unwrap().trim().trim_end_matches(" kB").parse().unwrap()
}

#[test]
fn a_page_of_many_spans_is_bounded_and_says_what_it_leaves_out() {
    const BATCH: usize = 500;
    const SPANS: usize = 300_000;

    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("many.html");
    let report = Report::new(&page).unwrap();
    let kept = captured(&page);
    let before = peak();
    for first in (0..SPANS).step_by(BATCH) {
        let batch = (first..first + BATCH).map(|id| {
            let mut span = kept.clone();
            let context = &span.span_context;
            span.span_context = SpanContext::new(
                context.trace_id(),
                SpanId::from(id as u64 + 1),
                context.trace_flags(),
                false,
                TraceState::NONE,
            );
            span
        });
        let export = pin!(report.export(batch.collect()));
        let exported = export.poll(&mut Context::from_waker(Waker::noop()));
        assert!(matches!(exported, Poll::Ready(Ok(()))));
    }
    report.shutdown_with_timeout(Duration::from_secs(5)).unwrap();
    let grown = (peak() - before) / 1024;
    println!("{grown} MiB");
    assert!(grown < 128, "{grown} MiB");
    let note = note(&page);
    let left_out: usize = note.split_once(" later spans").unwrap().0.parse().unwrap();
    assert!((SPANS / 4..SPANS).contains(&left_out), "{note}");
}

fn note(page: &Path) -> String {
    let text = fs::read_to_string(page).unwrap();
    let (_, data) = text.split_once(r#"id="data">"#).unwrap();
    let (data, _) = data.split_once("</script>").unwrap();
    let data: serde_json::Value = serde_json::from_str(data).unwrap();
    let compressed = STANDARD.decode(data["spans"].as_str().unwrap()).unwrap();
    let rows: serde_json::Value = serde_json::from_reader(GzDecoder::new(&*compressed)).unwrap();
    rows["note"].as_str().unwrap().to_owned()
}

fn captured(page: &Path) -> SpanData {
    let memory = MemoryExporter::new();
    let provider = TelemetryProvider::builder(TelemetryConfig::new("orders"))
        .with_span_exporter(memory.clone())
        .initialize()
        .unwrap();
    let page = page.display().to_string();
    drop(
        span("load")
            .attribute("rows", 7)
            .attribute("table", "orders")
            .attribute("page", page)
            .start(),
    );
    provider.shutdown(Duration::from_secs(20)).unwrap();
    memory.spans().remove(0)
}
