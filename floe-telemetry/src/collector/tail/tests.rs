//! What becomes of traces that are held, whatever the order in which they end.

use std::collections::BTreeMap;
use std::time::SystemTime;

use opentelemetry::{SpanId, TraceFlags};
use proptest::prelude::*;

use super::*;
use crate::clock::monotonic_now;
use crate::config::TailConfig;
use crate::recorder::Code;

const SLOW: Duration = Duration::from_secs(2);

fn config(max_spans: usize) -> TailSampling {
    TailSampling {
        errors: true,
        slower_than: Some(SLOW),
        buffer: TailConfig {
            max_spans,
            max_seconds: 60,
        },
    }
}

fn hold(max_spans: usize) -> TailSampler {
    TailSampler::new(config(max_spans), Arc::default())
}

/// A span that ends. Number 0 of a trace is its root.
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

    const fn matters(self) -> bool {
        self.failed || (self.slow && self.span == 0)
    }
}

/// The spans that are kept, by their traces.
fn taken(hold: &mut TailSampler) -> BTreeMap<u8, Vec<u64>> {
    let mut taken: BTreeMap<u8, Vec<u64>> = BTreeMap::new();
    while let Some(record) = hold.pop() {
        assert_eq!(
            record.more.as_ref().unwrap().trace_state.get("ot"),
            Some("th:0")
        );
        let is_marked = !record.attributes.as_slice().is_empty();
        assert_eq!(is_marked, record.is_root());
        let trace = record.head.trace_id.to_bytes()[15] - 1;
        let span = record.head.span_id.to_bytes()[7] - 1;
        taken.entry(trace).or_default().push(span.into());
    }
    for spans in taken.values_mut() {
        spans.sort_unstable();
    }
    taken
}

fn counted(hold: &TailSampler) -> [u64; 4] {
    let counters = &hold.counters;
    [
        &counters.held,
        &counters.kept_error,
        &counters.kept_slow,
        &counters.sampled_out,
    ]
    .map(|counter| counter.load(Ordering::Relaxed))
}

/// The spans of some traces in any order, and after each whether the collector looks at what has
/// ended.
fn ends() -> impl Strategy<Value = Vec<(End, bool)>> {
    let span = (
        prop::bool::weighted(0.1),
        prop::bool::weighted(0.3),
        any::<bool>(),
    );
    let traces = prop::collection::vec(prop::collection::vec(span, 1..6), 1..12);
    let ends = traces.prop_map(|traces| {
        let spans = (0_u8..).zip(traces).flat_map(|(trace, spans)| {
            (0..).zip(spans).map(move |(span, (failed, slow, looks))| {
                (
                    End {
                        trace,
                        span,
                        failed,
                        slow,
                    },
                    looks,
                )
            })
        });
        spans.collect::<Vec<_>>()
    });
    ends.prop_shuffle()
}

proptest! {
    #[test]
    fn traces_that_matter_are_kept_whole_and_others_not_at_all(
        ends in ends(),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut hold = hold(1000);
        let (clock, now) = (WallClock::new(), monotonic_now());
        let ends = &ends[..cut.index(ends.len() + 1)];
        // For each trace: whether its root has ended, whether it matters, and what was decided.
        let mut model: BTreeMap<u8, (bool, bool, Option<bool>)> = BTreeMap::new();
        for (end, looks) in ends {
            hold.push(end.record(), &clock, now);
            let (has_ended, matters, decided) = model.entry(end.trace).or_default();
            *has_ended |= end.span == 0;
            *matters |= decided.is_none() && end.matters();
            if *looks {
                hold.settle(&[]);
                for (has_ended, matters, decided) in model.values_mut() {
                    if *has_ended {
                        decided.get_or_insert(*matters);
                    }
                }
            }
        }
        hold.decide_all();
        let mut expected: BTreeMap<u8, Vec<u64>> = BTreeMap::new();
        for (end, _) in ends.iter().filter(|(end, _)| model[&end.trace].1) {
            expected.entry(end.trace).or_default().push(end.span);
        }
        for spans in expected.values_mut() {
            spans.sort_unstable();
        }
        prop_assert_eq!(taken(&mut hold), expected);
        let [held, error, slow, sampled_out] = counted(&hold);
        prop_assert_eq!(held, 0);
        prop_assert_eq!(error + slow + sampled_out, ends.len() as u64);
    }

    #[test]
    fn no_more_is_held_than_there_may_be(ends in ends(), max_spans in 1_usize..8) {
        let mut hold = hold(max_spans);
        let (clock, now) = (WallClock::new(), monotonic_now());
        for (count, (end, looks)) in (1..).zip(&ends) {
            hold.push(end.record(), &clock, now);
            if *looks {
                hold.settle(&[]);
            }
            let spans: usize = hold.traces.values().map(|trace| trace.spans.len()).sum();
            prop_assert_eq!(spans, hold.spans);
            prop_assert!(spans <= max_spans);
            prop_assert!(hold.order.len() <= 2 * hold.traces.len() + 65);
            let [held, error, slow, sampled_out] = counted(&hold);
            prop_assert_eq!(held, (spans + hold.kept.len()) as u64);
            prop_assert_eq!(held + error + slow + sampled_out, count);
        }
    }
}

fn end(trace: u8, span: u64, failed: bool) -> End {
    End {
        trace,
        span,
        failed,
        slow: false,
    }
}

#[test]
fn what_is_too_old_is_decided_by_what_is_known_of_it() {
    let mut hold = hold(1000);
    let (clock, now) = (WallClock::new(), monotonic_now());
    hold.push(end(0, 1, false).record(), &clock, now);
    hold.push(end(1, 1, true).record(), &clock, now);
    let later = now + Duration::from_secs(30);
    hold.push(end(2, 1, true).record(), &clock, later);
    hold.expire(now + Duration::from_secs(59));
    assert_eq!(counted(&hold), [3, 0, 0, 0]);
    hold.expire(now + Duration::from_secs(60));
    assert_eq!(taken(&mut hold), BTreeMap::from([(1, vec![1])]));
    assert_eq!(counted(&hold), [1, 1, 0, 1]);
    // Their roots, when they end at last, follow; a failure that is too late does not bring back
    // what is gone.
    hold.push(end(0, 0, true).record(), &clock, later);
    hold.push(end(1, 0, false).record(), &clock, later);
    assert_eq!(taken(&mut hold), BTreeMap::from([(1, vec![0])]));
    assert_eq!(counted(&hold), [1, 2, 0, 2]);
}

#[test]
fn the_oldest_gives_way() {
    let mut hold = hold(3);
    let (clock, now) = (WallClock::new(), monotonic_now());
    for trace in 0..5 {
        hold.push(end(trace, 1, trace == 1).record(), &clock, now);
    }
    assert_eq!(taken(&mut hold), BTreeMap::from([(1, vec![1])]));
    assert_eq!(counted(&hold), [3, 1, 0, 1]);
}

#[test]
fn the_trace_state_of_others_stays() {
    let mut record = end(0, 1, true).record();
    let state =
        opentelemetry::trace::TraceState::from_key_value([("ot", "th:8;rv:abc"), ("x", "1")]);
    record.more_mut().trace_state = state.unwrap();
    Reason::Error.mark(&mut record);
    let state = &record.more.as_ref().unwrap().trace_state;
    assert_eq!(state.header(), "ot=th:0;rv:abc,x=1");
}
