//! A budget of bytes a minute, which degrades by rule: `code.*` once in each batch, then a share of the traces and
//! failed spans, then nothing until there is something left.
//!
//! A minute has six slices. Before each, the spans and bytes of the last one tell which share of the traces fits into
//! what is left of the minute. The share is consistent: whether a trace is in it depends on its randomness, so all its
//! spans of a slice are, and a smaller share is a part of a larger one. A slice gets at most half of what is left, so that
//! a burst leaves something to the next ones.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::rate_limited::RateLimited;
use super::statistics::Counters;
use crate::clock::Instant;
use crate::internal_log::internal_log;
use crate::recorder::{Code, SpanRecord, Threshold, randomness, threshold, with_threshold};

const SLICE: Duration = Duration::from_secs(10);

/// The slices of a minute.
const SLICES: u32 = 6;

/// The bytes of a span with a few attributes, until the first batch shows how many they are.
const USUAL_BYTES: f64 = 300.0;

#[derive(Debug)]
pub(super) struct Budget {
    /// The bytes of a minute.
    bytes: u64,
    counters: Arc<Counters>,
    warnings: RateLimited,
    /// The number of the slice in its minute, and when it began.
    slice: u32,
    since: Instant,
    /// The bytes that were used in this minute, and at which the slice is over.
    used: u64,
    most: u64,
    /// Spans in this slice, admitted or not.
    offered: u64,
    /// Spans that were admitted and whose bytes are not known yet.
    admitted: u64,
    bytes_per_span: f64,
    /// Which traces are rejected.
    threshold: Threshold,
    /// Whether `code.*` is written once.
    is_thrifty: bool,
}

impl Budget {
    pub(super) fn new(bytes: u64, counters: &Arc<Counters>, now: Instant) -> Self {
        Self {
            bytes,
            counters: Arc::clone(counters),
            warnings: RateLimited::default(),
            slice: 0,
            since: now,
            used: 0,
            most: bytes / 2,
            offered: 0,
            admitted: 0,
            bytes_per_span: USUAL_BYTES,
            threshold: Threshold::ALWAYS,
            is_thrifty: false,
        }
    }

    /// Whether `code.*` is written once.
    pub(super) const fn is_thrifty(&self) -> bool {
        self.is_thrifty
    }

    /// Returns whether the span is exported, and marks it with the share that it represents.
    #[expect(clippy::cast_precision_loss, reason = "an estimate")]
    pub(super) fn admits(&mut self, span: &mut SpanRecord, now: Instant) -> bool {
        self.advance(now);
        self.offered += 1;
        let used = self.used as f64 + self.admitted as f64 * self.bytes_per_span;
        let is_admitted = used < self.most as f64 && self.samples(span);
        if is_admitted {
            self.admitted += 1;
        } else {
            self.counters.over_budget.fetch_add(1, Ordering::Release);
            if self.warnings.is_due() {
                internal_log!(
                    warn,
                    bytes = self.bytes,
                    "spans are not exported: there are more than `sampling.max_bytes_per_minute` has room for"
                );
            }
        }
        is_admitted
    }

    /// Counts the bytes of a batch.
    #[expect(clippy::cast_precision_loss, reason = "an estimate")]
    pub(super) fn spend(&mut self, bytes: usize) {
        self.used += bytes as u64;
        if self.admitted > 0 {
            self.bytes_per_span = bytes as f64 / self.admitted as f64;
        }
        self.admitted = 0;
    }

    fn samples(&self, span: &mut SpanRecord) -> bool {
        if self.threshold == Threshold::ALWAYS {
            return true;
        }
        let context = span.context();
        let state = context.trace_state();
        let known = match threshold(state) {
            Some(Ok(known)) => known,
            _ => Threshold::ALWAYS,
        };
        // A failed span is certain to be exported, and represents what it did before.
        let own = match span.head.code {
            Code::Error => known,
            _ => known.max(self.threshold),
        };
        if !own.samples(randomness(span.head.trace_id, &context)) {
            return span.head.code == Code::Error;
        }
        if own != known {
            span.more_mut().trace_state = with_threshold(state, Some(own));
        }
        true
    }

    /// Begins the slice of this moment.
    #[expect(clippy::cast_precision_loss, reason = "an estimate")]
    fn advance(&mut self, now: Instant) {
        let elapsed = now.saturating_duration_since(self.since);
        if elapsed < SLICE {
            return;
        }
        let slices = u32::try_from(elapsed.as_secs() / SLICE.as_secs()).unwrap_or(SLICES);
        self.since = now;
        if self.slice + slices >= SLICES {
            self.used = 0;
        }
        self.slice = (self.slice + slices) % SLICES;
        let offered = std::mem::take(&mut self.offered) as f64 / f64::from(slices);
        let expected = offered * self.bytes_per_span;
        let left = self.bytes.saturating_sub(self.used);
        let slices = SLICES - self.slice;
        let fair = left as f64 / f64::from(slices);
        self.is_thrifty = expected > fair || self.is_thrifty && expected > fair / 2.0;
        self.threshold =
            if expected > fair { Threshold::of_ratio(fair / expected) } else { Threshold::ALWAYS };
        self.most = self.used + if slices == 1 { left } else { left / 2 };
    }
}

#[cfg(test)]
mod tests {
    use opentelemetry::{SpanId, TraceId};

    use super::*;
    use crate::clock::monotonic_now;

    const MINUTE: u64 = 60_000;

    /// Offers this many spans of different traces, of 100 bytes each, in batches of ten. Returns those that were admitted.
    fn offer(budget: &mut Budget, spans: u64, code: Code, now: Instant) -> Vec<SpanRecord> {
        let mut admitted = Vec::new();
        let mut open = 0;
        for n in 0..spans {
            let mut span = SpanRecord::blank();
            // The traces are spread evenly.
            let bits = u128::from(n) * ((1 << 56) / u128::from(spans));
            span.head.trace_id = TraceId::from(1 << 100 | bits);
            span.head.span_id = SpanId::from(n + 1);
            span.head.code = code;
            if budget.admits(&mut span, now) {
                admitted.push(span);
                open += 1;
            }
            if open == 10 {
                budget.spend(1000);
                open = 0;
            }
        }
        budget.spend(open * 100);
        admitted
    }

    fn slices(offered: u64, code: Code) -> Vec<usize> {
        let now = monotonic_now();
        let mut budget = Budget::new(MINUTE, &Arc::default(), now);
        let slices = (0..12).map(|slice| now + SLICE * slice);
        let admitted: Vec<_> =
            slices.map(|now| offer(&mut budget, offered, code, now).len()).collect();
        let counted = budget.counters.over_budget.load(Ordering::Relaxed);
        let all: usize = admitted.iter().sum();
        assert_eq!(counted + all as u64, offered * 12);
        admitted
    }

    #[test]
    fn everything_is_exported_within_the_budget() {
        assert_eq!(slices(100, Code::Ok), [100; 12]);
        assert_eq!(slices(0, Code::Ok), [0; 12]);
    }

    #[test]
    fn a_share_of_the_traces_is_exported_above_it() {
        let admitted = slices(1000, Code::Ok);
        // A burst gets half of what is left, and the rest is divided.
        assert_eq!(admitted[0], 300);
        for minute in admitted.chunks(6) {
            let spans: usize = minute.iter().sum();
            assert!((400..=600).contains(&spans), "{admitted:?}");
            assert!(minute.iter().all(|spans| *spans > 0), "{admitted:?}");
        }
        // Once it is known how much there is, each slice gets its part.
        for spans in &admitted[6..] {
            assert!((90..=110).contains(spans), "{admitted:?}");
        }
    }

    #[test]
    fn a_span_has_the_share_that_it_represents() {
        let now = monotonic_now();
        // A quarter of these spans fits into each of the other five slices.
        let bytes = 5 * 64 * 100 + 256 * 100;
        let mut budget = Budget::new(bytes, &Arc::default(), now);
        assert_eq!(offer(&mut budget, 256, Code::Ok, now).len(), 256);
        assert!(!budget.is_thrifty());
        let spans = offer(&mut budget, 256, Code::Ok, now + SLICE);
        assert!(budget.is_thrifty());
        assert_eq!(spans.len(), 64);
        for span in &spans {
            let state = span.more.as_ref().map(|more| more.trace_state.header());
            assert_eq!(state.as_deref(), Some("ot=th:c"));
        }
        // Failed spans represent themselves.
        let mut failed = offer(&mut budget, 50, Code::Error, now + SLICE);
        assert_eq!(failed.len(), 50);
        assert!(failed.pop().unwrap().more.is_none());
    }

    #[test]
    fn a_minute_without_spans_restores_everything() {
        let now = monotonic_now();
        let mut budget = Budget::new(MINUTE, &Arc::default(), now);
        offer(&mut budget, 4000, Code::Ok, now);
        offer(&mut budget, 4000, Code::Ok, now + SLICE);
        for slice in 60..62 {
            let now = now + SLICE * slice;
            assert_eq!(offer(&mut budget, 20, Code::Ok, now).len(), 20);
        }
        assert!(!budget.is_thrifty());
    }
}
