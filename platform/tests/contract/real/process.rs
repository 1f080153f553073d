//! Starts services as child processes and reads their output.

use std::io::{BufRead as _, BufReader, Read};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::{Duration, Instant};

/// The time for a service to start, and to do the expected work.
const DEADLINE: Duration = Duration::from_secs(60);

pub(crate) fn place() -> PathBuf {
    let place = std::env::var_os("PLUGINS");
    place
        .expect("PLUGINS: expected the folder of the services that `.ci/services plugins` installs")
        .into()
}

pub(crate) fn script(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    folder.join("tests/contract/real").join(name)
}

pub(crate) struct Process {
    child: Child,
    /// The lines of the output; a line of standard error begins with a tab.
    lines: Receiver<String>,
    output: Vec<String>,
}

impl Process {
    pub(crate) fn start(command: &mut Command) -> Self {
        let started = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        let mut child = started.unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let (sender, lines) = mpsc::channel();
        read(child.stdout.take().unwrap(), "", sender.clone());
        read(child.stderr.take().unwrap(), "\t", sender);
        Self { child, lines, output: Vec::new() }
    }

    pub(crate) fn line(&mut self) -> String {
        let deadline = Instant::now() + DEADLINE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let Ok(line) = self.lines.recv_timeout(left) else {
                panic!("expected another line, found only {:#?}", self.output);
            };
            self.output.push(line.clone());
            if !line.starts_with('\t') {
                return line;
            }
        }
    }

    /// Returns the port, which the service prints first.
    pub(crate) fn port(&mut self) -> u16 {
        let line = self.line();
        line.parse().unwrap_or_else(|_| panic!("expected a port, found `{line}`"))
    }

    pub(crate) fn has_line(&mut self) -> bool {
        self.lines.try_iter().any(|line| !line.starts_with('\t'))
    }

    /// Calls `attempt` until it has a result. Panics if the service ends, or after the deadline.
    pub(crate) fn poll<T>(&mut self, mut attempt: impl FnMut() -> Option<T>) -> T {
        let deadline = Instant::now() + DEADLINE;
        loop {
            if let Some(found) = attempt() {
                return found;
            }
            // A line that arrives ends the pause.
            self.output.extend(self.lines.recv_timeout(Duration::from_millis(50)));
            let status = self.child.try_wait().unwrap();
            let is_over = status.is_some() || Instant::now() > deadline;
            assert!(!is_over, "{status:?}; output: {:#?}", self.output);
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // The process may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn read(output: impl Read + Send + 'static, mark: &'static str, sender: Sender<String>) {
    thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            // After the test, the receiver may be gone.
            let _ = sender.send(format!("{mark}{line}"));
        }
    });
}
