//! Waits for the results of a flush or a shutdown, up to a deadline.

use std::time::Duration;

use super::logs::Reports;
use super::standby::{is_ending, is_hurried, is_signalled};
use crate::channel::{Receiver, RecvTimeoutError, channel};
use crate::clock::{Instant, monotonic_now};
use crate::collector::{self, Counters, Drain, Report};
use crate::config::Signal;
use crate::error::Error;
use crate::recorder::Sampling;

/// The time between the end of exports and the deadline of a shutdown, in which exporters report their results. If a
/// tenth of the timeout is less, it applies instead.
const MARGIN: Duration = Duration::from_millis(250);

/// The time after which a wait checks whether a signal has ended it.
const CHECK_EVERY: Duration = Duration::from_millis(20);

/// Flushes or shuts down the exporters of spans and metrics, and waits for their results and those of log records.
///
/// Some log records are exceptions of spans, so `start_logs` is called after all spans are read. Some metrics are derived
/// from spans or count their export. So `start_metrics` is called after the export of spans. Neither is called later
/// than after half of the timeout.
pub(super) fn await_delivery(
    operation: &'static str,
    timeout: Duration,
    deadline: Option<Instant>,
    shutdown: Option<Duration>,
    counters: &Counters,
    start_logs: impl FnOnce() -> Reports,
    start_metrics: impl FnOnce() -> Option<Receiver<Report>>,
) -> Result<(), Error> {
    let (sender, reports) = channel();
    let (count_sender, count) = channel();
    let end = counters.ending.get().or(deadline);
    let drain = Drain::new(end, shutdown, sender, count_sender);
    let started = collector::run(move |collector| collector.drain(drain));
    let half = monotonic_now().checked_add(timeout / 2);
    let mut received = Vec::new();
    let expected = receive(&count, half);
    let (log_exporters, of_logs) = start_logs();
    if let Ok(expected) = expected {
        // Reports that are late are awaited again below.
        let _ = receive_reports(&reports, &mut received, expected, half);
    }
    let metrics = start_metrics();
    let spans = started.and_then(|_| {
        expected
            .or_else(|_| receive(&count, deadline))
            .and_then(|expected| receive_reports(&reports, &mut received, expected, deadline))
            .map_err(|error| missing(error, operation, timeout, &undelivered(counters)))?;
        check_reports("", &received)
    });
    let metrics = metrics.map_or(Ok(()), |reports| {
        let (_, result) = receive(&reports, deadline)
            .map_err(|error| missing(error, operation, timeout, "metrics are pending"))?;
        result.map_err(|error| Error::export(format!("metrics: {error}")))
    });
    let mut received = Vec::new();
    let logs = receive_reports(&of_logs, &mut received, log_exporters, deadline)
        .map_err(|error| missing(error, operation, timeout, "log records are pending"))
        .and_then(|()| check_reports("logs: ", &received));
    join_results([("spans", spans), ("metrics", metrics), ("log records", logs)])
}

/// Joins the results of the signals. A reason that signals have in common, such as a receiver that does not run, is there
/// once.
fn join_results(results: [(&str, Result<(), Error>); 3]) -> Result<(), Error> {
    let mut joined: Vec<(Error, Vec<&str>)> = Vec::new();
    for (signal, result) in results {
        let Err(error) = result else { continue };
        match joined.iter_mut().find(|(known, _)| reason(known) == reason(&error)) {
            Some((_, same)) => same.push(signal),
            None => joined.push((error, Vec::new())),
        }
    }

    let errors = joined.into_iter().map(|(error, same)| match same[..] {
        [] => error,
        _ => error.and(&format!("{} failed for the same reason", same.join(" and "))),
    });
    errors.reduce(|one, other| one.and(&other.to_string())).map_or(Ok(()), Err)
}

/// Returns the whole reason of a signal's error, in which a URL has no path of the signal.
fn reason(error: &Error) -> String {
    let error = error.to_string();
    let reason = error.strip_prefix("metrics: ").or_else(|| Some(error.split_once("failed: ")?.1));
    Signal::removed_from(reason.unwrap_or(&error))
}

/// Returns the message about the losses of an ended provider, with the last error; `None` if there is neither.
pub(super) fn lost(counters: &Counters, error: Option<&Error>) -> Option<String> {
    let it = counters.read();
    // Open spans are counted after the others, so that a span that ends meanwhile is not counted twice.
    // A signal interrupts work, and other threads work on until the process has ended: neither is a loss.
    let open = if is_signalled() { 0 } else { Sampling::open_spans() };
    let exporters = counters.exports.exporter_count();
    let late = if exporters > 0 && !is_ending() { it.dropped_without_provider } else { 0 };
    let spans = [
        ("failed", it.failed),
        ("dropped_queue_full", it.dropped_queue_full),
        ("dropped_buffer_full", it.dropped_buffer_full),
        ("dropped_memory", it.dropped_memory),
        ("dropped_shutdown", it.dropped_shutdown),
        ("dropped_without_provider", late),
        ("pending", it.pending),
    ];
    let records = [
        ("logs_failed", it.logs_failed),
        ("logs_dropped", it.logs_dropped),
        ("logs_pending", it.logs_pending),
    ];
    let error = error.map(ToString::to_string);
    let points = counters.exports.of(Signal::Metrics).filter_map(|export| {
        let (points, reason) = export.take_loss()?;
        let is_said = error.as_ref().is_some_and(|error| {
            Signal::removed_from(error).contains(&Signal::removed_from(&reason))
        });
        let reason = if is_said { String::new() } else { format!(": {reason}") };
        Some(format!("metric data points that were not exported: {points}{reason}"))
    });
    let each = (exporters > 1).then(|| format!(" (counted for each of {exporters} exporters)"));
    let lost: Vec<_> = [
        lost_of("spans", it.exported, &spans).map(|it| it + &each.unwrap_or_default()),
        (open > 0 && exporters > 0).then(|| format!("spans that are still open: {open}")),
        lost_of("log records", it.logs_exported, &records),
        (it.missed_calls > 0)
            .then(|| format!("calls that are missing from the metrics: {}", it.missed_calls)),
    ]
    .into_iter()
    .flatten()
    .chain(points)
    .chain(error.clone())
    .collect();
    (!lost.is_empty()).then(|| lost.join("; "))
}

fn lost_of(items: &str, exported: u64, lost: &[(&str, u64)]) -> Option<String> {
    let all = exported + lost.iter().map(|(_, number)| number).sum::<u64>();
    let lost: Vec<_> = lost
        .iter()
        .filter(|(_, number)| *number > 0)
        .map(|(name, number)| format!("{name}={number}"))
        .collect();
    (!lost.is_empty()).then(|| format!("exported {exported} of {all} {items}: {}", lost.join(" ")))
}

/// Whether nothing can be lost any more. The last metrics of a process are always on their way.
pub(super) fn is_delivered(counters: &Counters) -> bool {
    let it = counters.read();
    it.pending == 0 && it.logs_pending == 0 && counters.exports.of(Signal::Metrics).next().is_none()
}

/// Returns the end of exports, before `deadline`, so that the shutdown still receives their results.
pub(super) fn end_of_exports(deadline: Instant, timeout: Duration) -> Instant {
    let end = deadline.checked_sub(MARGIN.min(timeout / 10));
    end.unwrap_or(deadline)
}

pub(super) fn undelivered(counters: &Counters) -> String {
    let pending = counters.read().pending;
    let exporters = counters.exports.describe_undelivered();
    let separator = if exporters.is_empty() { "" } else { ": " };
    format!("spans pending: {pending}{separator}{exporters}")
}

/// Waits until `received` has `expected` reports.
fn receive_reports(
    reports: &Receiver<Report>,
    received: &mut Vec<Report>,
    expected: usize,
    deadline: Option<Instant>,
) -> Result<(), RecvTimeoutError> {
    while received.len() < expected {
        received.push(receive(reports, deadline)?);
    }
    Ok(())
}

fn check_reports(signal: &str, reports: &[Report]) -> Result<(), Error> {
    let failures: Vec<_> = reports
        .iter()
        .filter_map(|(name, result)| {
            let failure = result.as_ref().err()?;
            Some(format!("{signal}exporter `{name}`: {failure}"))
        })
        .collect();
    if failures.is_empty() { Ok(()) } else { Err(Error::export(failures.join("; "))) }
}

/// Receives a value before `deadline`, which is `None` if the timeout is too large for the clock, unless a signal ends the
/// process at once.
fn receive<T>(results: &Receiver<T>, deadline: Option<Instant>) -> Result<T, RecvTimeoutError> {
    loop {
        let left = time_until(deadline);
        match results.recv_timeout(left.min(CHECK_EVERY)) {
            Err(RecvTimeoutError::Timeout) if left > CHECK_EVERY && !is_hurried() => {}
            result => return result,
        }
    }
}

pub(super) fn time_until(deadline: Option<Instant>) -> Duration {
    deadline.map_or(Duration::MAX, |at| at.saturating_duration_since(monotonic_now()))
}

/// Returns the error of a missing result. `details` describes the undelivered data.
fn missing(error: RecvTimeoutError, operation: &str, timeout: Duration, details: &str) -> Error {
    match error {
        RecvTimeoutError::Timeout if is_hurried() => {
            Error::export(format!("another signal has ended the {operation}: {details}"))
        }
        RecvTimeoutError::Timeout => Error::timeout(operation, timeout, details),
        RecvTimeoutError::Disconnected => Error::export(format!(
            "{operation}: a telemetry thread ended without reporting a result"
        )),
    }
}
