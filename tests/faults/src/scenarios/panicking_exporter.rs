//! An exporter of the program panics, first once and then always, also when it is shut down.

use std::panic;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Result, ensure};
use floe_telemetry::config::ExporterKind;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SpanData, SpanExporter};

use crate::program::Program;
use crate::report::Report;
use crate::scenario::{Case, NONE, Scenario};

pub(crate) static SCENARIO: Scenario = Scenario {
    name: "panicking_exporter",
    promise: "an exporter that panics loses the spans of that call, which are counted, and nothing else",
    protocols: NONE,
    max_memory: 64,
    program,
    check,
};

/// Contains a credential.
const MESSAGE: &str = "exporter: token=hunter2";

/// The spans of the call that does not panic.
static ARRIVED: AtomicU64 = AtomicU64::new(0);

#[derive(Debug, Default)]
struct Panicking(AtomicU32);

#[expect(clippy::panic, reason = "the fault")]
impl SpanExporter for Panicking {
    async fn export(&self, spans: Vec<SpanData>) -> OTelSdkResult {
        match self.0.fetch_add(1, Ordering::Relaxed) {
            1 => {
                ARRIVED.fetch_add(spans.len() as u64, Ordering::Relaxed);
                Ok(())
            }
            _ => panic!("{MESSAGE}"),
        }
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        panic!("{MESSAGE}")
    }
}

fn program(program: &mut Program) {
    // The other panics are written, and the check finds them.
    let hook = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        if !panic.to_string().ends_with(MESSAGE) {
            hook(panic);
        }
    }));
    let mut config = program.config();
    config.exporters.traces = Some(vec![ExporterKind::None]);
    program.start_with(config, |builder| builder.with_span_exporter(Panicking::default()));
    for name in ["first", "second", "third"] {
        program.spans(10);
        program.flush(name, Duration::from_secs(10));
    }
    program.spans(10);
    program.shutdown(Duration::from_secs(5));
    program.record_arrived(ARRIVED.load(Ordering::Relaxed));
}

fn check(case: &Case) -> Result<Report> {
    let report = case.report("http://127.0.0.1:1")?;
    for name in ["first", "third", "shutdown"] {
        let error = report.error(name)?;
        ensure!(
            error.contains("10 spans failed: the exporter panicked: exporter: token=<REDACTED>"),
            "{name}: {error}"
        );
    }
    ensure!(report.error("second")?.is_empty(), "{report:?}");
    ensure!(!report.log.contains("hunter2"), "{}", report.log);
    let counters = report.counters;
    ensure!((counters.exported, counters.failed) == (10, 30), "{counters:?}");
    Ok(report)
}
