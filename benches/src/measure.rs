//! The command line of a benchmark (`--flag`, `--name value`), CPU times, and the median.

use std::fmt::Debug;
use std::str::FromStr;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

pub(crate) fn flag(name: &str) -> bool {
    std::env::args().any(|argument| argument == name)
}

pub(crate) fn quick() -> bool {
    flag("--quick")
}

pub(crate) fn value<T: FromStr<Err: Debug>>(name: &str) -> Option<T> {
    let mut arguments = std::env::args().skip_while(|argument| argument != name);
    arguments.next()?;
    let value = arguments.next()?;
    Some(value.parse().expect("a value of the right type"))
}

/// Returns the CPU time of all threads of this process, including threads that have ended.
pub(crate) fn cpu_time() -> Duration {
    of(ClockId::ProcessCPUTime)
}

pub(crate) fn cpu_time_of_thread() -> Duration {
    of(ClockId::ThreadCPUTime)
}

fn of(clock: ClockId) -> Duration {
    Duration::try_from(clock_gettime(clock)).unwrap_or_default()
}

pub(crate) fn median(mut measured: Vec<f64>) -> f64 {
    measured.sort_by(f64::total_cmp);
    measured[(measured.len() - 1) / 2]
}
