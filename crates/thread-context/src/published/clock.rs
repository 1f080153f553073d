//! The clock for the start times of spans.

/// Returns nanoseconds of the monotonic clock, as stored by the kernel at most a few milliseconds ago.
#[cfg(target_os = "linux")]
#[inline]
pub(crate) fn now() -> u64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::MonotonicCoarse);
    time.tv_sec.cast_unsigned() * 1_000_000_000 + time.tv_nsec.cast_unsigned()
}

#[cfg(not(target_os = "linux"))]
pub(crate) const fn now() -> u64 {
    0
}
