//! The start times of spans.

/// Nanoseconds of the monotonic clock, stored by the kernel and at most a few milliseconds old.
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
