//! The spans of `testing::capture`.

use std::time::Duration;

use opentelemetry_sdk::trace::SpanData;

use super::fetch::Backpressure;
use super::{Collector, run};
use crate::error::Error;

/// The time limit of a capture. The collector normally answers within milliseconds.
const TIMEOUT: Duration = Duration::from_secs(60);

/// Collects the spans of a capture from now on.
///
/// # Errors
///
/// The collector cannot be started, or does not answer.
pub fn start_capture(id: u64) -> Result<(), Error> {
    ask(move |collector| _ = collector.captures.insert(id, Vec::new()))
}

/// Ends a capture. Returns its spans in the order of their ends.
///
/// # Errors
///
/// The collector does not answer.
pub fn captured_spans(id: u64) -> Result<Vec<SpanData>, Error> {
    let mut spans = ask(move |collector| {
        collector.fetch(Backpressure::Ignored);
        collector.captures.remove(&id).unwrap_or_default()
    })?;
    // A thread with many spans uses several buffers in turn, so the order of the ends is restored.
    spans.sort_by_key(|(ended, _)| *ended);
    Ok(spans.into_iter().map(|(_, span)| span).collect())
}

fn ask<T: Send + 'static>(
    job: impl FnOnce(&mut Collector) -> T + Send + 'static,
) -> Result<T, Error> {
    let answer = run(job)?.recv_timeout(TIMEOUT);
    answer.map_err(|_| Error::state("the telemetry collector does not answer"))
}
