//! The time that processors spent on us, with that of the system for us.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// On all threads of this process, also those that have ended.
#[must_use]
pub fn of_process() -> Duration {
    of(ClockId::ProcessCPUTime)
}

/// On this thread.
#[must_use]
pub fn of_thread() -> Duration {
    of(ClockId::ThreadCPUTime)
}

fn of(clock: ClockId) -> Duration {
    Duration::try_from(clock_gettime(clock)).unwrap_or_default()
}
