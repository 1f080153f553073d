//! Runs a test in a child process, for state that belongs to a process.

use std::process::{Command, Output, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// Set for a child process that [`alone!`](crate::alone) has started.
const ALONE: &str = "FLOE_TEST_ALONE";

/// Set for the child process.
const CHILD: &str = "FLOE_TEST_CHILD";

/// The only limit of time for a test that must not wait: its own timeouts are longer, so that it hangs if it does wait.
/// No test takes as long, however busy the machine is.
const DEADLINE: Duration = Duration::from_secs(600);

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
    let mut child = Command::new(std::env::current_exe().expect("the path of the test"));
    child.args(["--exact", test, "--nocapture"]).env(CHILD, "1").envs(variables.iter().copied());
    let output = output(&mut child);
    let as_text = |bytes| String::from_utf8(bytes).expect("text");
    let (stdout, stderr) = (as_text(output.stdout), as_text(output.stderr));
    assert!(output.status.success(), "{stdout}{stderr}");
    (stdout, stderr)
}

/// As the first statement of a test: runs the rest of it in a process of its own.
#[macro_export]
macro_rules! alone {
    () => {
        fn here() {}
        if $crate::has_run_alone(::core::any::type_name_of_val(&here)) {
            return;
        }
    };
}

/// Runs the test in which the function `here` is, alone in a child process. In that process, does nothing and returns
/// `false`.
///
/// # Panics
///
/// The child does not succeed.
#[doc(hidden)]
#[track_caller]
pub fn has_run_alone(here: &str) -> bool {
    if std::env::var_os(ALONE).is_some() {
        return false;
    }
    // `global::exit::a_test::{{closure}}::here`
    let (_, path) = here.split_once("::").expect("the name of a crate");
    let (test, _) = path.rsplit_once("::").expect("the name of a test");
    let mut child = Command::new(std::env::current_exe().expect("the path of the test"));
    child.args(["--exact", test.trim_end_matches("::{{closure}}"), "--nocapture"]);
    child.arg("--include-ignored").env(ALONE, "1");
    let output = output(&mut child);
    let as_text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (stdout, stderr) = (as_text(&output.stdout), as_text(&output.stderr));
    assert!(output.status.success(), "{stdout}{stderr}");
    assert!(stdout.contains("test result: ok. 1 passed"), "{stdout}{stderr}");
    true
}

/// The process is killed if it hangs.
fn output(command: &mut Command) -> Output {
    let child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("a process");
    let id = child.id().to_string();
    let (ended, has_ended) = mpsc::channel();
    thread::spawn(move || ended.send(child.wait_with_output()));
    let output = has_ended.recv_timeout(DEADLINE).or_else(|_| {
        let killed = Command::new("kill").args(["-KILL", &id]).status();
        killed.expect("the program `kill`");
        // Its own children may still have its output.
        has_ended.recv_timeout(DEADLINE)
    });
    let output = output.unwrap_or_else(|_| panic!("{command:?} hangs"));
    output.expect("the output of a process")
}
