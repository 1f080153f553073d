//! Collects the spans that `testing::capture` returns.

use std::time::Duration;

use opentelemetry_sdk::trace::SpanData;

use super::fetch::Backpressure;
use super::{Collector, run};
use crate::error::Error;

/// The time to wait for each answer of the collector, which normally answers within milliseconds.
const TIMEOUT: Duration = Duration::from_secs(60);

/// Starts to collect the spans of the capture with this id.
///
/// # Errors
///
/// The collector cannot be started, or does not answer.
pub fn start_capture(id: u64) -> Result<(), Error> {
    ask(move |collector| _ = collector.captures.insert(id, Vec::new()))
}

/// Ends the capture with this id, and returns its spans in the order of their ends.
///
/// # Errors
///
/// The collector cannot be started, or does not answer.
pub fn captured_spans(id: u64) -> Result<Vec<SpanData>, Error> {
    let mut spans = ask(move |collector| {
        collector.fetch(Backpressure::Ignored);
        collector.captures.remove(&id).unwrap_or_default()
    })?;
    // The spans come buffer by buffer, and a thread with many spans uses several buffers in turn.
    spans.sort_by_key(|(ended, _)| *ended);
    Ok(spans.into_iter().map(|(_, span)| span).collect())
}

fn ask<T: Send + 'static>(
    job: impl FnOnce(&mut Collector) -> T + Send + 'static,
) -> Result<T, Error> {
    let answer = run(job)?.recv_timeout(TIMEOUT);
    answer.map_err(|_| Error::state("the telemetry collector does not answer"))
}
