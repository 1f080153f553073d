//! Trace and span ids, from a generator for each thread.

use std::hash::{BuildHasher, RandomState};

use opentelemetry::{SpanId, TraceId};

use crate::clock::Ticks;

/// `wyrand`: a single multiplication, and good enough for ids, which are no secrets. The first half of trace ids has a
/// separate state, because two outputs of one state would depend on only 64 bits.
#[derive(Debug)]
pub(super) struct Ids {
    low: u64,
    high: u64,
}

#[inline]
const fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0xa076_1d64_78bd_642f);
    let wide = (*state as u128) * ((*state ^ 0xe703_7ed1_a0b4_28db) as u128);
    #[expect(clippy::cast_possible_truncation, reason = "both halves are wanted")]
    let mixed = (wide >> 64) as u64 ^ wide as u64;
    mixed
}

impl Ids {
    /// The standard library seeds the `RandomState`s of a thread from 128 bits of the system's randomness. After a fork
    /// it continues with the parent's state, so the process and the time are part of the seed.
    pub(super) fn seeded() -> Self {
        let state = RandomState::new();
        let (process, now) = (process(), Ticks::now());
        Self {
            low: state.hash_one((process, now, 0_u8)),
            high: state.hash_one((process, now, 1_u8)),
        }
    }

    /// The next number that is not zero, because a zero id is invalid.
    #[inline]
    const fn next_non_zero(&mut self) -> u64 {
        loop {
            let id = next(&mut self.low);
            if id != 0 {
                return id;
            }
        }
    }

    #[inline]
    pub(super) fn span_id(&mut self) -> SpanId {
        SpanId::from(self.next_non_zero())
    }

    #[inline]
    pub(super) fn trace_id(&mut self) -> TraceId {
        TraceId::from(u128::from(next(&mut self.high)) << 64 | u128::from(self.next_non_zero()))
    }
}

/// A seed that differs between processes.
#[cfg(not(target_family = "wasm"))]
fn process() -> u128 {
    u128::from(std::process::id())
}

#[cfg(target_family = "wasm")]
const fn process() -> u128 {
    0
}

/// 128 random bits.
pub fn random_bits() -> u128 {
    let Ids { low, high } = Ids::seeded();
    u128::from(high) << 64 | u128::from(low)
}

/// A number from 0.0 up to 1.0, for jitter.
pub fn random() -> f64 {
    // The 53 bits that a float holds.
    #[expect(clippy::cast_precision_loss, reason = "53 bits fit")]
    let number = (next(&mut Ids::seeded().low) >> 11) as f64 / (1_u64 << 53) as f64;
    number
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::thread;

    use super::*;

    #[test]
    fn ids_are_valid_and_differ_within_and_between_threads() {
        let make = || {
            let mut ids = Ids::seeded();
            (0..1000).map(|_| (ids.trace_id(), ids.span_id())).collect::<Vec<_>>()
        };
        let other = thread::spawn(make);
        let ids: Vec<_> = make().into_iter().chain(other.join().unwrap()).collect();
        assert!(
            ids.iter().all(|(trace, span)| *trace != TraceId::INVALID && *span != SpanId::INVALID)
        );
        let traces: HashSet<_> = ids.iter().map(|(trace, _)| trace).collect();
        let spans: HashSet<_> = ids.iter().map(|(_, span)| span).collect();
        assert_eq!((traces.len(), spans.len()), (2000, 2000));
    }
    /// Of 128 random bits, neither half determines the other.
    #[test]
    fn the_halves_of_a_trace_id_are_independent() {
        let halves = |low, high| {
            let id = Ids { low, high }.trace_id().to_bytes();
            let (high, low) = id.split_at(8);
            (high.to_vec(), low.to_vec())
        };
        let [first, same_low, same_high] = [halves(7, 1), halves(7, 2), halves(8, 1)];
        assert!(first.1 == same_low.1 && first.0 != same_low.0);
        assert!(first.0 == same_high.0 && first.1 != same_high.1);
    }
}
