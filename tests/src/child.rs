//! Runs a test in a child process, for state that belongs to a process.

use std::process::Command;

/// Set for the child process.
const CHILD: &str = "FLOE_TEST_CHILD";

/// Whether this process is the child.
pub fn is_child() -> bool {
    std::env::var_os(CHILD).is_some()
}

/// Runs this test alone in a child process with these variables, and returns its standard output
/// and its standard error.
///
/// # Panics
///
/// The child does not succeed.
#[track_caller]
pub fn run_in_child(test: &str, variables: &[(&str, &str)]) -> (String, String) {
    let output = Command::new(std::env::current_exe().expect("the path of the test"))
        .args(["--exact", test, "--nocapture"])
        .env(CHILD, "1")
        .envs(variables.iter().copied())
        .output()
        .expect("a process");
    let as_text = |bytes| String::from_utf8(bytes).expect("text");
    let (stdout, stderr) = (as_text(output.stdout), as_text(output.stderr));
    assert!(output.status.success(), "{stdout}{stderr}");
    (stdout, stderr)
}
