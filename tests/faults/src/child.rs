//! The child process of a scenario.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{self, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use floe_telemetry::config::OtlpProtocol;
use procfs::process::{Process, Status};

use crate::report::{Message, Report};
use crate::soak::Sample;
use crate::surroundings::Surroundings;

pub(crate) const PROGRAM: &str = "--program";

/// The time after which a program is killed, except in a soak.
const LIMIT: Duration = Duration::from_secs(120);

#[derive(Clone, Copy, Debug)]
pub(crate) struct Resources {
    pub(crate) threads: u64,
    pub(crate) descriptors: usize,
}

#[derive(Debug)]
pub(crate) struct Child {
    process: process::Child,
    stdin: ChildStdin,
    messages: Receiver<Message>,
    stderr: Option<JoinHandle<String>>,
    deadline: Instant,
    limit: Duration,
}

impl Child {
    pub(crate) fn start(name: &str, protocol: OtlpProtocol, endpoint: &str) -> Result<Self> {
        Self::start_within(LIMIT, name, protocol, endpoint)
    }

    pub(crate) fn start_in(
        surroundings: &Surroundings,
        name: &str,
        protocol: OtlpProtocol,
        endpoint: &str,
    ) -> Result<Self> {
        let mut program = program(name, protocol, endpoint)?;
        surroundings.surround(&mut program)?;
        Self::of(program, LIMIT)
    }

    pub(crate) fn start_within(
        limit: Duration,
        name: &str,
        protocol: OtlpProtocol,
        endpoint: &str,
    ) -> Result<Self> {
        Self::of(program(name, protocol, endpoint)?, limit)
    }

    fn of(mut program: Command, limit: Duration) -> Result<Self> {
        let mut process = program
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .context("cannot start the child")?;
        let stdin = process.stdin.take().context("no standard input")?;
        let stdout = process.stdout.take().context("no standard output")?;
        let mut stderr = process.stderr.take().context("no standard error")?;
        let (sender, messages) = channel();
        thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                if let Ok(message) = serde_json::from_str(&line) {
                    let _ = sender.send(message);
                }
            }
        });

        let stderr = thread::spawn(move || {
            let mut text = Vec::new();
            let _ = stderr.read_to_end(&mut text);
            String::from_utf8_lossy(&text).into_owned()
        });

        Ok(Self {
            process,
            stdin,
            messages,
            stderr: Some(stderr),
            deadline: Instant::now() + limit,
            limit,
        })
    }

    pub(crate) fn wait_for(&mut self, phase: &str) -> Result<()> {
        match self.next()? {
            Message::Waiting(name) if name == phase => Ok(()),
            found => bail!("expected a wait for `{phase}`, found {found:?}"),
        }
    }

    pub(crate) fn proceed(&mut self) -> Result<()> {
        writeln!(self.stdin).context("the program has ended")
    }

    /// Returns the samples that the program has sent since the last call.
    pub(crate) fn samples(&self) -> Vec<Sample> {
        let messages = self.messages.try_iter();
        let samples = messages.filter_map(|message| match message {
            Message::Sample(sample) => Some(sample),
            _ => None,
        });

        samples.collect()
    }

    /// Returns the largest address space so far, and the current one.
    pub(crate) fn address_space_mib(&self) -> Result<[u64; 2]> {
        let status = self.status()?;
        let peak = status.vmpeak.context("no `VmPeak`")?;
        let now = status.vmsize.context("no `VmSize`")?;
        Ok([peak / 1024, now / 1024])
    }

    pub(crate) fn status(&self) -> Result<Status> {
        Ok(self.system()?.status()?)
    }

    fn system(&self) -> Result<Process> {
        Ok(Process::new(i32::try_from(self.process.id())?)?)
    }

    /// Returns the numbers of threads and descriptors.
    pub(crate) fn resources(&self) -> Result<Resources> {
        let descriptors = self.system()?.fd_count()?;
        Ok(Resources { threads: self.status()?.threads, descriptors })
    }

    pub(crate) fn finish(self) -> Result<Report> {
        Ok(self.finish_timed()?.0)
    }

    /// Waits for the end of the program. Returns its report, and the time between the report and the end.
    pub(crate) fn finish_timed(mut self) -> Result<(Report, Duration)> {
        let mut report = self.report()?;
        let start = Instant::now();
        let (status, stderr) = self.end()?;
        let duration = start.elapsed();
        ensure!(status.success(), "{status}: {stderr}");
        report.stderr = stderr;
        Ok((report, duration))
    }

    /// Sends a signal, such as `-TERM`.
    pub(crate) fn send(&self, signal: &str) -> Result<()> {
        let process = self.process.id().to_string();
        let sent = Command::new("kill").args([signal, &process]).status()?;
        ensure!(sent.success(), "kill {signal}: {sent}");
        Ok(())
    }

    fn report(&mut self) -> Result<Report> {
        loop {
            match self.next()? {
                Message::Report(report) => return Ok(*report),
                Message::Waiting(phase) => bail!("expected a report, found a wait for `{phase}`"),
                Message::Sample(_) => {}
            }
        }
    }

    fn end(&mut self) -> Result<(ExitStatus, String)> {
        let status = loop {
            if let Some(status) = self.process.try_wait()? {
                break status;
            }

            ensure!(
                Instant::now() < self.deadline,
                "the program did not exit within {:?}",
                self.limit
            );

            thread::sleep(Duration::from_millis(5));
        };

        let stderr = self.stderr();
        ensure!(!stderr.contains("panicked at "), "{stderr}");
        Ok((status, stderr))
    }

    fn next(&mut self) -> Result<Message> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        if let Ok(message) = self.messages.recv_timeout(left) {
            return Ok(message);
        }

        let _ = self.process.kill();
        let limit = self.limit;
        bail!("no report before the program's end or within {limit:?}: {}", self.stderr())
    }

    fn stderr(&mut self) -> String {
        let reader = self.stderr.take();
        let text = reader.and_then(|reader| reader.join().ok());
        text.unwrap_or_default()
    }
}

/// Returns the command that runs the program of a scenario.
fn program(name: &str, protocol: OtlpProtocol, endpoint: &str) -> Result<Command> {
    let protocol = match protocol {
        OtlpProtocol::Http => "http",
        _ => "grpc",
    };

    let mut program = Command::new(std::env::current_exe()?);
    program.args([PROGRAM, name, protocol, endpoint]);
    Ok(program)
}

impl Drop for Child {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
