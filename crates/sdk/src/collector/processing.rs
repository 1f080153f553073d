//! Calls the span processors of the program.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::enrich::add_baggage;
use super::processor::{EndingSpan, SpanProcessor};
use super::rate_limited::RateLimited;
use super::statistics::Counters;
use crate::caught::caught;
use crate::clock::WallClock;
use crate::internal_log::internal_log;
use crate::recorder::SpanRecord;

/// The span processors of a provider, in the order of their calls.
pub(crate) struct Processing {
    all: Vec<Box<dyn SpanProcessor>>,
    counters: Arc<Counters>,
    warnings: RateLimited,
}

impl Processing {
    pub(crate) fn new(all: Vec<Box<dyn SpanProcessor>>, counters: &Arc<Counters>) -> Self {
        Self { all, counters: Arc::clone(counters), warnings: RateLimited::default() }
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    pub(super) fn process(&mut self, record: &mut SpanRecord, clock: &WallClock) -> bool {
        record.write_exception();
        add_baggage(record);
        record.attributes.keep_distinct(usize::MAX);
        let mut span = EndingSpan { record, clock, is_discarded: false };
        for processor in &mut self.all {
            if caught(|| processor.on_ending(&mut span)).is_err() {
                self.counters.processor_panics.fetch_add(1, Ordering::Relaxed);
                if self.warnings.is_due() {
                    internal_log!(warn, "a span processor panicked");
                }
            }
            if span.is_discarded {
                self.counters.discarded.fetch_add(1, Ordering::Release);
                return false;
            }
        }
        true
    }
}

impl Drop for Processing {
    fn drop(&mut self) {
        for processor in self.all.drain(..) {
            let _ = caught(|| drop(processor));
        }
    }
}
