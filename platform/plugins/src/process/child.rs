//! Programs that plugins run as child processes: without a shell, with the context of the trace in their
//! environment, a time limit, bounded output, and errors without credentials.
//!
//! The process group of a child is killed after the time limit or when a signal ends the platform. Processes that a
//! child leaves behind at its own end are killed only if they keep its output open.

use std::collections::VecDeque;
use std::ffi::OsStr;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use floe_plugin::{Error, ErrorKind, LocalPath};
use floe_telemetry::propagation::CommandExt as _;
use serde::{Deserialize, Deserializer};

use crate::process::group::ProcessGroup;
use crate::process::interrupt;
use crate::quote::without_credentials;

/// The number of bytes that are kept of the end of a stream.
const LONGEST_TAIL: usize = 64 << 10;

/// The maximum length in characters of the quoted output in an error.
const LONGEST_QUOTE: usize = 300;

const QUOTED_LINES: usize = 4;

/// The interval of checks for a signal and for the end of the child.
const TICK: Duration = Duration::from_millis(20);

/// The time limit for reading the output after the end of a child. A process that the child left behind can keep the
/// output open.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(2);

/// A program in a plugin's configuration: a name that is searched for in `PATH`, or a path.
#[derive(Clone, Debug)]
pub struct Program(PathBuf);

impl Program {
    /// Creates a program that is found in `PATH`.
    pub fn named(name: &str) -> Self {
        Self(PathBuf::from(name))
    }
}

impl<'de> Deserialize<'de> for Program {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let path = PathBuf::deserialize(deserializer)?;
        let is_name = path.components().count() == 1 && !path.is_absolute();
        Ok(Self(if is_name { path } else { LocalPath::new(path).to_path_buf() }))
    }
}

/// A program with its arguments and its environment, before it runs.
#[derive(Debug)]
pub struct Invocation<'a> {
    tool: &'static str,
    command: Command,
    limit: Duration,
    /// The time between SIGINT and SIGKILL if a signal ends the platform.
    stop_limit: Duration,
    /// Credentials that are removed from quotes in errors.
    credentials: Vec<&'a str>,
}

/// The result of a child that was not killed.
#[derive(Debug)]
pub struct Output<'a> {
    tool: &'static str,
    /// The exit code.
    pub code: i32,
    /// The ends of the standard output and of the error output.
    tails: [String; 2],
    credentials: Vec<&'a str>,
}

impl<'a> Invocation<'a> {
    /// Creates an invocation that may take `limit`. `tool` is the name of the program in errors.
    pub fn new(tool: &'static str, program: &Program, limit: Duration) -> Self {
        let mut command = Command::new(&program.0);
        // The output is quoted in errors, so it must not contain colours.
        command.env("NO_COLOR", "1").stdin(Stdio::null());
        Self { tool, command, limit, stop_limit: Duration::ZERO, credentials: Vec::new() }
    }

    /// Sends SIGINT to the process group when a signal ends the platform, and kills the group after this time. Without
    /// this setting, the group is killed at once.
    #[must_use]
    pub fn stopped_within(mut self, limit: Duration) -> Self {
        self.stop_limit = limit;
        self
    }

    /// Adds an argument.
    #[must_use]
    pub fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.command.arg(argument);
        self
    }

    /// Adds an option, if it has a value.
    #[must_use]
    pub fn option(self, name: &str, value: Option<impl AsRef<OsStr>>) -> Self {
        match value {
            Some(value) => self.arg(name).arg(value),
            None => self,
        }
    }

    /// Sets a variable of the environment.
    #[must_use]
    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Passes a credential in the environment, because arguments are visible to other users.
    #[must_use]
    pub fn credential(mut self, name: &str, value: &'a str) -> Self {
        self.command.env(name, value);
        self.credentials.push(value);
        self
    }

    /// Sets the working directory.
    #[must_use]
    pub fn folder(mut self, folder: &Path) -> Self {
        self.command.current_dir(folder);
        self
    }

    /// Runs the program until it ends. Any exit code is a result.
    ///
    /// # Errors
    /// The program cannot be started, is killed, or does not end in time; or a signal ends the platform.
    pub fn run(self) -> Result<Output<'a>, Error> {
        self.run_until(&interrupt::is_requested)
    }

    fn run_until(mut self, is_interrupted: &dyn Fn() -> bool) -> Result<Output<'a>, Error> {
        self.command.stdout(Stdio::piped()).stderr(Stdio::piped());
        self.command.inject_context();
        let mut group =
            ProcessGroup::spawn(&mut self.command).map_err(|error| self.not_started(&error))?;
        let tails = read_tails(&mut group.leader)?;
        let status = match self.wait(&mut group, is_interrupted) {
            Ok(status) => status,
            Err(error) => {
                drop(group);
                // The output ends when the last process of the group has ended.
                while tails.recv_timeout(DRAIN_TIMEOUT).is_ok() {}
                return Err(error);
            }
        };
        let tails = self.drain(&group, &tails);
        let Some(code) = status.code() else {
            let message = format!("{} was killed ({status})", self.tool);
            return Err(Error::new(ErrorKind::System, message));
        };
        Ok(Output { tool: self.tool, code, tails, credentials: self.credentials })
    }

    fn wait(
        &self,
        group: &mut ProcessGroup,
        is_interrupted: &dyn Fn() -> bool,
    ) -> Result<ExitStatus, Error> {
        let started = Instant::now();
        loop {
            if let Some(status) = group.leader.try_wait()? {
                return Ok(status);
            }
            if is_interrupted() {
                self.stop(group)?;
                let message = format!("{} was interrupted by a signal", self.tool);
                return Err(interrupt::interrupted(message));
            }
            if started.elapsed() >= self.limit {
                let limit = self.limit.as_secs_f64();
                let message = format!("{} did not end within {limit} seconds", self.tool);
                return Err(Error::new(ErrorKind::TimedOut, message));
            }
            thread::sleep(TICK);
        }
    }

    /// Sends SIGINT to the group, and waits for the end of its leader within `stop_limit`.
    fn stop(&self, group: &mut ProcessGroup) -> Result<(), Error> {
        if self.stop_limit.is_zero() {
            return Ok(());
        }
        group.interrupt();
        let started = Instant::now();
        while group.leader.try_wait()?.is_none() && started.elapsed() < self.stop_limit {
            thread::sleep(TICK);
        }
        Ok(())
    }

    /// Reads both streams to their end, and returns their tails without credentials. Kills the group if it keeps a
    /// stream open.
    fn drain(&self, group: &ProcessGroup, tails: &Receiver<(usize, Vec<u8>)>) -> [String; 2] {
        let mut read = [String::new(), String::new()];
        let mut limit = Instant::now() + DRAIN_TIMEOUT;
        let mut missing = read.len();
        let mut is_killed = false;
        while missing > 0 {
            match tails.recv_timeout(limit.saturating_duration_since(Instant::now())) {
                Ok((index, tail)) => {
                    let text = String::from_utf8_lossy(&tail);
                    read[index] = without_credentials(&text, self.credentials.iter().copied());
                    missing -= 1;
                }
                // A process of the group still has the stream open, so no other group can have the id of this group.
                Err(RecvTimeoutError::Timeout) if !is_killed => {
                    group.kill();
                    is_killed = true;
                    limit = Instant::now() + DRAIN_TIMEOUT;
                }
                Err(_) => break,
            }
        }
        read
    }

    fn not_started(&self, error: &io::Error) -> Error {
        let program = self.command.get_program().to_string_lossy();
        let (kind, reason) = match error.kind() {
            io::ErrorKind::NotFound => (ErrorKind::NotFound, "is not installed".to_owned()),
            io::ErrorKind::PermissionDenied => {
                (ErrorKind::Unauthorized, "is not executable".to_owned())
            }
            _ => (ErrorKind::System, format!("cannot be started: {error}")),
        };
        Error::new(kind, format!("{}: `{program}` {reason}", self.tool))
    }
}

impl Output<'_> {
    /// Returns the end of the standard output.
    pub fn stdout(&self) -> &str {
        &self.tails[0]
    }

    /// Returns a text without the credentials that were passed to the program.
    pub fn without_credentials(&self, text: &str) -> String {
        without_credentials(text, self.credentials.iter().copied())
    }

    /// Returns an error with the last lines of the error output, or else of the standard output.
    pub fn error(&self, kind: ErrorKind) -> Error {
        let [stdout, stderr] = &self.tails;
        let quote = match last_lines(stderr) {
            none if none.is_empty() => last_lines(stdout),
            lines => lines,
        };
        let tool = self.tool;
        let code = self.code;
        let message = if quote.is_empty() {
            format!("{tool} ended with the exit code {code}")
        } else {
            format!("{tool} ended with the exit code {code}: {quote}")
        };
        Error::new(kind, message)
    }
}

/// Starts a thread for each stream, because a child blocks when a pipe is full.
fn read_tails(child: &mut Child) -> Result<Receiver<(usize, Vec<u8>)>, Error> {
    let (sender, tails) = mpsc::channel();
    let stdout = child.stdout.take().map(|it| Box::new(it) as Box<dyn Read + Send>);
    let stderr = child.stderr.take().map(|it| Box::new(it) as Box<dyn Read + Send>);
    for (index, stream) in [stdout, stderr].into_iter().enumerate() {
        let sender = sender.clone();
        let thread = thread::Builder::new().name("floe-child".to_owned());
        thread.spawn(move || {
            let tail = stream.map(read_tail).unwrap_or_default();
            // After `DRAIN_TIMEOUT`, the receiver is gone.
            let _ = sender.send((index, tail));
        })?;
    }
    Ok(tails)
}

fn read_tail(mut stream: impl Read) -> Vec<u8> {
    let mut tail = VecDeque::new();
    let mut buffer = [0; 8 << 10];
    loop {
        match stream.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => {
                tail.extend(&buffer[..count]);
                let excess = tail.len().saturating_sub(LONGEST_TAIL);
                tail.drain(..excess);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            // After a read error, there is no more output.
            Err(_) => break,
        }
    }
    tail.into()
}

/// Returns the last non-empty lines, joined into one, without control characters.
fn last_lines(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let last = &lines[lines.len().saturating_sub(QUOTED_LINES)..];
    let joined = last.join("; ").replace(char::is_control, " ");
    let excess = joined.chars().count().saturating_sub(LONGEST_QUOTE);
    joined.chars().skip(excess).collect()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    const LONG: Duration = Duration::from_secs(120);

    fn sh(script: &str) -> Invocation<'static> {
        Invocation::new("tool", &Program::named("sh"), LONG).arg("-c").arg(script)
    }

    #[test]
    fn the_output_is_bounded_and_its_end_is_kept() {
        let script = "i=0; while [ $i -lt 3000 ]; do echo 0123456789012345678901234567890123456789; i=$((i+1)); done; echo last";
        let output = sh(script).run().unwrap();
        assert_eq!(output.code, 0);
        assert_eq!(output.stdout().len(), LONGEST_TAIL);
        assert!(output.stdout().ends_with("\nlast\n"));
    }

    #[test]
    fn an_exit_code_is_an_error_with_the_last_lines() {
        let output =
            sh("echo out; echo one >&2; echo >&2; echo password=hunter2 >&2; exit 3").run();
        let error = output.unwrap().error(ErrorKind::Rejected);
        assert_eq!(error.kind(), ErrorKind::Rejected);
        assert_eq!(error.to_string(), "tool ended with the exit code 3: one; password=<REDACTED>");
        let error = sh("echo out; exit 3").run().unwrap().error(ErrorKind::Rejected);
        assert_eq!(error.to_string(), "tool ended with the exit code 3: out");
    }

    #[test]
    fn a_credential_is_in_the_environment_and_in_no_error() {
        let output = sh("echo \"<$KEY>\"; exit 1").credential("KEY", "zero-one").run();
        let error = output.unwrap().error(ErrorKind::Rejected);
        assert_eq!(error.to_string(), "tool ended with the exit code 1: <<REDACTED>>");
    }

    #[test]
    fn a_program_that_hangs_is_killed_with_its_children() {
        let folder = tempfile::tempdir().unwrap();
        let pid = folder.path().join("pid");
        let draft = folder.path().join("draft");
        let script = "sleep 600 & echo $! > \"$DRAFT\"; mv \"$DRAFT\" \"$PID\"; wait";
        let invocation = sh(script).env("PID", &pid).env("DRAFT", &draft);
        let error = invocation.run_until(&|| pid.exists()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Interrupted);
        assert_eq!(error.to_string(), "tool was interrupted by a signal");
        let pid: i32 = fs::read_to_string(&pid).unwrap().trim().parse().unwrap();
        // A killed process is a zombie until the system's first process has read its status.
        let is_alive = || {
            let stat = fs::read_to_string(format!("/proc/{pid}/stat"));
            stat.is_ok_and(|stat| !stat.contains(") Z "))
        };
        for _ in 0..1000 {
            if !is_alive() {
                return;
            }
            thread::sleep(TICK);
        }
        panic!("the child of the program is alive");
    }

    #[test]
    fn a_program_that_takes_too_long_is_an_error() {
        let limit = Duration::from_millis(50);
        let error =
            Invocation::new("tool", &Program::named("sleep"), limit).arg("600").run().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TimedOut);
        assert_eq!(error.to_string(), "tool did not end within 0.05 seconds");
    }

    #[test]
    fn the_context_of_the_trace_is_in_the_environment() {
        let mut stdout = String::new();
        let spans = floe_telemetry::testing::capture(|| {
            let _span = floe_telemetry::create_span("caller");
            stdout = sh("echo $TRACEPARENT").run().unwrap().stdout().to_owned();
        });
        let caller = spans.single("caller").span_context().clone();
        let expected = format!("00-{}-{}-01\n", caller.trace_id(), caller.span_id());
        assert_eq!(stdout, expected);
    }
}
