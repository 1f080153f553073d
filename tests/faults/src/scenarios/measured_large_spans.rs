//! The receiver does not answer, while the program records spans with large events that are measured.

use std::time::Duration;

use anyhow::{Result, ensure};
use floe_telemetry::config::ExporterKind;
use floe_telemetry::create_span;

use crate::program::Program;
use crate::receivers::Script;
use crate::report::Report;
use crate::scenario::{BOTH, Case, Scenario};

/// Spans whose events are 1.6 GB.
const SPANS: u64 = 8_000;
const PAYLOAD: usize = 200_000;

/// Calls before the large spans.
const SMALL: u64 = 1_000;

pub(crate) static SCENARIO: Scenario = Scenario {
    name: "measured_large_spans",
    promise: "metrics from spans that are dropped for memory do not retain the events of these spans",
    protocols: BOTH,
    max_memory: 64 + 32,
    program,
    check,
};

fn program(program: &mut Program) {
    let mut config = program.config();
    config.exporters.metrics = Some(vec![ExporterKind::Otlp]);
    config.metrics.from_spans = true;
    program.start(config);
    program.spans(SMALL);
    let payload = "x".repeat(PAYLOAD);
    for _ in 0..SPANS {
        create_span("event").add_event(payload.clone(), Vec::new());
    }
    program.record_created(SPANS);
    program.shutdown(Duration::from_secs(1));
}

fn check(case: &Case) -> Result<Report> {
    let silent = Script::silent()?;
    let report = case.report(&silent.endpoint())?;
    let counters = report.counters;
    ensure!(counters.dropped > SPANS / 2, "{counters:?}");
    Ok(report)
}
