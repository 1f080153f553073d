//! Tests the decisions of tail sampling for spans that end in any order.

use std::collections::BTreeMap;
use std::time::SystemTime;

use opentelemetry::{SpanId, TraceFlags};
use proptest::prelude::*;

use super::*;
use crate::clock::monotonic_now;

const SLOW: Duration = Duration::from_secs(2);

fn sampler(max_spans: usize) -> TailSampler {
    let config = SamplingConfig {
        keep_errors: true,
        keep_slower_than_millis: Some(2000),
        ..SamplingConfig::default()
    };
    let max_bytes = max_spans * end(0, 0, false).record().stored_bytes();
    TailSampler::new(config, max_bytes, Arc::default())
}

/// A finished span. Span 0 of a trace is its root.
#[derive(Clone, Copy, Debug)]
struct End {
    trace: u8,
    span: u64,
    failed: bool,
    slow: bool,
}

impl End {
    fn record(self) -> SpanRecord {
        let mut record = SpanRecord::blank();
        record.head.trace_id = TraceId::from(u128::from(self.trace) + 1);
        record.head.span_id = SpanId::from(self.span + 1);
        if self.span > 0 {
            record.head.parent = SpanId::from(1);
        }
        record.head.flags = TraceFlags::default();
        if self.failed {
            record.head.code = Code::Error;
        }
        let more = record.more_mut();
        more.start = Some(SystemTime::UNIX_EPOCH);
        let took = if self.slow { SLOW * 2 } else { SLOW };
        more.end = Some(SystemTime::UNIX_EPOCH + took);
        record
    }
}

fn take_sampled(sampler: &mut TailSampler) -> BTreeMap<u8, Vec<u64>> {
    let mut by_trace: BTreeMap<u8, Vec<u64>> = BTreeMap::new();
    while let Some(record) = sampler.pop() {
        let is_marked = !record.attributes.as_slice().is_empty();
        assert_eq!(is_marked, record.is_root());
        let trace = record.head.trace_id.to_bytes()[15] - 1;
        let span = record.head.span_id.to_bytes()[7] - 1;
        by_trace.entry(trace).or_default().push(span.into());
    }
    for spans in by_trace.values_mut() {
        spans.sort_unstable();
    }
    by_trace
}

/// Returns the numbers of buffered and of discarded spans.
fn counted(sampler: &TailSampler) -> [u64; 2] {
    let counters = &sampler.counters;
    [&counters.tail_buffered, &counters.sampled_out].map(|counter| counter.load(Ordering::Relaxed))
}

/// Generates the spans of some traces in any order, and for each span whether `settle` is called after it.
fn ends() -> impl Strategy<Value = Vec<(End, bool)>> {
    let span = (prop::bool::weighted(0.1), prop::bool::weighted(0.3), any::<bool>());
    let traces = prop::collection::vec(prop::collection::vec(span, 1..6), 1..12);
    let ends = traces.prop_map(|traces| {
        let spans = (0_u8..).zip(traces).flat_map(|(trace, spans)| {
            (0..).zip(spans).map(move |(span, (failed, slow, settles))| {
                (End { trace, span, failed, slow }, settles)
            })
        });
        spans.collect::<Vec<_>>()
    });
    ends.prop_shuffle()
}

proptest! {
    #[test]
    fn the_buffer_is_bounded(ends in ends(), max_spans in 1_usize..8) {
        let mut sampler = sampler(max_spans);
        let clock = WallClock::default();
        let now = monotonic_now();
        for (count, (end, settles)) in (1..).zip(&ends) {
            sampler.push(end.record(), &clock, now);
            if *settles {
                sampler.settle(&[]);
            }
            let spans: usize = sampler.traces.values().map(|trace| trace.spans.len()).sum();
            prop_assert!(spans <= max_spans);
            prop_assert!(sampler.order.len() <= 2 * sampler.traces.len());
            let [buffered, sampled_out] = counted(&sampler);
            prop_assert_eq!(buffered, (spans + sampler.sampled.len()) as u64);
            prop_assert_eq!(buffered + sampled_out, count);
        }
    }
}

fn end(trace: u8, span: u64, failed: bool) -> End {
    End { trace, span, failed, slow: false }
}

#[test]
fn an_old_trace_is_decided_by_the_spans_that_have_arrived() {
    let mut sampler = sampler(1000);
    let clock = WallClock::default();
    let now = monotonic_now();
    sampler.push(end(0, 1, false).record(), &clock, now);
    sampler.push(end(1, 1, true).record(), &clock, now);
    let later = now + MAX_AGE / 2;
    sampler.push(end(2, 1, true).record(), &clock, later);
    sampler.expire(later);
    assert_eq!(counted(&sampler), [3, 0]);
    sampler.expire(now + MAX_AGE);
    assert_eq!(take_sampled(&mut sampler), BTreeMap::from([(1, vec![1])]));
    assert_eq!(counted(&sampler), [1, 1]);
    // Roots that end later follow the decision, and a later failure cannot restore discarded spans.
    sampler.push(end(0, 0, true).record(), &clock, later);
    sampler.push(end(1, 0, false).record(), &clock, later);
    assert_eq!(take_sampled(&mut sampler), BTreeMap::from([(1, vec![0])]));
    assert_eq!(counted(&sampler), [1, 2]);
}

#[test]
fn a_full_buffer_decides_the_oldest_trace() {
    let mut sampler = sampler(3);
    let clock = WallClock::default();
    let now = monotonic_now();
    for trace in 0..5 {
        sampler.push(end(trace, 1, trace == 1).record(), &clock, now);
    }
    assert_eq!(take_sampled(&mut sampler), BTreeMap::from([(1, vec![1])]));
    assert_eq!(counted(&sampler), [3, 1]);
}
