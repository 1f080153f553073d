//! Trace and span ids, from a generator for each thread.

use std::cell::Cell;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::LocalKey;

use opentelemetry::{SpanId, TraceId};

use super::fork::forks;
use crate::clock::Ticks;

thread_local! {
    /// The state of `wyrand`, a generator of one multiplication that is good enough for ids, which are not secret. The
    /// first half of trace ids has a separate state, because two outputs of one state would depend on only 64 bits.
    ///
    /// `LOW` and `HIGH` are separate cells, because loading both at once, right after they were stored one by one,
    /// would stall.
    static LOW: Cell<u64> = const { Cell::new(0) };
    static HIGH: Cell<u64> = const { Cell::new(0) };
    static FORKS: Cell<u32> = const { Cell::new(0) };
}

/// The first step of all generators, before the collector has drawn one.
const FIRST_STEP: u64 = 0xa076_1d64_78bd_642f;

/// The step of all generators, which any odd number may be.
static STEP: AtomicU64 = AtomicU64::new(FIRST_STEP);

/// Replaces the step of the generators by a random one. The collector calls this in each turn, so that two processes whose
/// memory comes from one snapshot differ from then on, without a system call on any thread of the program. Until then, the
/// times of their spans differ.
pub fn renew(random: u64) {
    STEP.store(random | 1, Ordering::Relaxed);
}

#[inline]
const fn mix(state: u64) -> u64 {
    let wide = (state as u128) * ((state ^ 0xe703_7ed1_a0b4_28db) as u128);
    #[expect(clippy::cast_possible_truncation, reason = "the cast takes the low half")]
    let mixed = (wide >> 64) as u64 ^ wide as u64;
    mixed
}

#[inline]
fn advance(cell: &'static LocalKey<Cell<u64>>, start: Ticks) -> u64 {
    let state = cell.get().wrapping_add(STEP.load(Ordering::Relaxed)).wrapping_add(start.0);
    cell.set(state);
    mix(state)
}

/// Returns a number that is not zero, because a zero id is invalid.
#[inline]
fn number(start: Ticks) -> u64 {
    if LOW.get() == 0 {
        seed();
    }

    match advance(&LOW, start) {
        0 => advance(&LOW, start),
        number => number,
    }
}

/// Returns the id of a span that starts at `start`, or at [`Ticks::ZERO`] if it is not recorded.
#[inline]
pub(super) fn span_id(start: Ticks) -> SpanId {
    SpanId::from_bytes(number(start).to_ne_bytes())
}

/// Returns the id of a new trace with only its second half, by which samplers decide whether the time is read.
#[inline]
pub(super) fn begin_trace() -> TraceId {
    TraceId::from(u128::from(number(Ticks::ZERO)))
}

/// Returns the id of a trace that was begun, with both halves.
#[inline]
pub(super) fn complete_trace(begun: TraceId, start: Ticks) -> TraceId {
    TraceId::from(u128::from(advance(&HIGH, start)) << 64 | u128::from_be_bytes(begun.to_bytes()))
}

/// After a fork, replaces the state copied from the parent. Returns whether there was a fork.
#[cold]
pub(super) fn leave_parent() -> bool {
    let is_copied = FORKS.replace(forks()) != forks();
    if is_copied {
        seed();
    }
    is_copied
}

#[cold]
#[inline(never)]
fn seed() {
    let [low, high] = seeds();
    LOW.set(low);
    HIGH.set(high);
}

/// Returns two seeds. The standard library seeds the `RandomState`s of a thread from 128 bits of the system's
/// randomness. A fork continues with the parent's state, so the process and the time are part of the seeds.
fn seeds() -> [u64; 2] {
    let state = RandomState::new();
    let process = process();
    let now = Ticks::now();
    [0_u8, 1].map(|half| state.hash_one((process, now, half)))
}

#[cfg(not(target_family = "wasm"))]
fn process() -> u128 {
    u128::from(std::process::id())
}

#[cfg(target_family = "wasm")]
const fn process() -> u128 {
    0
}

/// Returns 128 random bits.
pub fn random_bits() -> u128 {
    let [low, high] = seeds();
    u128::from(high) << 64 | u128::from(low)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::thread;

    use super::*;

    fn trace_id(start: Ticks) -> TraceId {
        complete_trace(begin_trace(), start)
    }

    /// The ids of two copies of a memory, one of which works at the times `first`, the other at `second`.
    fn of_copies(first: u64, second: u64) -> [Vec<(TraceId, SpanId)>; 2] {
        let _ = span_id(Ticks(7));
        let copied = (LOW.get(), HIGH.get());
        [first, second].map(|start| {
            LOW.set(copied.0);
            HIGH.set(copied.1);
            let ids = |n| (trace_id(Ticks(start + n)), span_id(Ticks(start + n)));
            (0..100).map(ids).collect()
        })
    }

    #[test]
    fn copies_of_a_memory_make_other_ids_even_if_a_clock_goes_back() {
        let now = Ticks::now().0 + (1 << 60);
        let three_days = 3 * 86_400 * 1_000_000_000;
        for second in [now - three_days, now - 1, now + 1, now + three_days, 0] {
            let [first, second] = of_copies(now, second);
            for (one, other) in first.iter().zip(&second) {
                assert_ne!(one.0, other.0);
                assert_ne!(one.1, other.1);
            }
        }
    }

    #[test]
    fn the_next_turn_of_the_collector_separates_copies_that_work_at_the_same_times() {
        let [first, second] = of_copies(5, 5);
        assert_eq!(first, second);
        let step = STEP.load(Ordering::Relaxed);
        let _ = span_id(Ticks(7));
        let copied = LOW.get();
        let ids = [2, 4].map(|random| {
            renew(random);
            LOW.set(copied);
            span_id(Ticks(5))
        });
        STEP.store(step, Ordering::Relaxed);
        assert_ne!(ids[0], ids[1]);
    }

    #[test]
    fn ids_are_valid_and_differ_within_and_between_threads() {
        let make =
            || (0..1000).map(|_| (trace_id(Ticks::ZERO), span_id(Ticks::ZERO))).collect::<Vec<_>>();
        let other = thread::spawn(make);
        let ids: Vec<_> = make().into_iter().chain(other.join().unwrap()).collect();
        assert!(ids.iter().all(|(trace, _)| *trace != TraceId::INVALID));
        assert!(ids.iter().all(|(_, span)| *span != SpanId::INVALID));

        let traces: HashSet<_> = ids.iter().map(|(trace, _)| trace).collect();
        let spans: HashSet<_> = ids.iter().map(|(_, span)| span).collect();
        assert_eq!((traces.len(), spans.len()), (2000, 2000));
    }
    #[test]
    fn the_halves_of_a_trace_id_are_independent() {
        let halves = |low, high| {
            LOW.set(low);
            HIGH.set(high);
            let id = trace_id(Ticks::ZERO).to_bytes();
            let (high, low) = id.split_at(8);
            (high.to_vec(), low.to_vec())
        };

        let [first, same_low, same_high] = [halves(7, 1), halves(7, 2), halves(8, 1)];

        assert_eq!(first.1, same_low.1);
        assert_ne!(first.0, same_low.0);
        assert_eq!(first.0, same_high.0);
        assert_ne!(first.1, same_high.1);
    }
}
