//! Waiting until everything is delivered, and no longer than was said.

use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use opentelemetry_sdk::error::OTelSdkResult;

use crate::clock::monotonic_now;
use crate::collector::{self, Drain, Report};
use crate::error::Error;

/// Waits until the spans and the metrics are delivered. Metrics are made of spans and of their exports,
/// too, so they begin when these have ended; but half of the time is theirs in any case.
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
    let half = monotonic_now().checked_add(timeout / 2);
    let mut reported = Vec::new();
    let fetched = receive(&asked, half);
    if let Ok(expected) = fetched {
        // Who is late is waited for again.
        let _ = await_reports(&reports, &mut reported, expected, half);
    }
    let metrics = metrics();
    let spans = begun.and_then(|_| {
        fetched
            .or_else(|_| receive(&asked, deadline))
            .and_then(|expected| await_reports(&reports, &mut reported, expected, deadline))
            .map_err(|error| error.explain(what, timeout))?;
        told(&reported)
    });
    let metrics = metrics.map_or(Ok(()), |answer| {
        receive(&answer?, deadline)
            .map_err(|error| error.explain(what, timeout))?
            .map_err(|error| Error::export(format!("metrics: {error}")))
    });
    spans.and(metrics)
}

/// Waits until as many reports of exporters as are `expected` are there.
fn await_reports(
    reports: &Receiver<Report>,
    reported: &mut Vec<Report>,
    expected: usize,
    deadline: Option<Instant>,
) -> Result<(), Missing> {
    while reported.len() < expected {
        reported.push(receive(reports, deadline)?);
    }
    Ok(())
}

/// What failed.
fn told(reports: &[Report]) -> Result<(), Error> {
    let failures = reports.iter().filter_map(|(name, result)| {
        let failure = result.as_ref().err()?;
        Some(format!("exporter `{name}`: {failure}"))
    });
    let failures: Vec<_> = failures.collect();
    if failures.is_empty() {
        Ok(())
    } else {
        Err(Error::export(failures.join("; ")))
    }
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

#[derive(Clone, Copy)]
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
