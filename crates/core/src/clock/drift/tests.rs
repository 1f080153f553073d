//! Simulates a machine for an hour, and compares the converted times with the system's clocks.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "the simulated times are small and positive"
)]

use std::time::{Duration, Instant};

use super::{Moment, Ticks, WallClock, monotonic_now, nanos};

const SECOND: i128 = 1_000_000_000;

/// The number of ticks in a true second.
const FREQUENCY: f64 = 2_899_987_654.0;

/// The time at which the simulated machine is started, 2026-11-22, in nanoseconds since 1970.
const UNIX: i128 = 1_795_305_600 * SECOND;

/// A machine whose system clocks are slewed relative to its counter, as by NTP, and whose threads are sometimes
/// interrupted between the readings of two clocks.
struct Machine {
    zero: Instant,
    /// True nanoseconds since the machine was started.
    time: i128,
    /// The nanoseconds that the system clocks gain per true nanosecond.
    slew: f64,
    /// The nanoseconds by which the system clocks are ahead of the true time.
    ahead: f64,
    stepped: i128,
    /// The ticks by which the counter has jumped.
    jumped: u64,
    random: u64,
}

impl Machine {
    fn new() -> Self {
        Self {
            zero: monotonic_now(),
            time: 86_400 * SECOND,
            slew: 0.0,
            ahead: 0.0,
            stepped: 0,
            jumped: 0,
            random: 7,
        }
    }

    fn pass(&mut self, nanos: i128) {
        self.time += nanos;
        self.ahead += nanos as f64 * self.slew;
    }

    fn ticks(&self) -> Ticks {
        Ticks(((self.time as f64 / SECOND as f64 * FREQUENCY) as u64).wrapping_add(self.jumped))
    }

    fn unix(&self) -> i128 {
        UNIX + self.time + self.ahead as i128 + self.stepped
    }

    /// Reads all clocks, up to 60 ns apart.
    fn moment(&mut self) -> Moment {
        let mut jitter = || {
            self.random = self.random.wrapping_mul(6_364_136_223_846_793_005) + 1;
            (self.random >> 40) % 60
        };

        let late = jitter();
        let later = jitter();
        let monotonic = (self.time + self.ahead as i128) as u64 + late;
        Moment {
            ticks: self.ticks().0,
            monotonic: self.zero + Duration::from_nanos(monotonic),
            unix: self.unix() + i128::from(later),
        }
    }

    fn clock(&mut self) -> WallClock {
        WallClock {
            anchor: self.moment(),
            // The rate is 20 ppm off, like a measurement in the first 10 ms of a process.
            nanos_per_tick: 1e9 / FREQUENCY * 1.000_02,
            measured: None,
            jump: None,
        }
    }
}

/// The largest differences between converted times and the system's clocks, in nanoseconds.
#[derive(Debug, Default)]
struct Worst {
    wall: u128,
    millisecond: u128,
    minute: u128,
    /// The difference between two conversions of one reading, before and after the anchor was moved.
    shift: u128,
}

fn hour(machine: &mut Machine, mut each_second: impl FnMut(&mut Machine, u32)) -> Worst {
    let mut clock = machine.clock();
    let mut worst = Worst::default();
    let mut minute_ago = (machine.ticks(), machine.unix());
    for second in 0..3600 {
        each_second(machine, second);
        let start = (machine.ticks(), machine.unix());
        machine.pass(SECOND / 1000);
        let end = (machine.ticks(), machine.unix());
        machine.pass(SECOND / 1000 * 999);
        let before = clock.signed_unix(start.0);
        clock.follow(machine.moment());
        let after = clock.signed_unix(start.0);
        let between = |from: (Ticks, i128), to: (Ticks, i128)| {
            let ours = nanos(to.0.0 - from.0.0, clock.nanos_per_tick).as_nanos();
            ours.abs_diff((to.1 - from.1).unsigned_abs())
        };

        if second > 0 {
            worst.wall = worst.wall.max(after.abs_diff(start.1));
            worst.shift = worst.shift.max(after.abs_diff(before));
            worst.millisecond = worst.millisecond.max(between(start, end));
        }

        if second % 60 == 59 {
            worst.minute = worst.minute.max(between(minute_ago, end));
            minute_ago = end;
        }
    }
    worst
}

#[test]
fn an_hour_of_steady_clocks_is_followed_to_the_microsecond() {
    let worst = hour(&mut Machine::new(), |_, _| {});
    assert!(worst.wall < 2_000, "{worst:?}");
    assert!(worst.shift < 500, "{worst:?}");
    assert!(worst.millisecond <= 1, "{worst:?}");
    assert!(worst.minute < 5_000, "{worst:?}");
}

#[test]
fn clocks_that_are_slewed_by_50_ppm_are_followed() {
    let worst = hour(&mut Machine::new(), |machine, second| {
        let direction = if second % 1200 < 600 { 1.0 } else { -1.0 };
        machine.slew = direction * 50e-6;
    });

    // The old rate still applies for a second after the direction has changed.
    assert!(worst.wall < 102_000, "{worst:?}");
    assert!(worst.millisecond <= 1, "{worst:?}");
}

#[test]
fn a_clock_that_is_stepped_is_followed_within_a_second() {
    let mut machine = Machine::new();
    let mut clock = machine.clock();
    for step in [3600 * SECOND, -7200 * SECOND, SECOND / 1000] {
        machine.pass(SECOND);
        clock.follow(machine.moment());
        let start = machine.ticks();
        machine.stepped += step;
        machine.pass(SECOND);
        clock.follow(machine.moment());
        let duration = clock.duration(start, machine.ticks()).as_nanos();
        assert!(duration.abs_diff(SECOND.unsigned_abs()) < 200, "{duration}");
        let difference = clock.signed_unix(machine.ticks()).abs_diff(machine.unix());
        assert!(difference < 1_000, "{difference}");
    }
}

#[test]
fn a_machine_that_sleeps_keeps_its_rate() {
    for seconds in [0, 3] {
        let mut machine = Machine::new();
        let mut clock = machine.clock();
        for _ in 0..seconds {
            machine.pass(SECOND);
            clock.follow(machine.moment());
        }

        let most = if seconds == 0 { 1e-4 } else { 1e-6 };
        let rate = clock.nanos_per_tick;
        // The counter and the wall clock go on, but the monotonic clock does not.
        machine.pass(600 * SECOND);
        machine.zero -= Duration::from_secs(600);
        for _ in 0..3 {
            machine.pass(SECOND);
            clock.follow(machine.moment());
            let difference = (clock.nanos_per_tick / rate - 1.0).abs();
            assert!(difference < most, "{difference}");
            let difference = clock.signed_unix(machine.ticks()).abs_diff(machine.unix());
            assert!(difference < 1_000, "{difference}");
        }
    }
}

const MONTH: u64 = (30.0 * 86_400.0 * FREQUENCY) as u64;

/// A virtual machine moves to a host that has run for longer, and back.
#[test]
fn spans_that_are_open_while_the_counter_jumps_keep_their_durations() {
    let millisecond = SECOND.unsigned_abs() / 1000;
    let mut machine = Machine::new();
    let mut clock = machine.clock();
    for _ in 0..3 {
        machine.pass(SECOND);
        clock.follow(machine.moment());
    }

    let start = (machine.ticks(), machine.unix());
    machine.pass(SECOND / 2);
    let before = (machine.ticks(), machine.unix());
    machine.jumped = MONTH;
    machine.pass(SECOND / 10);
    let after = machine.ticks();
    machine.pass(SECOND / 2);
    clock.follow(machine.moment());
    let end = machine.ticks();
    let duration = |from, to| clock.duration(from, to).as_nanos();
    assert!(duration(start.0, end).abs_diff(1100 * millisecond) < millisecond);
    assert!(duration(start.0, before.0).abs_diff(500 * millisecond) < millisecond);
    // A reading shows whether it is before or after the jump, but not when the counter jumped.
    assert!(duration(start.0, after) <= 1101 * millisecond);
    for (ticks, unix) in [start, before] {
        assert!(clock.signed_unix(ticks).abs_diff(unix) < millisecond);
    }

    machine.pass(SECOND);
    clock.follow(machine.moment());
    assert!(clock.signed_unix(machine.ticks()).abs_diff(machine.unix()) < millisecond);

    machine.jumped = 0;
    machine.pass(SECOND / 10);
    clock.follow(machine.moment());
    let start = (machine.ticks(), machine.unix());
    machine.pass(SECOND / 2);
    let duration = clock.duration(start.0, machine.ticks()).as_nanos();
    assert!(duration.abs_diff(500 * millisecond) < millisecond, "{duration}");
    assert!(clock.signed_unix(start.0).abs_diff(start.1) < millisecond);
}

#[test]
fn a_jump_in_the_first_interval_leaves_the_rate() {
    let mut machine = Machine::new();
    let mut clock = machine.clock();
    machine.jumped = MONTH;
    machine.pass(SECOND);
    clock.follow(machine.moment());
    let start = machine.ticks();
    machine.pass(SECOND / 2);
    let duration = clock.duration(start, machine.ticks()).as_nanos();
    assert!(duration.abs_diff(SECOND.unsigned_abs() / 2) < 100_000, "{duration}");
}

/// A virtual machine moves to a host whose counter is faster.
#[test]
fn another_rate_of_the_counter_is_followed_within_three_seconds() {
    for more in [0.5, 1.5] {
        let mut machine = Machine::new();
        let mut clock = machine.clock();
        let pass = |machine: &mut Machine, seconds: f64| {
            machine.pass((seconds * SECOND as f64) as i128);
            machine.jumped += (seconds * more * FREQUENCY) as u64;
        };

        machine.pass(SECOND / 2);
        for seconds in [0.5, 1.0, 1.0] {
            pass(&mut machine, seconds);
            clock.follow(machine.moment());
        }

        let start = machine.ticks();
        pass(&mut machine, 0.5);
        let duration = clock.duration(start, machine.ticks()).as_nanos();
        assert!(duration.abs_diff(SECOND.unsigned_abs() / 2) < 100_000, "{more}: {duration}");
    }
}
