//! The processor's time-stamp counter, which is read faster than a system clock.
//!
//! The counter is not calibrated in advance, which would delay the first reading. Its rate is measured between the
//! first reading and a later one, and is as exact as these two readings of the system's clock.
#![expect(unsafe_code, reason = "the standard library has these instructions as unsafe functions")]

#[cfg(target_arch = "x86")]
use std::arch::x86::{__cpuid, _rdtsc};
#[cfg(target_arch = "x86_64")]
use std::arch::x86_64::{__cpuid, _rdtsc};
use std::fs::File;
use std::io::Read as _;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::time::Duration;

use super::{Moment, standard};

/// Once the rate was measured over this interval, [`measure`] is not called again.
const SETTLED: Duration = Duration::from_secs(1);

const UNKNOWN: u8 = 0;
const COUNTER: u8 = 1;
const CLOCK: u8 = 2;

/// The clock that [`now`] reads: `COUNTER`, or `CLOCK`, the monotonic clock in nanoseconds. `UNKNOWN` before the first
/// reading.
static SOURCE: AtomicU8 = AtomicU8::new(UNKNOWN);

/// The duration of a tick in nanoseconds, as the bits of an `f64`.
static RATE: AtomicU64 = AtomicU64::new(0);

/// The reading of the counter up to which the rate is valid.
static UNTIL: AtomicU64 = AtomicU64::new(0);

static START: OnceLock<Moment> = OnceLock::new();

#[inline]
pub(super) fn now() -> u64 {
    if SOURCE.load(Ordering::Relaxed) == COUNTER { counter() } else { other() }
}

#[inline]
fn counter() -> u64 {
    // SAFETY: every processor that Rust supports has this instruction, and it only writes its two registers.
    unsafe { _rdtsc() }
}

#[cold]
fn other() -> u64 {
    if SOURCE.load(Ordering::Relaxed) == CLOCK {
        return standard::now();
    }

    let source = if is_steady() { COUNTER } else { CLOCK };
    SOURCE.store(source, Ordering::Relaxed);
    START.get_or_init(Moment::now);
    now()
}

/// Whether the counter ticks at the same rate on all processors. It does if the kernel uses the counter as its clock,
/// or if the processor reports a steady counter and the kernel has not chosen a slow clock.
fn is_steady() -> bool {
    const KERNEL: &str = "/sys/devices/system/clocksource/clocksource0/current_clocksource";

    let mut name = [0; 16];
    let read = File::open(KERNEL).and_then(|mut file| file.read(&mut name));
    match name[..read.unwrap_or(0)].trim_ascii() {
        b"tsc" => true,
        b"acpi_pm" | b"hpet" | b"jiffies" => false,
        _ => has_invariant_counter(),
    }
}

fn has_invariant_counter() -> bool {
    const ADVANCED_POWER_MANAGEMENT: u32 = 0x8000_0007;
    const INVARIANT_COUNTER: u32 = 1 << 8;

    // SAFETY: every processor with a time-stamp counter has this instruction. The first request, which every such
    // processor supports, returns the highest number of a request.
    #[allow(unused_unsafe, reason = "the function is safe in later versions of Rust")]
    let answer = |number| unsafe { __cpuid(number) };
    answer(0x8000_0000).eax >= ADVANCED_POWER_MANAGEMENT
        && answer(ADVANCED_POWER_MANAGEMENT).edx & INVARIANT_COUNTER != 0
}

/// Returns the duration of a tick in nanoseconds, for an interval that ends at `reading`, which is not in the future.
pub(super) fn nanos_per_tick(reading: u64) -> f64 {
    if SOURCE.load(Ordering::Relaxed) == CLOCK {
        return 1.0;
    }

    if reading < UNTIL.load(Ordering::Acquire) {
        return f64::from_bits(RATE.load(Ordering::Relaxed));
    }

    measure()
}

/// Measures the rate since the first reading. In the first second after it, the rate is measured again whenever the
/// interval has doubled, so that no duration is much longer than the measured interval.
#[cold]
fn measure() -> f64 {
    let start = START.get_or_init(Moment::now);
    let now = Moment::now();
    let rate = now.nanos_per_tick_since(start);
    let is_settled = now.monotonic.saturating_duration_since(start.monotonic) >= SETTLED;
    let passed = now.ticks.saturating_sub(start.ticks);
    let until = now.ticks.saturating_add(passed);
    set(rate, if is_settled { u64::MAX } else { until });
    rate
}

pub(super) fn set_nanos_per_tick(rate: f64) {
    set(rate, u64::MAX);
}

fn set(rate: f64, until: u64) {
    RATE.store(rate.to_bits(), Ordering::Relaxed);
    UNTIL.store(until, Ordering::Release);
}
