//! Waiting until everything is delivered, and no longer than was said.

use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use opentelemetry_sdk::error::OTelSdkResult;

use crate::clock::monotonic_now;
use crate::collector::{self, Drain, Report};
use crate::error::Error;

/// Waits until the spans and the metrics are delivered. Metrics are made of spans, too, so they begin
/// when the spans were fetched; but half of the time is theirs in any case.
pub(super) fn finish(
    what: &'static str,
    timeout: Duration,
    deadline: Option<Instant>,
    shutdown: Option<Duration>,
    metrics: impl FnOnce() -> Option<Result<Receiver<OTelSdkResult>, Error>>,
) -> Result<(), Error> {
    let (sender, reports) = channel();
    let (expected, asked) = channel();
    let drain = Drain::new(deadline, shutdown, sender, expected);
    let begun = collector::run(move |collector| collector.drain(drain));
    let fetched = receive(&asked, monotonic_now().checked_add(timeout / 2));
    let metrics = metrics();
    let spans = begun.and_then(|_| {
        fetched
            .or_else(|_| receive(&asked, deadline))
            .and_then(|expected| await_reports(&reports, expected, deadline))
            .map_err(|error| error.explain(what, timeout))?
    });
    let metrics = metrics.map_or(Ok(()), |answer| {
        receive(&answer?, deadline)
            .map_err(|error| error.explain(what, timeout))?
            .map_err(|error| Error::export(format!("metrics: {error}")))
    });
    spans.and(metrics)
}

/// Waits for as many reports of exporters as are `expected`, and tells what failed.
fn await_reports(
    reports: &Receiver<Report>,
    expected: usize,
    deadline: Option<Instant>,
) -> Result<Result<(), Error>, Missing> {
    let mut failures = Vec::new();
    for _ in 0..expected {
        let (name, result) = receive(reports, deadline)?;
        if let Err(failure) = result {
            failures.push(format!("exporter `{name}`: {failure}"));
        }
    }
    Ok(if failures.is_empty() {
        Ok(())
    } else {
        Err(Error::export(failures.join("; ")))
    })
}

/// Without a deadline (a timeout too large to add to the clock) it waits as long as it takes.
pub(super) fn receive<T>(from: &Receiver<T>, deadline: Option<Instant>) -> Result<T, Missing> {
    let received = match deadline {
        Some(deadline) => from.recv_timeout(deadline.saturating_duration_since(monotonic_now())),
        None => from.recv().map_err(|_| RecvTimeoutError::Disconnected),
    };
    received.map_err(|error| match error {
        RecvTimeoutError::Timeout => Missing::TooLate,
        RecvTimeoutError::Disconnected => Missing::Gone,
    })
}

pub(super) enum Missing {
    TooLate,
    Gone,
}

impl Missing {
    pub(super) fn explain(self, what: &str, timeout: Duration) -> Error {
        match self {
            Self::TooLate => Error::timeout(what, timeout),
            Self::Gone => Error::export(format!(
                "{what}: a telemetry thread ended without an answer"
            )),
        }
    }
}
