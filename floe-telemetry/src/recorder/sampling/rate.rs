//! The rate limit for sampled roots: a token bucket in one atomic integer.
//!
//! The integer is the time at which the bucket will be full again (the generic cell rate algorithm). Taking
//! a token adds the interval of one token. If that time is too far in the future, the bucket is empty.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::clock::monotonic_nanos;

/// A second, in nanoseconds.
const SECOND: u64 = 1_000_000_000;

/// A rate limit. All times are in nanoseconds of the monotonic clock.
#[derive(Debug)]
pub(super) struct RateLimit {
    /// The time in which one token is added.
    interval: u64,
    /// When the bucket will be full again.
    full_at: AtomicU64,
}

impl RateLimit {
    /// Returns a full bucket.
    #[cfg(feature = "provider")]
    pub(super) fn new(per_second: f64) -> Self {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "the rate is more than 0, and the conversion saturates"
        )]
        let interval = (SECOND as f64 / per_second) as u64;
        Self {
            interval,
            full_at: AtomicU64::new(0),
        }
    }

    /// Takes a token. Returns false if there is none. The capacity of the bucket is the tokens of one second,
    /// and at least one.
    #[cold]
    pub(super) fn take_token(&self) -> bool {
        self.take_token_at(monotonic_nanos())
    }

    fn take_token_at(&self, now: u64) -> bool {
        let latest = now.saturating_add(self.interval.max(SECOND));
        let taken = self
            .full_at
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |full_at| {
                let after = full_at.max(now).saturating_add(self.interval);
                (after <= latest).then_some(after)
            });
        taken.is_ok()
    }
}

#[cfg(all(test, feature = "provider"))]
mod tests {
    use std::sync::atomic::AtomicUsize;
    use std::thread;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_burst_is_limited_to_the_tokens_of_one_second() {
        let limit = RateLimit::new(4.0);
        let start = 5 * SECOND;
        assert_eq!((0..100).filter(|_| limit.take_token_at(start)).count(), 4);
        assert!(!limit.take_token_at(start + SECOND / 4 - 1));
        assert!(limit.take_token_at(start + SECOND / 4));
        assert!(!limit.take_token_at(start + SECOND / 4));
        // Unused tokens do not accumulate beyond one second.
        assert_eq!(
            (0..100).filter(|_| limit.take_token_at(start * 9)).count(),
            4
        );
    }

    #[test]
    fn a_rate_may_be_less_than_one() {
        let limit = RateLimit::new(0.5);
        assert!(limit.take_token_at(SECOND));
        assert!(!limit.take_token_at(SECOND * 2));
        assert!(limit.take_token_at(SECOND * 3));
    }

    #[test]
    fn threads_share_the_limit() {
        let limit = RateLimit::new(1000.0);
        let taken = AtomicUsize::new(0);
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    let own = (0..1000).filter(|_| limit.take_token_at(SECOND)).count();
                    taken.fetch_add(own, Ordering::Relaxed);
                });
            }
        });
        assert_eq!(taken.into_inner(), 1000);
    }

    proptest! {
        #[test]
        fn no_sequence_exceeds_the_rate_and_one_bucket(
            per_second in 1_u32..50,
            steps in prop::collection::vec(0_u64..SECOND, 1..200),
        ) {
            let limit = RateLimit::new(f64::from(per_second));
            let (mut now, mut taken) = (SECOND, 0_u64);
            for step in steps {
                now += step;
                taken += u64::from(limit.take_token_at(now));
            }
            let rate = u64::from(per_second);
            // The interval is truncated to whole nanoseconds, which may allow one more.
            prop_assert!(taken <= rate + (now - SECOND) * rate / SECOND + 1);
        }
    }
}
