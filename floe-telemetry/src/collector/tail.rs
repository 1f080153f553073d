//! Traces that the ratio left out, held until it is known whether they matter: whether a span of
//! theirs failed, or their root was slow.
//!
//! A trace is decided when its root has ended and everything that ended before the root was fetched
//! from the threads' buffers. Where there are too many spans, or a trace is too old, the oldest one
//! is decided by what is known of it. What comes after the decision follows it.

mod decisions;
mod reason;

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use opentelemetry::TraceId;
use rustc_hash::FxHashMap;

use self::decisions::{Decision, Decisions};
use self::reason::Reason;
use super::goals::Goals;
use super::statistics::Counters;
use crate::clock::WallClock;
use crate::config::TailSampling;
use crate::recorder::{Buffer, SpanRecord};

/// A trace that is not decided.
#[derive(Debug)]
struct Trace {
    /// Tells it from a later one of the same id.
    number: u64,
    spans: Vec<SpanRecord>,
    reason: Option<Reason>,
}

/// The traces that are held, and those spans of theirs that wait for room in an exporter.
#[derive(Debug)]
pub(super) struct TailSampler {
    config: TailSampling,
    counters: Arc<Counters>,
    traces: FxHashMap<TraceId, Trace>,
    /// In the order in which they came, with the time of that. Some may have been decided since.
    order: VecDeque<(TraceId, u64, Instant)>,
    numbers: u64,
    /// Spans in `traces`.
    spans: usize,
    decided: Decisions,
    /// Traces whose root has ended.
    ended: Vec<TraceId>,
    /// Those for which the spans of others are being fetched, as far as that must go.
    settling: Option<(Goals, Vec<TraceId>)>,
    /// Spans that are kept, and why.
    kept: VecDeque<(Reason, SpanRecord)>,
}

impl TailSampler {
    pub(super) fn new(config: TailSampling, counters: Arc<Counters>) -> Self {
        Self {
            decided: Decisions::at_most(config.buffer.max_spans),
            config,
            counters,
            traces: FxHashMap::default(),
            order: VecDeque::new(),
            numbers: 0,
            spans: 0,
            ended: Vec::new(),
            settling: None,
            kept: VecDeque::new(),
        }
    }

    /// Takes a span that the ratio left out.
    pub(super) fn push(&mut self, record: SpanRecord, clock: &WallClock, now: Instant) {
        self.counters.held.fetch_add(1, Ordering::Relaxed);
        let id = record.head.trace_id;
        if let Some(decision) = self.decided.of(id) {
            return self.follow(decision, record);
        }
        let number = self.numbers;
        let trace = self.traces.entry(id).or_insert_with(|| Trace {
            number,
            spans: Vec::new(),
            reason: None,
        });
        if trace.number == number {
            self.numbers += 1;
            self.order.push_back((id, number, now));
        }
        let reason = Reason::of(&record, &self.config, clock);
        trace.reason = trace.reason.max(reason);
        if record.is_root() {
            self.ended.push(id);
        }
        trace.spans.push(record);
        self.spans += 1;
        while self.spans > self.config.buffer.max_spans && self.decide_oldest() {}
    }

    /// Decides what is too old.
    pub(super) fn expire(&mut self, now: Instant) {
        let age = Duration::from_secs(self.config.buffer.max_seconds);
        while let Some((id, number, since)) = self.order.front().copied() {
            let is_held = self.is_held(id, number);
            if is_held && now.saturating_duration_since(since) < age {
                break;
            }
            self.order.pop_front();
            if is_held {
                self.decide(id);
            }
        }
    }

    /// Decides the traces whose roots have ended, once all is there that had ended by then.
    pub(super) fn settle(&mut self, buffers: &[Buffer]) {
        loop {
            if let Some((goals, ended)) = self.settling.take() {
                if !goals.are_reached(buffers) {
                    self.settling = Some((goals, ended));
                    return;
                }
                for id in ended {
                    self.decide(id);
                }
            }
            if self.ended.is_empty() {
                return;
            }
            self.settling = Some((Goals::of(buffers), std::mem::take(&mut self.ended)));
        }
    }

    /// Whether there is no trace whose root has ended and that is not decided.
    pub(super) fn is_settled(&self) -> bool {
        self.settling.is_none() && self.ended.is_empty()
    }

    /// Decides everything.
    pub(super) fn decide_all(&mut self) {
        while self.decide_oldest() {}
        self.ended.clear();
        self.settling = None;
    }

    /// The next span that is kept.
    pub(super) fn pop(&mut self) -> Option<SpanRecord> {
        let (reason, mut record) = self.kept.pop_front()?;
        reason.mark(&mut record);
        let counter = match reason {
            Reason::Slow => &self.counters.kept_slow,
            Reason::Error => &self.counters.kept_error,
        };
        self.leave(counter);
        Some(record)
    }

    /// Whether spans that are kept wait for room.
    pub(super) fn has_kept(&self) -> bool {
        !self.kept.is_empty()
    }

    fn is_held(&self, id: TraceId, number: u64) -> bool {
        (self.traces.get(&id)).is_some_and(|trace| trace.number == number)
    }

    /// Whether there was one.
    fn decide_oldest(&mut self) -> bool {
        while let Some((id, number, _)) = self.order.pop_front() {
            if self.is_held(id, number) {
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
        let decision = trace.reason.into();
        self.decided.remember(id, decision);
        for record in trace.spans {
            self.follow(decision, record);
        }
        self.forget_decided();
    }

    /// Keeps the list of what came when as short as what it is about.
    fn forget_decided(&mut self) {
        if self.order.len() > 2 * self.traces.len() + 64 {
            let traces = &self.traces;
            self.order.retain(|(id, number, _)| {
                (traces.get(id)).is_some_and(|trace| trace.number == *number)
            });
        }
    }

    /// What was decided for a trace holds for each of its spans.
    fn follow(&mut self, decision: Decision, record: SpanRecord) {
        match decision {
            Decision::Keep(reason) => self.kept.push_back((reason, record)),
            Decision::NotSampled => self.leave(&self.counters.sampled_out),
        }
    }

    /// A span is not held any more, but counted there.
    fn leave(&self, counter: &AtomicU64) {
        self.counters.held.fetch_sub(1, Ordering::Relaxed);
        counter.fetch_add(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests;
