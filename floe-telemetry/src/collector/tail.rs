//! Tail sampling: traces that head sampling did not sample are buffered, and exported if a span failed
//! or the root was slow.
//!
//! Traces that head sampling sampled by probability are buffered, too: if a span failed or the root was slow,
//! they were certain to be sampled, so each represents only itself, and has another threshold in its trace state.
//! Otherwise failed traces would be counted once by themselves, and once more by those that head sampling sampled.
//!
//! A trace is decided once its root has ended and all spans that ended before the root were fetched
//! from the threads' buffers. If the buffer has too many spans, or a trace is too old, the oldest trace
//! is decided by the spans that have arrived. Spans that arrive after the decision follow it.

mod decisions;
mod reason;

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use opentelemetry::TraceId;
use rustc_hash::FxHashMap;

use self::decisions::{Decision, Decisions};
use self::reason::Reason;
use super::statistics::Counters;
use super::watermarks::Watermarks;
use crate::clock::WallClock;
use crate::config::TailSampling;
use crate::recorder::{Buffer, SpanRecord, rejects};

/// A buffered trace that is not decided.
#[derive(Debug)]
struct Trace {
    /// Distinguishes it from a later buffered trace with the same id.
    number: u64,
    spans: Vec<SpanRecord>,
    reason: Option<Reason>,
    /// Whether another process has decided: a span has a remote parent.
    is_remote: bool,
}

/// The traces that are not decided, and the spans of sampled traces that were not exported yet.
#[derive(Debug)]
pub(super) struct TailSampler {
    config: TailSampling,
    counters: Arc<Counters>,
    traces: FxHashMap<TraceId, Trace>,
    /// The traces with the time of their first span, the oldest first. Some are decided already.
    order: VecDeque<(TraceId, u64, Instant)>,
    next_number: u64,
    /// The number of spans in `traces`.
    spans: usize,
    /// The bytes of the spans in `traces`.
    bytes: usize,
    max_bytes: usize,
    decided: Decisions,
    /// Undecided traces whose root has ended.
    ended: Vec<TraceId>,
    /// Ended traces that are decided once the watermarks are reached.
    settling: Option<(Watermarks, Vec<TraceId>)>,
    /// Spans of sampled traces, with the reason if there is one.
    sampled: VecDeque<(Option<Reason>, SpanRecord)>,
}

impl TailSampler {
    pub(super) fn new(config: TailSampling, max_bytes: usize, counters: Arc<Counters>) -> Self {
        Self {
            decided: Decisions::with_limit(config.buffer.max_spans),
            config,
            counters,
            traces: FxHashMap::default(),
            order: VecDeque::new(),
            next_number: 0,
            spans: 0,
            bytes: 0,
            max_bytes,
            ended: Vec::new(),
            settling: None,
            sampled: VecDeque::new(),
        }
    }

    /// Returns whether the sampler needs a span: if head sampling did not sample it, or sampled only a part of such
    /// spans.
    pub(super) fn needs(record: &SpanRecord) -> bool {
        let more = record.more.as_ref();
        !record.head.flags.is_sampled() || more.is_some_and(|more| rejects(&more.trace_state))
    }

    /// Adds a span that the sampler [needs](Self::needs).
    pub(super) fn push(&mut self, record: SpanRecord, clock: &WallClock, now: Instant) {
        self.counters.tail_buffered.fetch_add(1, Ordering::Relaxed);
        let id = record.head.trace_id;
        if let Some(decision) = self.decided.of(id) {
            return self.apply(decision, record);
        }
        let number = self.next_number;
        let trace = self.traces.entry(id).or_insert_with(|| Trace {
            number,
            spans: Vec::new(),
            reason: None,
            is_remote: false,
        });
        if trace.number == number {
            self.next_number += 1;
            self.order.push_back((id, number, now));
        }
        let reason = Reason::of(&record, &self.config, clock);
        trace.reason = trace.reason.max(reason);
        trace.is_remote |= record.head.parent_is_remote;
        if record.is_root() {
            self.ended.push(id);
        }
        self.bytes += record.stored_bytes();
        trace.spans.push(record);
        self.spans += 1;
        while self.is_full() && self.decide_oldest() {}
    }

    /// Decides the traces that are older than the limit.
    pub(super) fn expire(&mut self, now: Instant) {
        let age = Duration::from_secs(self.config.buffer.max_seconds);
        while let Some((id, number, since)) = self.order.front().copied() {
            let is_undecided = self.is_undecided(id, number);
            if is_undecided && now.saturating_duration_since(since) < age {
                break;
            }
            self.order.pop_front();
            if is_undecided {
                self.decide(id);
            }
        }
    }

    /// Decides the traces whose root has ended, once all spans that ended before it were fetched.
    pub(super) fn settle(&mut self, buffers: &[Buffer]) {
        loop {
            if let Some((watermarks, ended)) = self.settling.take() {
                if !watermarks.are_reached(buffers) {
                    self.settling = Some((watermarks, ended));
                    return;
                }
                for id in ended {
                    self.decide(id);
                }
            }
            if self.ended.is_empty() {
                return;
            }
            let ended = std::mem::take(&mut self.ended);
            self.settling = Some((Watermarks::now(buffers), ended));
        }
    }

    /// Whether every trace whose root has ended is decided.
    pub(super) fn is_settled(&self) -> bool {
        self.settling.is_none() && self.ended.is_empty()
    }

    /// Decides all traces.
    pub(super) fn decide_all(&mut self) {
        while self.decide_oldest() {}
        self.ended.clear();
        self.settling = None;
    }

    /// Removes the next span of a sampled trace.
    pub(super) fn pop(&mut self) -> Option<SpanRecord> {
        let (reason, mut record) = self.sampled.pop_front()?;
        self.counters.tail_buffered.fetch_sub(1, Ordering::Relaxed);
        if let Some(reason) = reason {
            reason.mark(&mut record);
            if !record.head.flags.is_sampled() {
                let counter = match reason {
                    Reason::Slow => &self.counters.kept_slow,
                    Reason::Error => &self.counters.kept_error,
                };
                counter.fetch_add(1, Ordering::Relaxed);
            }
        }
        Some(record)
    }

    /// Whether there are spans of sampled traces.
    pub(super) fn has_sampled(&self) -> bool {
        !self.sampled.is_empty()
    }

    fn is_full(&self) -> bool {
        self.spans > self.config.buffer.max_spans || self.bytes > self.max_bytes
    }

    fn is_undecided(&self, id: TraceId, number: u64) -> bool {
        (self.traces.get(&id)).is_some_and(|trace| trace.number == number)
    }

    /// Decides the oldest trace. Returns whether there was one.
    fn decide_oldest(&mut self) -> bool {
        while let Some((id, number, _)) = self.order.pop_front() {
            if self.is_undecided(id, number) {
                self.decide(id);
                return true;
            }
        }
        false
    }

    fn decide(&mut self, id: TraceId) {
        let Some(trace) = self.traces.remove(&id) else {
            return;
        };
        self.spans -= trace.spans.len();
        self.bytes -= trace
            .spans
            .iter()
            .map(SpanRecord::stored_bytes)
            .sum::<usize>();
        let has_root = trace.spans.iter().any(SpanRecord::is_root);
        let decision = match trace.reason {
            // Whether another process has decided is not known before the root has ended.
            Some(reason) if !trace.is_remote && (has_root || !is_sampled(&trace)) => {
                Decision::Sampled(reason)
            }
            _ => Decision::Head,
        };
        self.decided.remember(id, decision);
        for record in trace.spans {
            self.apply(decision, record);
        }
        self.compact_order();
    }

    /// Removes decided traces from `order` when they outnumber the undecided ones.
    fn compact_order(&mut self) {
        if self.order.len() > 2 * self.traces.len() + 64 {
            let traces = &self.traces;
            self.order.retain(|(id, number, _)| {
                (traces.get(id)).is_some_and(|trace| trace.number == *number)
            });
        }
    }

    /// Applies the decision for a trace to one of its spans.
    fn apply(&mut self, decision: Decision, record: SpanRecord) {
        match decision {
            Decision::Sampled(reason) => self.sampled.push_back((Some(reason), record)),
            Decision::Head if record.head.flags.is_sampled() => {
                self.sampled.push_back((None, record));
            }
            Decision::Head => {
                self.counters.tail_buffered.fetch_sub(1, Ordering::Relaxed);
                self.counters.sampled_out.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
}

/// Whether head sampling has sampled a trace.
fn is_sampled(trace: &Trace) -> bool {
    let mut spans = trace.spans.iter();
    spans.any(|record| record.head.flags.is_sampled())
}

#[cfg(test)]
mod tests;
