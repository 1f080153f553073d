//! The only place that reads the time.
//!
//! A span is stamped with ticks of the processor's counter, which cost a third of a system clock
//! read. The collector thread turns ticks into wall-clock time with an anchor that it renews.

use std::time::{Duration, Instant, SystemTime};

/// How long an anchor is used. The counter's calibration is good to some parts per million, so a
/// second keeps the error in the low microseconds.
#[cfg(feature = "provider")]
const ANCHOR_LIFE: Duration = Duration::from_secs(1);

/// A reading of the monotonic counter.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ticks(fastant::Instant);

impl Ticks {
    #[inline]
    pub(crate) fn now() -> Self {
        Self(fastant::Instant::now())
    }
}

/// When something happened: a reading of our own, or a time that the plain API was given.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Moment {
    Ticks(Ticks),
    Wall(SystemTime),
}

impl Moment {
    #[inline]
    pub(crate) fn now() -> Self {
        Self::Ticks(Ticks::now())
    }
}

/// Turns ticks into wall-clock time.
#[cfg(feature = "provider")]
pub(crate) struct WallClock {
    anchor: fastant::Anchor,
    taken: Instant,
}

#[cfg(feature = "provider")]
impl std::fmt::Debug for WallClock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WallClock")
            .field("taken", &self.taken)
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
            taken: monotonic_now(),
        }
    }

    /// Takes a new anchor if the present one is old, so that a stepped or slewed clock is followed.
    pub(crate) fn refresh(&mut self) {
        if self.taken.elapsed() >= ANCHOR_LIFE {
            *self = Self::new();
        }
    }

    pub(crate) fn at(&self, moment: Moment) -> SystemTime {
        match moment {
            Moment::Wall(time) => time,
            Moment::Ticks(Ticks(instant)) => {
                SystemTime::UNIX_EPOCH + Duration::from_nanos(instant.as_unix_nanos(&self.anchor))
            }
        }
    }
}

/// For deadlines and delays.
#[cfg(feature = "provider")]
pub(crate) fn monotonic_now() -> Instant {
    Instant::now()
}

/// For events that are recorded while a span is open.
pub(crate) fn wall_now() -> SystemTime {
    SystemTime::now()
}
