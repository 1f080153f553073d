//! The start times of spans.

/// Nanoseconds of the monotonic clock, a few milliseconds old at most: the kernel has stored it.
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
