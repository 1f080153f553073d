//! Trace and span ids, from a generator for each thread.

use std::hash::{BuildHasher, RandomState};

use opentelemetry::{SpanId, TraceId};

use crate::clock::Ticks;

/// `wyrand`: one multiplication, and good enough for ids, which need not be secret.
#[derive(Debug)]
pub(super) struct Ids(u64);

impl Ids {
    /// The standard library seeds each `RandomState` from the system's randomness. After a fork it continues
    /// with the parent's state, so the process and the time are part of the seed.
    pub(super) fn seeded() -> Self {
        let process = if cfg!(target_family = "wasm") {
            0
        } else {
            std::process::id()
        };
        Self(RandomState::new().hash_one((process, Ticks::now())))
    }

    #[inline]
    const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0xa076_1d64_78bd_642f);
        let wide = (self.0 as u128) * ((self.0 ^ 0xe703_7ed1_a0b4_28db) as u128);
        #[expect(clippy::cast_possible_truncation, reason = "both halves are wanted")]
        let mixed = (wide >> 64) as u64 ^ wide as u64;
        mixed
    }

    /// An all-zero id is not a valid one.
    #[inline]
    const fn next_non_zero(&mut self) -> u64 {
        loop {
            let id = self.next();
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
        TraceId::from(u128::from(self.next()) << 64 | u128::from(self.next_non_zero()))
    }
}

/// 128 random bits. The standard library takes the keys of a `RandomState` from the system's randomness.
pub(crate) fn random_bits() -> u128 {
    let state = RandomState::new();
    u128::from(state.hash_one(0_u8)) << 64 | u128::from(state.hash_one(1_u8))
}

/// A number from 0.0 up to 1.0, for jitter.
#[cfg(feature = "_otlp")]
pub(crate) fn random() -> f64 {
    // The 53 bits that a float holds.
    #[expect(clippy::cast_precision_loss, reason = "53 bits fit")]
    let number = (Ids::seeded().next() >> 11) as f64 / (1_u64 << 53) as f64;
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
            (0..1000)
                .map(|_| (ids.trace_id(), ids.span_id()))
                .collect::<Vec<_>>()
        };
        let other = thread::spawn(make);
        let ids: Vec<_> = make().into_iter().chain(other.join().unwrap()).collect();
        assert!(
            ids.iter()
                .all(|(trace, span)| *trace != TraceId::INVALID && *span != SpanId::INVALID)
        );
        let traces: HashSet<_> = ids.iter().map(|(trace, _)| trace).collect();
        let spans: HashSet<_> = ids.iter().map(|(_, span)| span).collect();
        assert_eq!((traces.len(), spans.len()), (2000, 2000));
    }
}
