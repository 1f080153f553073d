//! What the recorder asks the system.

use std::time::Duration;

use floe_telemetry_core::__sdk::system::{System, set_system};

/// Answers the recorder from now on.
pub(crate) fn answer() {
    set_system(System {
        has_headroom,
        thread_cpu_time,
    });
}

/// The processor time of this thread, where the system knows it.
fn thread_cpu_time() -> Option<Duration> {
    #[cfg(all(target_os = "linux", not(miri)))]
    {
        let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
        let seconds = u64::try_from(time.tv_sec).ok()?;
        Some(Duration::new(seconds, u32::try_from(time.tv_nsec).ok()?))
    }
    #[cfg(not(all(target_os = "linux", not(miri))))]
    None
}

/// The memory that must be left when rings are created. The allocations of the program and of the library's
/// own threads cannot fail.
#[cfg(target_os = "linux")]
const HEADROOM: u64 = 64 * 1024 * 1024;

/// Whether the limits of the process leave memory for more than rings. Memory is not reserved to find out: a program
/// that locks its memory would wait for the system to provide it.
fn has_headroom() -> bool {
    #[cfg(target_os = "linux")]
    {
        use crate::this_process;
        use rustix::process::{Resource, getrlimit};

        let limit = |resource| getrlimit(resource).current;
        let limits = [limit(Resource::As), limit(Resource::Data)];
        if limits.iter().any(Option::is_some)
            && let Some(used) = this_process::mapped_bytes()
        {
            let left = |(limit, used): (Option<u64>, u64)| {
                limit.is_none_or(|limit| limit.saturating_sub(used) >= HEADROOM)
            };
            return limits.into_iter().zip(used).all(left);
        }
    }
    true
}
