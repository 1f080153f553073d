//! Messages about dropped data and about panics of the sampler.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::rate_limited::RateLimited;
use super::statistics::Counters;
use crate::internal_log::internal_log;
use crate::recorder::LOST;

#[derive(Debug, Default)]
pub(super) struct DropWarnings {
    spans: Said<3>,
    records: Said<1>,
    sampler_panics: Said<1>,
}

/// The numbers that the last message of one kind has reported.
#[derive(Debug)]
struct Said<const N: usize> {
    numbers: [u64; N],
    rate: RateLimited,
}

impl<const N: usize> Default for Said<N> {
    fn default() -> Self {
        Self { numbers: [0; N], rate: RateLimited::default() }
    }
}

impl<const N: usize> Said<N> {
    /// Returns the changes since the last message, if a message is due.
    fn since_last(&mut self, now: [u64; N]) -> Option<[u64; N]> {
        let new = std::array::from_fn(|at| now[at].saturating_sub(self.numbers[at]));
        let is_due = new != [0; N] && self.rate.is_due();
        is_due.then(|| {
            self.numbers = now;
            new
        })
    }
}

impl DropWarnings {
    /// Starts to count for a new provider, whose first losses are reported at once.
    pub(super) fn restart(&mut self) {
        self.spans.numbers[2] = 0;
        self.spans.rate = RateLimited::default();
        self.records = Said::default();
    }

    /// Reports losses since the last message. A provider that shuts down reports its losses itself.
    pub(super) fn warn(&mut self, counters: Option<&Arc<Counters>>) {
        self.warn_of_sampler();
        let Some(counters) = counters.filter(|it| it.ending.get().is_none()) else {
            return;
        };
        counters.exports.say_lost();
        let memory = LOST.for_memory.load(Ordering::Relaxed);
        let buffer_full = LOST.spans.load(Ordering::Relaxed).saturating_sub(memory);
        let queue_full = counters.spans.queue_full.load(Ordering::Relaxed);
        if let Some([buffer_full, memory, queue_full]) =
            self.spans.since_last([buffer_full, memory, queue_full])
        {
            internal_log!(
                error,
                buffer_full = buffer_full,
                memory = memory,
                queue_full = queue_full,
                "spans were dropped"
            );
        }
        let [.., records_queue_full, records_late] = counters.logs.read();
        if let Some([records]) = self.records.since_last([records_queue_full + records_late]) {
            internal_log!(error, records = records, "log records were dropped");
        }
    }

    /// Warns about panics of the sampler. The threads that start spans only count these panics.
    fn warn_of_sampler(&mut self) {
        let panics = LOST.decisions.load(Ordering::Relaxed);
        if let Some([panics]) = self.sampler_panics.since_last([panics]) {
            internal_log!(warn, panics = panics, "the sampler panicked: the spans are not sampled");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_provider_has_its_own_message() {
        let mut warnings = DropWarnings::default();
        let mut said = |queue_full| warnings.spans.since_last([0, 0, queue_full]);
        assert_eq!([0, 10_000, 10_001].map(&mut said), [None, Some([0, 0, 10_000]), None]);
        warnings.restart();
        assert_eq!(warnings.spans.since_last([0, 0, 9_000]), Some([0, 0, 9_000]));
    }
}
