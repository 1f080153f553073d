//! Runs a test, or the program of a test, in its own process, because it changes or ends the state of a process.

use std::process::{Command, Output, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use crate::Receiver;

/// The variable that is set in a child process that runs one test.
const ALONE: &str = "FLOE_TEST_ALONE";

/// The variable that is set in a child process that runs the program of a test.
const CHILD: &str = "FLOE_TEST_CHILD";

/// The time after which a child process counts as hanging and is killed. A test that checks that nothing waits sets
/// longer timeouts, so that a wait would hang the child. No other child takes this long, however busy the machine is.
const DEADLINE: Duration = Duration::from_secs(600);

/// The program of a test. [`program!`](crate::program) creates it.
#[derive(Debug)]
pub struct Program(String);

/// Creates a [`Program`] from a block, as the first statement of a test. In the process of the program, the test runs
/// only the block.
#[macro_export]
macro_rules! program {
    ($code:block) => {{
        fn here() {}
        if $crate::Program::is_this_process() {
            #[allow(unreachable_code, reason = "it may end the process")]
            {
                $code
                return;
            }
        }
        $crate::Program::of(::core::any::type_name_of_val(&here))
    }};
}

/// Runs the rest of a test in its own process. It must be the first statement of the test.
#[macro_export]
macro_rules! alone {
    () => {
        fn here() {}
        if $crate::has_run_alone(::core::any::type_name_of_val(&here)) {
            return;
        }
    };
}

impl Program {
    #[doc(hidden)]
    #[must_use]
    pub fn is_this_process() -> bool {
        std::env::var_os(CHILD).is_some()
    }

    /// Returns the program of the test that contains the function `here`.
    #[doc(hidden)]
    #[must_use]
    pub fn of(here: &str) -> Self {
        // `global::exit::a_test::{{closure}}::here`
        let (_, path) = here.split_once("::").expect("the name of a crate");
        let (test, _) = path.rsplit_once("::").expect("the name of a test");
        Self(test.trim_end_matches("::{{closure}}").to_owned())
    }

    #[must_use]
    pub fn test(&self) -> &str {
        &self.0
    }

    #[must_use]
    pub fn command(&self) -> Command {
        let mut command = process_of(&self.0);
        command.env(CHILD, "1");
        command
    }

    /// Runs the program with these variables, and returns its standard output and its standard error.
    ///
    /// # Panics
    ///
    /// The program does not succeed.
    #[track_caller]
    pub fn run(&self, variables: &[(&str, &str)]) -> (String, String) {
        successful(self.command().envs(variables.iter().copied()))
    }

    /// Runs the program with this receiver for all signals. The program may end in any way.
    #[must_use]
    pub fn ended_at(&self, receiver: &Receiver) -> Output {
        output(&mut self.at(receiver))
    }

    /// Returns the command that runs the program with this receiver for all signals.
    #[must_use]
    pub fn at(&self, receiver: &Receiver) -> Command {
        let mut command = self.command();
        command
            .env("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.endpoint())
            .env("OTEL_EXPORTER_OTLP_PROTOCOL", receiver.protocol());
        command
    }

    /// Runs the program with this receiver for all signals, unless a variable sets another one.
    ///
    /// # Panics
    ///
    /// The program does not succeed.
    #[track_caller]
    pub fn against(&self, receiver: &Receiver, variables: &[(&str, &str)]) -> (String, String) {
        successful(self.at(receiver).envs(variables.iter().copied()))
    }
}

fn process_of(test: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().expect("the path of the test"));
    command.args(["--exact", test, "--nocapture", "--include-ignored"]);
    command
}

#[track_caller]
fn successful(command: &mut Command) -> (String, String) {
    let output = output(command);
    let as_text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let stdout = as_text(&output.stdout);
    let stderr = as_text(&output.stderr);
    assert!(output.status.success(), "{stdout}{stderr}");
    (stdout, stderr)
}

/// Runs the test that contains the function `here` alone in a child process, and returns `true`. In the child, returns
/// `false` at once.
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

    let test = Program::of(here);
    let (stdout, stderr) = successful(process_of(test.test()).env(ALONE, "1"));
    assert!(stdout.contains("test result: ok. 1 passed"), "{stdout}{stderr}");
    true
}

/// Runs a process, and kills it if it hangs.
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
        // The output ends only when the children of the killed process have ended, too.
        has_ended.recv_timeout(DEADLINE)
    });

    let output = output.unwrap_or_else(|_| panic!("{command:?} hangs"));
    output.expect("the output of a process")
}

/// Puts `words`, for example `env --ignore-signal`, before a command line. The variables and the folder stay.
#[must_use]
pub fn before(words: &[&str], command: &Command) -> Command {
    let mut outer = Command::new(words[0]);
    outer.args(&words[1..]).arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => outer.env(name, value),
            None => outer.env_remove(name),
        };
    }

    if let Some(folder) = command.get_current_dir() {
        outer.current_dir(folder);
    }
    outer
}
