//! Tests that a panic in the pipeline loses only the spans that it interrupts.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::env;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use floe_telemetry_core::span;

use super::TelemetryProvider;
use crate::channel::{RecvTimeoutError, Sender};
use crate::collector::{self, Counters, Destination, EnrichedSpan, Report};
use crate::config::{ExporterKind, TelemetryConfig};
use crate::exporter::MemoryExporter;

const TIMEOUT: Duration = Duration::from_secs(60);

/// The variable of the child process, which has its own provider.
const CHILD: &str = "FLOE_TEST_CHILD";

/// An exporter that panics with every second span, or with every second batch.
#[derive(Debug)]
struct Panicking {
    counters: Arc<Counters>,
    pushed: usize,
    shipped: usize,
    panics_with_spans: bool,
}

impl Destination for Panicking {
    fn push(&mut self, _: &EnrichedSpan<'_>) -> bool {
        self.pushed += 1;
        assert!(!self.panics_with_spans || self.pushed.is_multiple_of(2), "a test");
        false
    }

    fn ship(&mut self, spans: usize) {
        self.shipped += 1;
        assert!(self.panics_with_spans || self.shipped.is_multiple_of(2), "a test");
        let exported = &self.counters.spans.exported;
        exported.fetch_add(spans as u64, Ordering::Relaxed);
    }

    fn discard(&mut self) {}

    fn room(&self, _: usize) -> usize {
        usize::MAX
    }

    fn flush(&self, report: &Sender<Report>) {
        let _ = report.send(("panicking".to_owned(), Ok(())));
    }

    fn shutdown(&self, _: Duration, report: &Sender<Report>) {
        self.flush(report);
    }
}

/// Flushes after each span. The spans together are larger than the buffers. Returns the number of failed flushes.
fn flush_each_span(panics_with_spans: bool) -> usize {
    const SPANS: u64 = 60;
    let mut config = TelemetryConfig::new("panics");
    config.max_memory_bytes = 4 * 1024 * 1024;
    config.exporters.metrics = Some(vec![ExporterKind::None]);
    let memory = MemoryExporter::new();
    let builder = TelemetryProvider::builder(config).with_span_exporter(memory.clone());
    let telemetry = builder.initialize().unwrap();
    let panicking = Panicking {
        counters: Arc::clone(&telemetry.inner.counters),
        pushed: 0,
        shipped: 0,
        panics_with_spans,
    };
    let added = collector::run(|collector| collector.add(Box::new(panicking))).unwrap();
    added.recv_timeout(TIMEOUT).unwrap();
    let mut failures = 0;
    for _ in 0..SPANS {
        drop(span("large").attribute("text", "x".repeat(100_000)).start());
        if let Err(error) = telemetry.force_flush(TIMEOUT) {
            assert!(!error.is_timeout(), "{error}");
            failures += 1;
        }
    }
    telemetry.shutdown(TIMEOUT).unwrap();
    let counted = telemetry.statistics();
    assert_eq!((counted.dropped_memory, counted.pending), (0, 0), "{counted:?}");
    // Each span counts once per exporter.
    assert_eq!(counted.exported + counted.failed, 2 * SPANS, "{counted:?}");
    let delivered = memory.spans().len() as u64;
    assert!(delivered >= SPANS / 2, "{delivered} of {counted:?}");
    failures
}

#[test]
fn a_panic_in_the_pipeline_loses_only_interrupted_spans() {
    if env::var_os(CHILD).is_none() {
        let name =
            concat!(module_path!(), "::a_panic_in_the_pipeline_loses_only_interrupted_spans");
        let (_, name) = name.split_once("::").unwrap();
        let mut child = Command::new(env::current_exe().unwrap());
        let output = child.args(["--exact", name]).env(CHILD, "1").output().unwrap();
        let stdout = String::from_utf8(output.stdout).unwrap();
        assert!(stdout.contains(" 1 passed"), "{stdout}");
        return;
    }
    // The flush continues after the panic.
    assert_eq!(flush_each_span(true), 0);
    // The flush itself panics.
    assert_eq!(flush_each_span(false), 30);
    let result: Result<(), _> = collector::run(|_| panic!("a test")).unwrap().recv_timeout(TIMEOUT);
    assert_eq!(result, Err(RecvTimeoutError::Disconnected));
}
