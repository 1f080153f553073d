//! Trace and span ids from a generator of the thread's own.

use std::cell::Cell;
use std::hash::{BuildHasher, RandomState};

use opentelemetry::{SpanId, TraceId};

thread_local! {
    // The standard library seeds each `RandomState` from the system's randomness.
    static STATE: Cell<u64> = Cell::new(RandomState::new().hash_one(0_u8));
}

/// `wyrand`: one multiplication, and good enough for ids, which need not be secret.
#[inline]
fn next() -> u64 {
    STATE
        .try_with(|state| {
            let seed = state.get().wrapping_add(0xa076_1d64_78bd_642f);
            state.set(seed);
            let wide = u128::from(seed) * u128::from(seed ^ 0xe703_7ed1_a0b4_28db);
            #[expect(clippy::cast_possible_truncation, reason = "both halves are wanted")]
            let mixed = (wide >> 64) as u64 ^ wide as u64;
            mixed
        })
        // The thread is ending and its generator is gone.
        .unwrap_or_else(|_| RandomState::new().hash_one(0_u8))
}

/// An all-zero id is not a valid one.
#[inline]
fn next_non_zero() -> u64 {
    loop {
        let id = next();
        if id != 0 {
            return id;
        }
    }
}

/// A number from 0.0 up to 1.0, for jitter.
#[cfg(feature = "_otlp")]
pub(crate) fn random() -> f64 {
    // The 53 bits that a float holds.
    #[expect(clippy::cast_precision_loss, reason = "53 bits fit")]
    let number = (next() >> 11) as f64 / (1_u64 << 53) as f64;
    number
}

#[inline]
pub(super) fn span_id() -> SpanId {
    SpanId::from(next_non_zero())
}

#[inline]
pub(super) fn trace_id() -> TraceId {
    TraceId::from(u128::from(next()) << 64 | u128::from(next_non_zero()))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::thread;

    use super::*;

    #[test]
    fn ids_are_valid_and_differ_within_and_between_threads() {
        let make = || {
            (0..1000)
                .map(|_| (trace_id(), span_id()))
                .collect::<Vec<_>>()
        };
        let other = thread::spawn(make);
        let ids: Vec<_> = make().into_iter().chain(other.join().unwrap()).collect();
        assert!(
            ids.iter()
                .all(|(trace, span)| *trace != TraceId::INVALID && *span != SpanId::INVALID)
        );
        assert_eq!(
            ids.iter()
                .map(|(trace, _)| trace)
                .collect::<HashSet<_>>()
                .len(),
            2000
        );
        assert_eq!(
            ids.iter()
                .map(|(_, span)| span)
                .collect::<HashSet<_>>()
                .len(),
            2000
        );
    }
}
