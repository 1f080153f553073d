//! Times that Perfetto can show.

use crate::span::Recording;

/// Replaces times that are missing: one at 1970 would make the page show half a century.
#[derive(Clone, Copy, Debug)]
pub(super) struct Times {
    /// The first one of the recording.
    pub(super) first: u64,
}

impl Times {
    pub(super) fn new(recording: &Recording) -> Self {
        let spans = recording.spans.iter().flat_map(|span| [span.start, span.end]);
        let logs = recording.logs.iter().map(|log| log.time);
        let first = spans.chain(logs).filter(|time| *time > 0).min();
        Self { first: first.unwrap_or_default().min(LAST) }
    }

    pub(super) fn of(self, time: u64) -> u64 {
        time.clamp(self.first, LAST)
    }
}

/// Times are signed there.
const LAST: u64 = i64::MAX as u64;
