//! The only module that reads the time.
//!
//! Span timestamps are ticks of the processor's time-stamp counter, which takes a third of the time
//! of a system clock read. The collector thread converts ticks to wall-clock time relative to an
//! anchor, which it renews.

use std::time::{Duration, Instant, SystemTime};

#[cfg(not(miri))]
use fastant as counter;

/// How often the anchor is compared with the system clock.
#[cfg(feature = "provider")]
const CHECK_EVERY: Duration = Duration::from_secs(1);

/// The largest tolerated difference between the anchor and the system clock. Smaller differences do
/// not renew the anchor, because a new anchor shifts the spans of an open trace against each other.
#[cfg(feature = "provider")]
const TOLERANCE: Duration = Duration::from_micros(200);

/// A reading of the monotonic tick counter.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ticks(counter::Instant);

impl Ticks {
    /// The smallest reading.
    pub(crate) const ZERO: Self = Self(counter::Instant::ZERO);

    #[inline]
    pub(crate) fn now() -> Self {
        Self(counter::Instant::now())
    }

    /// The time elapsed since `earlier`; zero if `earlier` is later.
    pub(crate) fn since(self, Self(earlier): Self) -> Duration {
        self.0.saturating_duration_since(earlier)
    }
}

/// Converts ticks to wall-clock time.
#[cfg(feature = "provider")]
pub(crate) struct WallClock {
    anchor: counter::Anchor,
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
            anchor: counter::Anchor::new(),
            checked: monotonic_now(),
        }
    }

    /// Renews the anchor if it differs from the system clock, which may be stepped or slewed.
    pub(crate) fn refresh(&mut self) {
        if self.checked.elapsed() < CHECK_EVERY {
            return;
        }
        self.checked = monotonic_now();
        let (anchored, system) = (self.at(Ticks::now()), wall_now());
        let difference = system
            .duration_since(anchored)
            .unwrap_or_else(|error| error.duration());
        if difference > TOLERANCE {
            *self = Self::new();
        }
    }

    pub(crate) fn at(&self, ticks: Ticks) -> SystemTime {
        self.unix(ticks).into()
    }

    pub(crate) fn unix(&self, Ticks(instant): Ticks) -> UnixNanos {
        UnixNanos(instant.as_unix_nanos(&self.anchor))
    }
}

/// A timestamp in OTLP's format: nanoseconds since 1970. Earlier times are clamped to 0.
#[cfg(feature = "provider")]
#[derive(Clone, Copy, Debug)]
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

/// The standard library's clock behind the interface of `fastant`, which reads the processor's counter
/// by an instruction, and files of the system before `main`: Miri has neither.
#[cfg(miri)]
mod counter {
    use std::sync::LazyLock;
    use std::time::Duration;

    /// Nanoseconds since a moment before the first reading.
    #[derive(Clone, Copy, Debug)]
    pub(super) struct Instant(u64);

    impl Instant {
        pub(super) const ZERO: Self = Self(0);

        pub(super) fn now() -> Self {
            static START: LazyLock<std::time::Instant> = LazyLock::new(std::time::Instant::now);
            let since = START.elapsed().as_nanos();
            Self(u64::try_from(since).unwrap_or(u64::MAX).saturating_add(1))
        }

        pub(super) fn saturating_duration_since(self, earlier: Self) -> Duration {
            Duration::from_nanos(self.0.saturating_sub(earlier.0))
        }

        #[cfg(feature = "provider")]
        pub(super) fn as_unix_nanos(self, anchor: &Anchor) -> u64 {
            let since = self.0.wrapping_sub(anchor.at.0);
            anchor.unix_nanos.wrapping_add(since)
        }
    }

    /// A reading, and the wall-clock time of it.
    #[cfg(feature = "provider")]
    pub(super) struct Anchor {
        unix_nanos: u64,
        at: Instant,
    }

    #[cfg(feature = "provider")]
    impl Anchor {
        pub(super) fn new() -> Self {
            Self {
                unix_nanos: super::UnixNanos::from(super::wall_now()).0,
                at: Instant::now(),
            }
        }
    }
}
