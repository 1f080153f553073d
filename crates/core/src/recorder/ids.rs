//! Trace and span ids, from a generator for each thread.

use std::cell::Cell;
use std::hash::{BuildHasher, RandomState};
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

#[inline]
const fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0xa076_1d64_78bd_642f);
    let wide = (*state as u128) * ((*state ^ 0xe703_7ed1_a0b4_28db) as u128);
    #[expect(clippy::cast_possible_truncation, reason = "the cast takes the low half")]
    let mixed = (wide >> 64) as u64 ^ wide as u64;
    mixed
}

#[inline]
fn advance(cell: &'static LocalKey<Cell<u64>>) -> u64 {
    let mut state = cell.get();
    let number = next(&mut state);
    cell.set(state);
    number
}

#[inline]
pub(super) fn span_id() -> SpanId {
    if LOW.get() == 0 {
        seed();
    }

    // A zero id is invalid.
    let id = match advance(&LOW) {
        0 => advance(&LOW),
        id => id,
    };

    SpanId::from(id)
}

#[inline]
pub(super) fn trace_id() -> TraceId {
    let low = u64::from_be_bytes(span_id().to_bytes());
    TraceId::from(u128::from(advance(&HIGH)) << 64 | u128::from(low))
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

    #[test]
    fn ids_are_valid_and_differ_within_and_between_threads() {
        let make = || (0..1000).map(|_| (trace_id(), span_id())).collect::<Vec<_>>();
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
            let id = trace_id().to_bytes();
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
