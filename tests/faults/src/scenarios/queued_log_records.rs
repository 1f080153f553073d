//! The receiver of log records does not answer while the program shuts down.

use std::io;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use floe_telemetry::config::{ExporterKind, LoggingConfig};
use floe_telemetry::logs;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::program::Program;
use crate::receivers::Script;
use crate::report::Report;
use crate::scenario::{BOTH, Case, Scenario};

/// Several batches, for which the queue has room.
const RECORDS: u64 = 1_800;

const TIMEOUT: Duration = Duration::from_secs(1);

/// Longer than a shutdown takes on a busy machine.
const EXPORT: Duration = Duration::from_secs(20);

pub(crate) static SCENARIO: Scenario = Scenario {
    name: "queued_log_records",
    promise: "log records that are queued when a shutdown times out are dropped and counted",
    protocols: BOTH,
    max_memory: 64,
    program,
    check,
};

fn program(program: &mut Program) {
    let mut config = program.config();
    config.exporters.traces = Some(vec![ExporterKind::None]);
    config.exporters.logs = None;
    config.otlp.all.timeout_millis = u64::try_from(EXPORT.as_millis()).ok();
    let layer = logs::layer_with_writer(&LoggingConfig::default(), io::sink);
    if let Ok(layer) = layer {
        tracing_subscriber::registry().with(layer).init();
    }
    program.start(config);
    for number in 0..RECORDS {
        tracing::info!(number, "record");
    }
    program.shutdown(TIMEOUT);
    program.step("counted", |program| {
        let telemetry = program.telemetry().context("no telemetry")?;
        let deadline = Instant::now() + 2 * EXPORT;
        loop {
            let counted = telemetry.statistics();
            let (failed, dropped) = (counted.logs_failed, counted.logs_dropped);
            let all = counted.logs_exported + failed + dropped + counted.logs_pending;
            ensure!(all == RECORDS, "{counted:?}");
            if counted.logs_pending == 0 {
                ensure!(failed > 0, "{counted:?}");
                return Ok(());
            }
            ensure!(Instant::now() < deadline, "{counted:?}");
            thread::yield_now();
        }
    });
}

fn check(case: &Case) -> Result<Report> {
    let silent = Script::silent()?;
    let report = case.report(&silent.endpoint())?;
    let shutdown = report.ended_at("shutdown", TIMEOUT)?;
    ensure!(shutdown.error.is_some(), "{shutdown:?}");
    let error = report.error("counted")?;
    ensure!(error.is_empty(), "{error}");
    Ok(report)
}
