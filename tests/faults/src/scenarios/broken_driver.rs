//! The operating system fails to report events of the exporter's connections: a file descriptor that cannot be waited
//! for replaces their `epoll`.

use std::ffi::c_int;
use std::fs::{self, File};
use std::os::fd::AsRawFd as _;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

use crate::program::Program;
use crate::report::Report;
use crate::scenario::{Case, GRPC, Scenario};

pub(crate) static SCENARIO: Scenario = Scenario {
    name: "broken_driver",
    promise: "an exporter whose runtime fails has a new one for the next export, and exports end at their timeout",
    protocols: GRPC,
    max_memory: 64,
    program,
    check,
};

// SAFETY: the declaration of POSIX.
#[expect(unsafe_code, reason = "the standard library does not replace descriptors")]
mod posix {
    use super::c_int;

    unsafe extern "C" {
        pub(super) safe fn dup2(from: c_int, to: c_int) -> c_int;
    }
}

fn program(program: &mut Program) {
    // The panic is caught; its message would only be noise.
    std::panic::set_hook(Box::new(|_| {}));
    program.start_within(Duration::from_secs(3));
    program.spans(10);
    program.flush("before", Duration::from_secs(10));
    program.step("break", |_| break_epoll());
    for name in ["broken", "after", "again"] {
        program.spans(10);
        program.flush(name, Duration::from_secs(10));
    }
    program.shutdown(Duration::from_secs(5));
}

/// Replaces every `epoll` of the process.
fn break_epoll() -> Result<()> {
    let file = File::open("/dev/null")?;
    let mut broken = 0;
    for entry in fs::read_dir("/proc/self/fd")? {
        let entry = entry?;
        let is_epoll = fs::read_link(entry.path())
            .is_ok_and(|target| target.to_string_lossy().contains("eventpoll"));
        if is_epoll {
            let number = entry.file_name().into_string().ok();
            let number = number.and_then(|it| it.parse().ok()).context("a number")?;
            ensure!(posix::dup2(file.as_raw_fd(), number) == number, "dup2");
            broken += 1;
        }
    }
    ensure!(broken > 0, "the process has no epoll");
    Ok(())
}

fn check(case: &Case) -> Result<Report> {
    let receiver = case.receiver();
    let report = case.report(&receiver.endpoint())?;
    for name in ["before", "break", "after", "again", "shutdown"] {
        ensure!(report.error(name)?.is_empty(), "{name}: {report:?}");
    }
    let broken = report.operation("broken")?;
    let error = report.error("broken")?;
    ensure!(error.contains("the connection panicked"), "{error}");
    ensure!(broken.duration < Duration::from_secs(5), "{broken:?}");
    let counters = report.counters;
    ensure!((counters.exported, counters.failed) == (30, 10), "{counters:?}");
    let mut report = report.arrived_at(&receiver);
    // The request may have been sent before the wait for its response failed.
    report.unconfirmed = report.arrived - counters.exported;
    Ok(report)
}
