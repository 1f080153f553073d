//! The only module that reads the time.
//!
//! Span timestamps are ticks of the processor's time-stamp counter, which takes a third of the time
//! of a system clock read. Where there is none, they are nanoseconds of the monotonic clock. The collector
//! thread converts ticks to wall-clock time relative to an anchor, which it renews.

#[cfg(all(test, not(miri), target_os = "linux", target_arch = "x86_64"))]
mod wall_clock;

use std::time::{Duration, Instant, SystemTime};

/// How often the anchor is compared with the system clock.
#[cfg(feature = "provider")]
const CHECK_EVERY: Duration = Duration::from_secs(1);

/// The largest tolerated difference between the anchor and the system clock. Smaller differences do
/// not renew the anchor, because a new anchor shifts the spans of an open trace against each other.
#[cfg(feature = "provider")]
const TOLERANCE: Duration = Duration::from_micros(200);

/// A reading of the monotonic tick counter. On one processor or another, it never decreases.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ticks(counter::Reading);

impl Ticks {
    /// The smallest reading.
    pub(crate) const ZERO: Self = Self(counter::ZERO);

    #[inline]
    pub(crate) fn now() -> Self {
        Self(counter::now())
    }

    /// The time elapsed since `earlier`; zero if `earlier` is later.
    pub(crate) fn since(self, Self(earlier): Self) -> Duration {
        counter::between(earlier, self.0)
    }
}

/// Converts ticks to wall-clock time.
#[cfg(feature = "provider")]
pub(crate) struct WallClock {
    /// A reading, and the wall-clock time of it, in nanoseconds since 1970.
    anchor: (Ticks, i128),
    checked: Instant,
}

#[cfg(feature = "provider")]
impl std::fmt::Debug for WallClock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WallClock")
            .field("checked", &self.checked)
            .finish_non_exhaustive()
    }
}

#[cfg(feature = "provider")]
impl Default for WallClock {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(feature = "provider")]
impl WallClock {
    pub(crate) fn new() -> Self {
        Self {
            anchor: (Ticks::now(), signed_unix_nanos(wall_now())),
            checked: monotonic_now(),
        }
    }

    /// Renews the anchor if it differs from the system clock, which may be stepped or slewed.
    pub(crate) fn refresh(&mut self) {
        if self.checked.elapsed() < CHECK_EVERY {
            return;
        }
        self.checked = monotonic_now();
        let (anchored, system) = (self.signed_unix(Ticks::now()), wall_now());
        let difference = signed_unix_nanos(system).abs_diff(anchored);
        if difference > TOLERANCE.as_nanos() {
            *self = Self::new();
        }
    }

    pub(crate) fn at(&self, ticks: Ticks) -> SystemTime {
        self.unix(ticks).into()
    }

    pub(crate) fn unix(&self, ticks: Ticks) -> UnixNanos {
        UnixNanos(u64::try_from(self.signed_unix(ticks).max(0)).unwrap_or(u64::MAX))
    }

    /// The nanoseconds since 1970, negative before.
    fn signed_unix(&self, ticks: Ticks) -> i128 {
        let (anchor, unix) = self.anchor;
        let after = ticks.since(anchor);
        if after.is_zero() {
            return unix.saturating_sub_unsigned(anchor.since(ticks).as_nanos());
        }
        unix.saturating_add_unsigned(after.as_nanos())
    }
}

/// The nanoseconds since 1970, negative before.
#[cfg(feature = "provider")]
fn signed_unix_nanos(time: SystemTime) -> i128 {
    match time.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(since) => i128::try_from(since.as_nanos()).unwrap_or(i128::MAX),
        Err(until) => -i128::try_from(until.duration().as_nanos()).unwrap_or(i128::MAX),
    }
}

/// A timestamp in OTLP's format: nanoseconds since 1970. Earlier times are clamped to 0.
#[cfg(feature = "provider")]
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct UnixNanos(pub(crate) u64);

#[cfg(feature = "provider")]
impl From<UnixNanos> for SystemTime {
    fn from(UnixNanos(nanos): UnixNanos) -> Self {
        Self::UNIX_EPOCH + Duration::from_nanos(nanos)
    }
}

#[cfg(feature = "provider")]
impl From<SystemTime> for UnixNanos {
    fn from(time: SystemTime) -> Self {
        let since = time.duration_since(SystemTime::UNIX_EPOCH);
        let nanos = since.unwrap_or_default().as_nanos();
        Self(u64::try_from(nanos).unwrap_or(u64::MAX))
    }
}

/// The monotonic time, for deadlines and delays.
#[cfg(feature = "provider")]
pub(crate) fn monotonic_now() -> Instant {
    Instant::now()
}

/// The wall-clock time, for events of open spans and for log records.
pub(crate) fn wall_now() -> SystemTime {
    SystemTime::now()
}

/// The processor's counter, with `fastant`, which calibrates it before `main`. Elsewhere `fastant` reads the
/// wall clock, so the monotonic clock of the standard library is used there.
#[cfg(all(
    not(miri),
    target_os = "linux",
    any(target_arch = "x86", target_arch = "x86_64")
))]
mod counter {
    use std::time::Duration;

    use super::standard;

    pub(super) type Reading = fastant::Instant;

    pub(super) const ZERO: Reading = Reading::ZERO;

    #[inline]
    pub(super) fn now() -> Reading {
        read(fastant::is_tsc_available())
    }

    #[inline]
    fn read(has_counter: bool) -> Reading {
        if has_counter {
            Reading::now()
        } else {
            without_counter()
        }
    }

    /// Without a counter, `fastant` has ticks of one nanosecond.
    #[cold]
    fn without_counter() -> Reading {
        let since = Duration::from_nanos(standard::now());
        ZERO.checked_add(since).unwrap_or(ZERO)
    }

    pub(super) fn between(earlier: Reading, later: Reading) -> Duration {
        later.saturating_duration_since(earlier)
    }

    #[cfg(all(test, target_arch = "x86_64"))]
    mod tests {
        use std::time::SystemTime;

        use super::super::wall_clock;
        use super::*;

        #[test]
        fn the_time_without_a_counter_is_monotonic() {
            let wall = SystemTime::now();
            let first = (standard::now(), read(false), standard::now());
            wall_clock::set_back(3600);
            let stepped = SystemTime::now();
            let last = read(false);
            wall_clock::set_back(0);
            // Otherwise the test proves nothing.
            assert!(stepped + Duration::from_secs(3000) < wall);
            assert!(last >= first.1);
            // The counter of the processor, and the wall clock, count from another moment.
            let first = (first.0, between(ZERO, first.1).as_nanos(), first.2);
            let range = u128::from(first.0) - 1..=u128::from(first.2) + 1;
            assert!(range.contains(&first.1), "{first:?}");
        }
    }
}

/// The clock of the standard library. Miri has neither the instruction nor the files of the system that
/// `fastant` reads.
#[cfg(not(all(
    not(miri),
    target_os = "linux",
    any(target_arch = "x86", target_arch = "x86_64")
)))]
mod counter {
    use std::time::Duration;

    pub(super) use super::standard::now;

    /// Nanoseconds.
    pub(super) type Reading = u64;

    pub(super) const ZERO: Reading = 0;

    pub(super) fn between(earlier: Reading, later: Reading) -> Duration {
        Duration::from_nanos(later.saturating_sub(earlier))
    }
}

/// The monotonic clock as a number.
mod standard {
    use std::sync::LazyLock;
    use std::time::Instant;

    /// The nanoseconds since a moment before the first call.
    pub(super) fn now() -> u64 {
        static START: LazyLock<Instant> = LazyLock::new(Instant::now);
        let since = START.elapsed().as_nanos();
        u64::try_from(since).unwrap_or(u64::MAX).saturating_add(1)
    }
}

#[cfg(all(test, feature = "provider"))]
mod tests {
    use super::*;

    #[test]
    fn a_wall_clock_before_1970_is_followed() {
        let hour = Duration::from_secs(3600);
        let before = SystemTime::UNIX_EPOCH - hour;
        assert_eq!(signed_unix_nanos(before), -3_600_000_000_000);
        let clock = WallClock {
            anchor: (Ticks::now(), signed_unix_nanos(before)),
            checked: monotonic_now(),
        };
        assert_eq!(clock.unix(Ticks::ZERO).0, 0);
        assert_eq!(clock.unix(Ticks::now()).0, 0);
        assert_eq!(UnixNanos::from(before).0, 0);
    }

    #[test]
    fn times_on_both_sides_of_the_anchor_keep_their_distance() {
        let early = Ticks::now();
        let clock = WallClock::new();
        let late = Ticks::now();
        let wall = clock.signed_unix(late) - clock.signed_unix(early);
        let elapsed = i128::try_from(late.since(early).as_nanos()).unwrap();
        // Both halves are rounded down.
        assert!((elapsed - wall).abs() <= 2, "{wall} {elapsed}");
    }
}
