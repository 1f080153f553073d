//! Tail sampling decides after the end of a trace whether to export it (see `recorder/sampling.rs`). Traces that head
//! sampling did not sample are exported if a span failed or the root was slow, as configured.
//!
//! The decision about a trace is made when its root has ended and all spans that ended before the root are fetched from
//! the threads' buffers. If the buffer of the sampler is full, or a trace is too old, the decision about the oldest
//! trace is based on the spans that have arrived. It also applies to spans that arrive later.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use opentelemetry::TraceId;
use rustc_hash::FxHashMap;

use super::statistics::Counters;
use super::watermarks::Watermarks;
use crate::clock::{Instant, WallClock};
use crate::config::SamplingConfig;
use crate::keys;
use crate::recorder::{Buffer, Code, SpanRecord};

/// The maximum time for which a trace waits for its root: long enough for a nightly run.
const MAX_AGE: Duration = Duration::from_secs(24 * 60 * 60);

/// The maximum number of decisions that are kept for spans that arrive later.
const MAX_DECIDED: usize = 10_000;

/// The reason why a trace is sampled although head sampling did not sample it. The last variant takes precedence.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Reason {
    Slow,
    Error,
}

/// A buffered trace about which no decision has been made.
#[derive(Debug)]
struct Trace {
    /// The number of the trace in the order of arrival.
    number: u64,
    since: Instant,
    spans: Vec<SpanRecord>,
    reason: Option<Reason>,
    /// Whether a span has a remote parent, so that another process has already made the decision.
    is_remote: bool,
}

/// The buffered traces without a decision, and the spans of sampled traces that are not exported yet.
#[derive(Debug)]
pub(super) struct TailSampler {
    config: SamplingConfig,
    counters: Arc<Counters>,
    traces: FxHashMap<TraceId, Trace>,
    /// The traces by number, the oldest first. At most half of them are not in `traces` any more.
    order: VecDeque<(u64, TraceId)>,
    next_number: u64,
    /// The bytes of the spans in `traces`.
    bytes: usize,
    max_bytes: usize,
    /// The latest decisions, which apply to later spans: the reason, or `None` for a discarded trace.
    decided: FxHashMap<TraceId, Option<Reason>>,
    decided_order: VecDeque<TraceId>,
    /// Undecided traces whose root has ended.
    ended: Vec<TraceId>,
    /// Ended traces, whose decisions are made when the watermarks are reached.
    settling: Option<(Watermarks, Vec<TraceId>)>,
    /// Spans of sampled traces, with the reason why the trace is sampled.
    sampled: VecDeque<(Reason, SpanRecord)>,
}

impl TailSampler {
    pub(super) fn new(config: SamplingConfig, max_bytes: usize, counters: Arc<Counters>) -> Self {
        Self {
            config,
            counters,
            traces: FxHashMap::default(),
            order: VecDeque::new(),
            next_number: 0,
            bytes: 0,
            max_bytes,
            decided: FxHashMap::default(),
            decided_order: VecDeque::new(),
            ended: Vec::new(),
            settling: None,
            sampled: VecDeque::new(),
        }
    }

    /// Adds a span that head sampling did not sample.
    pub(super) fn push(&mut self, record: SpanRecord, clock: &WallClock, now: Instant) {
        self.counters.tail_buffered.fetch_add(1, Ordering::Relaxed);
        let id = record.head.trace_id;
        if let Some(reason) = self.decided.get(&id) {
            return self.apply(*reason, record);
        }
        let reason = self.reason(&record, clock);
        let trace = self.traces.entry(id).or_insert_with(|| {
            let number = self.next_number;
            self.next_number += 1;
            self.order.push_back((number, id));
            Trace { number, since: now, spans: Vec::new(), reason: None, is_remote: false }
        });
        trace.reason = trace.reason.max(reason);
        trace.is_remote |= record.head.parent_is_remote;
        if record.is_root() {
            self.ended.push(id);
        }
        self.bytes += record.stored_bytes();
        trace.spans.push(record);
        while self.is_full() && self.decide_oldest() {}
    }

    pub(super) fn expire(&mut self, now: Instant) {
        let is_old = |trace: &Trace| now.saturating_duration_since(trace.since) >= MAX_AGE;
        while let Some(id) = self.oldest()
            && self.traces.get(&id).is_some_and(is_old)
        {
            self.decide(id);
        }
    }

    /// Makes the decisions about traces whose root has ended and whose earlier spans are all fetched.
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

    pub(super) fn is_settled(&self) -> bool {
        self.settling.is_none() && self.ended.is_empty()
    }

    pub(super) fn decide_all(&mut self) {
        while self.decide_oldest() {}
        self.ended.clear();
        self.settling = None;
    }

    pub(super) fn pop(&mut self) -> Option<SpanRecord> {
        let (reason, mut record) = self.sampled.pop_front()?;
        self.counters.tail_buffered.fetch_sub(1, Ordering::Relaxed);
        if record.is_root() {
            record.attributes.set(keys::FLOE_SAMPLING_REASON, reason.name());
        }
        Some(record)
    }

    pub(super) fn has_sampled(&self) -> bool {
        !self.sampled.is_empty()
    }

    /// Returns the reason to sample the trace of this span, if the span gives one.
    fn reason(&self, record: &SpanRecord, clock: &WallClock) -> Option<Reason> {
        if self.config.keep_errors && record.head.code == Code::Error {
            return Some(Reason::Error);
        }
        let bound = self.config.keep_slower_than_millis.filter(|_| record.is_root())?;
        (record.duration(clock) > Duration::from_millis(bound)).then_some(Reason::Slow)
    }

    fn is_full(&self) -> bool {
        self.bytes > self.max_bytes
    }

    fn oldest(&mut self) -> Option<TraceId> {
        while let Some(oldest) = self.order.front() {
            if is_buffered(&self.traces, oldest) {
                return Some(oldest.1);
            }
            self.order.pop_front();
        }
        None
    }

    /// Makes the decision about the oldest trace. Returns `false` if there is no trace.
    fn decide_oldest(&mut self) -> bool {
        let oldest = self.oldest();
        oldest.is_some_and(|id| self.decide(id))
    }

    /// Makes the decision about a trace. Returns `false` if this trace is not buffered.
    fn decide(&mut self, id: TraceId) -> bool {
        let Some(trace) = self.traces.remove(&id) else {
            return false;
        };
        if self.order.len() > 2 * self.traces.len() {
            self.order.retain(|listed| is_buffered(&self.traces, listed));
        }
        let bytes = trace.spans.iter().map(SpanRecord::stored_bytes);
        self.bytes -= bytes.sum::<usize>();
        let reason = trace.reason.filter(|_| !trace.is_remote);
        self.remember(id, reason);
        for record in trace.spans {
            self.apply(reason, record);
        }
        true
    }

    fn remember(&mut self, id: TraceId, reason: Option<Reason>) {
        if self.decided.insert(id, reason).is_none() {
            self.decided_order.push_back(id);
        }
        if self.decided_order.len() > MAX_DECIDED
            && let Some(oldest) = self.decided_order.pop_front()
        {
            self.decided.remove(&oldest);
        }
    }

    fn apply(&mut self, reason: Option<Reason>, record: SpanRecord) {
        if let Some(reason) = reason {
            self.sampled.push_back((reason, record));
        } else {
            self.counters.tail_buffered.fetch_sub(1, Ordering::Relaxed);
            self.counters.sampled_out.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Whether no decision was made about a trace with this number. A later trace may have the same id.
fn is_buffered(traces: &FxHashMap<TraceId, Trace>, (number, id): &(u64, TraceId)) -> bool {
    traces.get(id).is_some_and(|trace| trace.number == *number)
}

impl Reason {
    const fn name(self) -> &'static str {
        match self {
            Self::Slow => "slow",
            Self::Error => "error",
        }
    }
}

#[cfg(test)]
mod tests;
