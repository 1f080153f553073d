//! The only place that reads the time.
//!
//! A span is stamped with ticks of the processor's counter, which cost a third of a system clock
//! read. The collector thread turns ticks into wall-clock time with an anchor that it renews.

use std::time::{Duration, Instant, SystemTime};

/// How often the anchor is compared with the system's clock.
#[cfg(feature = "provider")]
const CHECK_EVERY: Duration = Duration::from_secs(1);

/// How far the two may be apart. An anchor is kept as long as it can be: a new one moves the spans
/// of a trace that is under way against each other.
#[cfg(feature = "provider")]
const TOLERANCE: Duration = Duration::from_micros(200);

/// A reading of the monotonic counter.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ticks(fastant::Instant);

impl Ticks {
    /// Before all others.
    pub(crate) const ZERO: Self = Self(fastant::Instant::ZERO);

    #[inline]
    pub(crate) fn now() -> Self {
        Self(fastant::Instant::now())
    }

    /// What has passed since `earlier`.
    pub(crate) fn since(self, Self(earlier): Self) -> Duration {
        self.0.saturating_duration_since(earlier)
    }
}

/// Turns ticks into wall-clock time.
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

    /// Takes a new anchor if the present one is off, so that a stepped or slewed clock is followed.
    pub(crate) fn refresh(&mut self) {
        if self.checked.elapsed() < CHECK_EVERY {
            return;
        }
        self.checked = monotonic_now();
        let (ours, systems) = (self.at(Ticks::now()), wall_now());
        let apart = systems
            .duration_since(ours)
            .unwrap_or_else(|error| error.duration());
        if apart > TOLERANCE {
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

/// A time as OTLP has it: nanoseconds since 1970. What was before is 1970.
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

/// For deadlines and delays.
#[cfg(feature = "provider")]
pub(crate) fn monotonic_now() -> Instant {
    Instant::now()
}

/// For events that are recorded while a span is open, and for logs.
pub(crate) fn wall_now() -> SystemTime {
    SystemTime::now()
}
