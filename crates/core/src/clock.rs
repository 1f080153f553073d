//! The only module of the library that calls `Instant::now` and `SystemTime::now`.
//!
//! On wasm32 without a system, the standard library has no clock. JavaScript's clocks are read there, so that tracer
//! providers of other crates can record spans.
//!
//! Span timestamps are ticks of the processor's time-stamp counter, which is faster to read than a system clock.
//! Without a counter, they are nanoseconds of the monotonic clock. The collector thread converts ticks to wall-clock
//! time relative to an anchor, which it renews.

#[cfg(all(not(miri), target_os = "linux", any(target_arch = "x86", target_arch = "x86_64")))]
mod counter;
/// The clock of the standard library, also for Miri, which supports neither the counter nor the system's files.
#[cfg(not(all(not(miri), target_os = "linux", any(target_arch = "x86", target_arch = "x86_64"))))]
mod counter {
    pub(super) use super::standard::now;

    pub(super) const fn nanos_per_tick(_: u64) -> f64 {
        1.0
    }

    pub(super) const fn set_nanos_per_tick(_: f64) {}
}
#[cfg(test)]
#[path = "clock/drift/tests.rs"]
mod drift;

use std::time::{Duration, SystemTime};

/// A reading of the monotonic clock.
#[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
pub use std::time::Instant;
/// A reading of the monotonic clock, `performance.now()`.
#[cfg(all(target_family = "wasm", target_os = "unknown"))]
pub use web_time::Instant;

const CHECK_EVERY: Duration = Duration::from_secs(1);

/// The largest difference from the system clock at which a new anchor continues the old one's wall time. Beyond it, the
/// anchor takes the system's time, which shifts the spans of an open trace against each other.
const TOLERANCE: Duration = Duration::from_micros(200);

/// The largest difference from the previous rate, relative to that rate, at which a new rate is accepted.
const PLAUSIBLE: f64 = 1e-3;

/// From this difference to both system clocks on, the counter has jumped, because a virtual machine has moved to a host
/// that has run for longer.
const JUMP: Duration = Duration::from_secs(1);

/// A reading of the tick counter. It does not decrease, even across processors, unless a virtual machine moves.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Ticks(pub(crate) u64);

impl Ticks {
    pub(crate) const ZERO: Self = Self(0);

    /// Reads the tick counter.
    #[inline]
    pub fn now() -> Self {
        Self(counter::now())
    }

    /// Returns the time since `earlier`, or zero if `earlier` is later.
    #[inline]
    pub fn since(self, Self(earlier): Self) -> Duration {
        nanos(self.0.saturating_sub(earlier), counter::nanos_per_tick(self.0))
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "`f64` represents a month of ticks exactly, and the product is positive"
)]
fn nanos(ticks: u64, per_tick: f64) -> Duration {
    Duration::from_nanos((ticks as f64 * per_tick) as u64)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "both are positive"
)]
fn ticks(duration: Duration, nanos_per_tick: f64) -> u64 {
    (duration.as_nanos() as f64 / nanos_per_tick) as u64
}

#[derive(Clone, Copy, Debug)]
struct Moment {
    ticks: u64,
    monotonic: Instant,
    /// Nanoseconds since 1970, negative before.
    unix: i128,
}

impl Moment {
    /// Reads all clocks. The thread may lose its processor between two readings, so the fastest of four attempts wins.
    fn now() -> Self {
        let attempts = (0..3).map(|_| Self::read());
        attempts.fold(Self::read(), |best, next| if next.1 < best.1 { next } else { best }).0
    }

    /// Reads all clocks once. Also returns the duration of the readings, in ticks.
    fn read() -> (Self, u64) {
        let before = counter::now();
        let monotonic = Instant::now();
        let unix = signed_unix_nanos(wall_now());
        let took = counter::now().saturating_sub(before);
        let moment = Self { ticks: before + took / 2, monotonic, unix };
        (moment, took)
    }

    #[expect(clippy::cast_precision_loss, reason = "`f64` represents a month of ticks exactly")]
    fn nanos_per_tick_since(&self, earlier: &Self) -> f64 {
        let ticks = self.ticks.saturating_sub(earlier.ticks).max(1);
        let elapsed = self.monotonic.saturating_duration_since(earlier.monotonic);
        elapsed.as_nanos() as f64 / ticks as f64
    }
}

/// Converts ticks to wall-clock time.
#[derive(Clone, Debug)]
pub struct WallClock {
    anchor: Moment,
    nanos_per_tick: f64,
    /// The rate measured between the last two anchors.
    measured: Option<f64>,
    jump: Option<Jump>,
}

/// The last jump of the counter, at an unknown moment before an anchor.
#[derive(Clone, Copy, Debug)]
struct Jump {
    /// The value of the counter at that anchor.
    until: u64,
    ticks: u64,
}

impl Default for WallClock {
    fn default() -> Self {
        let anchor = Moment::now();
        let nanos_per_tick = counter::nanos_per_tick(anchor.ticks);
        Self { nanos_per_tick, anchor, measured: None, jump: None }
    }
}

impl WallClock {
    /// Returns the clock of a machine whose wall clock is an hour before 1970.
    #[inline]
    pub fn before_1970() -> Self {
        let mut clock = Self::default();
        clock.anchor.unix = -3_600_000_000_000;
        clock
    }

    /// Adjusts the clock to the system clocks, which may be stepped or slewed.
    #[inline]
    pub fn refresh(&mut self) {
        let passed = monotonic_now().saturating_duration_since(self.anchor.monotonic);
        let now = counter::now();
        if passed >= CHECK_EVERY || now < self.anchor.ticks || self.is_ahead(now, passed) {
            self.follow(Moment::now());
            counter::set_nanos_per_tick(self.nanos_per_tick);
        } else {
            // In the first second after the first reading, the measured rate becomes more and more exact.
            self.nanos_per_tick = counter::nanos_per_tick(now);
        }
    }

    /// Whether the counter has moved much further since the anchor than the monotonic clock.
    fn is_ahead(&self, ticks: u64, passed: Duration) -> bool {
        self.duration(Ticks(self.anchor.ticks), Ticks(ticks)) >= passed + JUMP
    }

    /// Moves the anchor to `now`. Converted times stay continuous if they are within [`TOLERANCE`] of the system.
    fn follow(&mut self, now: Moment) {
        let passed = now.monotonic.saturating_duration_since(self.anchor.monotonic);
        let expected = self.anchor.unix.saturating_add_unsigned(passed.as_nanos());
        let is_followed = now.unix.abs_diff(expected) <= TOLERANCE.as_nanos();
        // The wall clock also moves ahead while a machine sleeps.
        let is_steady = now.unix.abs_diff(expected) < JUMP.as_nanos();
        if now.ticks < self.anchor.ticks {
            // A virtual machine has moved to a host whose counter is lower.
            self.jump = None;
        } else if now.ticks > self.anchor.ticks {
            if is_steady && self.is_ahead(now.ticks, passed) {
                let counted = now.ticks - self.anchor.ticks;
                let ticks = counted.saturating_sub(ticks(passed, self.nanos_per_tick));
                self.jump = Some(Jump { until: now.ticks, ticks });
            }
            // A host whose counter is much faster looks like a jump in each interval.
            self.learn(now.nanos_per_tick_since(&self.anchor));
        }

        self.anchor = Moment { unix: if is_followed { expected } else { now.unix }, ..now };
    }

    /// Accepts a rate only if two successive intervals agree on it, because an interval in which the machine sleeps has
    /// a wrong rate: the monotonic clock stops, but the counter may run. The first rate is compared with the old one.
    fn learn(&mut self, rate: f64) {
        let last = self.measured.replace(rate).unwrap_or(self.nanos_per_tick);
        if (rate - last).abs() <= last * PLAUSIBLE {
            self.nanos_per_tick = rate;
        }
    }

    /// Returns the wall-clock time at these ticks.
    #[inline]
    pub fn at(&self, ticks: Ticks) -> SystemTime {
        self.unix(ticks).into()
    }

    /// Returns the time from `start` to `end`, or zero if `start` is later.
    #[inline]
    pub fn duration(&self, start: Ticks, end: Ticks) -> Duration {
        let start = self.without_jump(start);
        let end = self.without_jump(end);
        nanos(end.saturating_sub(start), self.nanos_per_tick)
    }

    /// Adds the size of the last jump to a reading before the jump. The result is at most the reading of the anchor
    /// after the jump, because the moment of the jump between the two anchors is not known.
    #[inline]
    fn without_jump(&self, Ticks(ticks): Ticks) -> u64 {
        match self.jump {
            Some(jump) if ticks < jump.until => ticks.saturating_add(jump.ticks).min(jump.until),
            _ => ticks,
        }
    }

    /// Returns the wall-clock time at these ticks, in nanoseconds since 1970.
    #[inline]
    pub fn unix(&self, ticks: Ticks) -> UnixNanos {
        UnixNanos(u64::try_from(self.signed_unix(ticks).max(0)).unwrap_or(u64::MAX))
    }

    #[inline]
    fn signed_unix(&self, ticks: Ticks) -> i128 {
        let ticks = self.without_jump(ticks);
        let Moment { ticks: at, unix, .. } = self.anchor;
        let distance = nanos(ticks.abs_diff(at), self.nanos_per_tick).as_nanos();
        if ticks >= at {
            unix.saturating_add_unsigned(distance)
        } else {
            unix.saturating_sub_unsigned(distance)
        }
    }
}

fn signed_unix_nanos(time: SystemTime) -> i128 {
    match time.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(since) => i128::try_from(since.as_nanos()).unwrap_or(i128::MAX),
        Err(until) => -i128::try_from(until.duration().as_nanos()).unwrap_or(i128::MAX),
    }
}

/// A timestamp in OTLP's format: nanoseconds since 1970. Earlier times are clamped to 0.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct UnixNanos(pub u64);

impl UnixNanos {
    /// Returns the timestamp that is `duration` later.
    #[must_use]
    #[inline]
    pub fn after(self, duration: Duration) -> Self {
        let nanos = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        Self(self.0.saturating_add(nanos))
    }
}

impl From<UnixNanos> for SystemTime {
    #[inline]
    fn from(UnixNanos(nanos): UnixNanos) -> Self {
        Self::UNIX_EPOCH + Duration::from_nanos(nanos)
    }
}

impl From<SystemTime> for UnixNanos {
    #[inline]
    fn from(time: SystemTime) -> Self {
        let since = time.duration_since(SystemTime::UNIX_EPOCH);
        let nanos = since.unwrap_or_default().as_nanos();
        Self(u64::try_from(nanos).unwrap_or(u64::MAX))
    }
}

/// Returns the monotonic time, for deadlines and durations.
#[inline]
pub fn monotonic_now() -> Instant {
    Instant::now()
}

/// Returns the wall-clock time of the system.
#[inline]
#[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
pub fn wall_now() -> SystemTime {
    SystemTime::now()
}

/// Returns the wall-clock time, `Date.now()`.
#[cfg(all(target_family = "wasm", target_os = "unknown"))]
pub fn wall_now() -> SystemTime {
    web_time::web::SystemTimeExt::to_std(web_time::SystemTime::now())
}

/// Returns the nanoseconds of the monotonic clock since a moment before the first call.
pub(crate) use standard::now as monotonic_nanos;

mod standard {
    use std::sync::LazyLock;

    use super::Instant;

    pub(crate) fn now() -> u64 {
        static START: LazyLock<Instant> = LazyLock::new(Instant::now);
        let since = START.elapsed().as_nanos();
        u64::try_from(since).unwrap_or(u64::MAX).saturating_add(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_before_1970_are_0() {
        let hour = Duration::from_secs(3600);
        let before = SystemTime::UNIX_EPOCH - hour;
        assert_eq!(signed_unix_nanos(before), -3_600_000_000_000);
        assert_eq!(WallClock::before_1970().unix(Ticks::now()).0, 0);
        assert_eq!(UnixNanos::from(before).0, 0);
    }

    #[test]
    fn times_on_both_sides_of_the_anchor_keep_their_distance() {
        let early = Ticks::now();
        let clock = WallClock::default();
        let late = Ticks::now();
        let wall = clock.signed_unix(late) - clock.signed_unix(early);
        let elapsed = nanos(late.0 - early.0, clock.nanos_per_tick).as_nanos();
        // Both values are rounded down.
        assert!(wall.abs_diff(elapsed.cast_signed()) <= 2, "{wall} {elapsed}");
    }
}
