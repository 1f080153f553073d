//! Runs a program under callgrind and reads its profile.
//!
//! The same binary should have the same counts everywhere. Valgrind emulates a fixed processor, as
//! far as the real one supports it, and glibc is configured to use fixed copying functions. The
//! remaining variation is work of the collector on the caller's thread.

use std::env;
use std::fs;
use std::process::{Command, Stdio};

/// The option that precedes the name of a program to run.
pub(crate) const PROGRAM: &str = "--program";

/// glibc selects one of a dozen ways to copy and compare memory by the features of the processor. Without these
/// features, it uses the baseline of x86-64.
const PLAIN_PROCESSOR: &str = "glibc.cpu.hwcaps=-AVX2,-AVX512F,-AVX512VL,-AVX_Fast_Unaligned_Load,\
                               -SSSE3,-SSE4_1,-SSE4_2,-BMI2,-ERMS,-FSRM,-Prefer_ERMS,-Prefer_FSRM";

pub(crate) fn is_installed() -> bool {
    let version = Command::new("valgrind").arg("--version").stdout(Stdio::null()).status();
    version.is_ok_and(|status| status.success())
}

/// Runs a program and returns its profile, in which names are not abbreviated.
pub(crate) fn profile(program: &str) -> String {
    let this = env::current_exe().expect("the path of this program");
    let out = this.with_file_name(format!("callgrind.{program}"));
    let status = Command::new("valgrind")
        .args(["--quiet", "--tool=callgrind", "--compress-strings=no"])
        .arg(format!("--callgrind-out-file={}", out.display()))
        .env("GLIBC_TUNABLES", PLAIN_PROCESSOR)
        .arg(this)
        .args([PROGRAM, program])
        .status();
    assert!(status.is_ok_and(|status| status.success()), "`{program}` failed under valgrind");
    fs::read_to_string(out).expect("a profile")
}

/// Returns the instructions of a function and of its callees. The function's name must be unique and end with `name`,
/// and the function must be neither inlined nor recursive.
pub(crate) fn instructions(profile: &str, name: &str) -> u64 {
    let mut lines = profile.lines();
    let mut total = 0;
    let mut is_callee = false;

    while let Some(line) = lines.next() {
        if let Some(callee) = line.strip_prefix("cfn=") {
            is_callee = callee.ends_with(name);
        } else if line.starts_with("calls=") {
            // The line has the line number of the call and the number of instructions.
            let cost = lines.next().and_then(|cost| cost.split(' ').nth(1));
            if is_callee {
                total += cost.map_or(0, |cost| cost.parse().expect("a number"));
            }
        }
    }

    assert!(total > 0, "the profile has no function `{name}`");
    total
}
