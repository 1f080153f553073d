//! The program closes descriptors that it has not opened, as daemons do, and a file of its own gets their numbers.

use std::ffi::c_int;
use std::fs::{self, File};
use std::os::fd::AsRawFd as _;
use std::time::Duration;

use anyhow::{Result, ensure};
use procfs::process::{FDInfo, FDTarget, Process};

use crate::program::Program;
use crate::report::Report;
use crate::scenario::{Case, HTTP, Scenario};

pub(crate) static SCENARIO: Scenario = Scenario {
    name: "replaced_descriptors",
    promise: "exports go on over new descriptors, and a file that got the old ones is neither written nor closed",
    // tokio cannot do without its own descriptors.
    protocols: HTTP,
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
    program.start_within(Duration::from_secs(3));
    program.spans(10);
    program.flush("before", Duration::from_secs(10));
    let path = std::env::temp_dir().join(format!("replaced-{}", std::process::id()));
    let target = FDTarget::Path(path.clone());
    let mut replaced = 0;
    program.step("replace", |_| {
        let file = File::create(&path)?;
        for open in Process::myself()?.fd()? {
            let FDInfo { fd, target, .. } = open?;
            if matches!(target, FDTarget::Socket(_) | FDTarget::AnonInode(_)) {
                ensure!(posix::dup2(file.as_raw_fd(), fd) == fd, "dup2");
                replaced += 1;
            }
        }
        ensure!(replaced > 0, "the program has no connection");
        Ok(())
    });
    for name in ["broken", "after", "again"] {
        program.spans(10);
        program.flush(name, Duration::from_secs(10));
    }
    program.shutdown(Duration::from_secs(5));
    program.step("open", |_| {
        let open = Process::myself()?.fd()?;
        let open = open.flatten().filter(|open| open.target == target).count();
        ensure!(open == replaced, "{open} of {replaced} are open");
        Ok(())
    });
    program.step("unwritten", |_| {
        ensure!(fs::read(&path)?.is_empty(), "the file has bytes");
        Ok(fs::remove_file(&path)?)
    });
}

fn check(case: &Case) -> Result<Report> {
    let receiver = case.receiver();
    let report = case.report(&receiver.endpoint())?;
    let names = ["before", "replace", "broken", "after", "again", "shutdown", "open", "unwritten"];
    for name in names {
        ensure!(report.error(name)?.is_empty(), "{name}: {report:?}");
    }
    ensure!(report.counters.exported == 40, "{report:?}");
    Ok(report.arrived_at(&receiver))
}
