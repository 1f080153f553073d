//! The only place that reads the time.
//!
//! Span timestamps are ticks of the processor's time-stamp counter, which takes a third of the time
//! of a system clock read. The collector thread converts ticks to wall-clock time relative to an
//! anchor, which it renews.

use std::time::{Duration, Instant, SystemTime};

/// How often the anchor is compared with the system clock.
#[cfg(feature = "provider")]
const CHECK_EVERY: Duration = Duration::from_secs(1);

/// The largest tolerated difference between the anchor and the system clock. Smaller differences do
/// not renew the anchor, because a new anchor shifts the spans of an open trace against each other.
#[cfg(feature = "provider")]
const TOLERANCE: Duration = Duration::from_micros(200);

/// A reading of the monotonic tick counter.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ticks(fastant::Instant);

impl Ticks {
    /// The smallest reading.
    pub(crate) const ZERO: Self = Self(fastant::Instant::ZERO);

    #[inline]
    pub(crate) fn now() -> Self {
        Self(fastant::Instant::now())
    }

    /// The time elapsed since `earlier`; zero if `earlier` is later.
    pub(crate) fn since(self, Self(earlier): Self) -> Duration {
        self.0.saturating_duration_since(earlier)
    }
}

/// Converts ticks to wall-clock time.
#[cfg(feature = "provider")]
pub(crate) struct WallClock {
    anchor: fastant::Anchor,
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
            anchor: fastant::Anchor::new(),
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
