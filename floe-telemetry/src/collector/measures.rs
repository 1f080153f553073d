//! Calls that have no span: fetched from the threads' rings to be counted, and nothing else.

use super::Collector;
use crate::recorder::{self, Measures, SpanRecord};

impl Collector {
    /// Counts the calls that have ended by now, and tells how many there were.
    pub(super) fn count_calls(&mut self) -> usize {
        recorder::new_measures(&mut self.measures);
        let mut counted = 0;
        let mut record = SpanRecord::blank();
        for calls in &mut self.measures {
            // Not what comes meanwhile, or a busy thread would keep the collector here.
            for _ in 0..calls.waiting() {
                if !calls.pop(&mut record) {
                    break;
                }
                counted += 1;
                if let Some(pipeline) = &mut self.pipeline {
                    pipeline.count(&record, &self.clock);
                }
            }
        }
        self.measures.retain(|calls| !Measures::is_done(calls));
        counted
    }
}
