//! A receiver in a process of its own, which can be stopped like a machine that hangs.

use std::io::{self, BufRead as _, BufReader, Write as _};
use std::process::{self, ChildStdin, ChildStdout, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use floe_telemetry::config::OtlpProtocol;
use floe_tests::Receiver;
use procfs::process::Process;

/// The process may take this time to stop.
const STOP: Duration = Duration::from_secs(20);

/// The argument that selects the program of the receiver.
pub(crate) const RECEIVER: &str = "--receiver";

#[derive(Debug)]
pub(crate) struct ReceiverProcess {
    process: process::Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
    endpoint: String,
}

impl ReceiverProcess {
    pub(crate) fn start(protocol: OtlpProtocol) -> Result<Self> {
        let protocol = match protocol {
            OtlpProtocol::Http => "http",
            _ => "grpc",
        };
        let mut process = Command::new(std::env::current_exe()?)
            .args([RECEIVER, protocol])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("a receiver process")?;
        let stdin = process.stdin.take().context("its standard input")?;
        let stdout = process.stdout.take().context("its standard output")?;
        let mut this =
            Self { process, stdin, stdout: BufReader::new(stdout), endpoint: String::new() };
        this.endpoint = this.line()?;
        Ok(this)
    }

    pub(crate) fn endpoint(&self) -> &str {
        &self.endpoint
    }

    pub(crate) fn stop(&self) -> Result<()> {
        self.signal("-STOP")?;
        let process = Process::new(i32::try_from(self.process.id())?)?;
        let start = Instant::now();
        loop {
            let mut threads = process.tasks()?.map(|thread| thread?.stat());
            if threads.all(|stat| stat.is_ok_and(|stat| stat.state == 'T')) {
                return Ok(());
            }
            ensure!(start.elapsed() < STOP, "the receiver does not stop");
            thread::sleep(Duration::from_millis(1));
        }
    }

    pub(crate) fn resume(&self) -> Result<()> {
        self.signal("-CONT")
    }

    /// The number of spans that were accepted so far.
    pub(crate) fn spans(&mut self) -> Result<usize> {
        writeln!(self.stdin)?;
        Ok(self.line()?.parse()?)
    }

    fn signal(&self, signal: &str) -> Result<()> {
        let process = self.process.id().to_string();
        let status = Command::new("kill").args([signal, &process]).status()?;
        ensure!(status.success(), "kill {signal}: {status}");
        Ok(())
    }

    fn line(&mut self) -> Result<String> {
        let mut line = String::new();
        self.stdout.read_line(&mut line)?;
        Ok(line.trim().to_owned())
    }
}

impl Drop for ReceiverProcess {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The process writes its endpoint, and for each line of its input the number of spans.
pub(crate) fn serve(protocol: &str) -> io::Result<()> {
    let receiver = match protocol {
        "http" => Receiver::http(),
        _ => Receiver::grpc(),
    };
    let mut out = io::stdout().lock();
    writeln!(out, "{}", receiver.endpoint())?;
    out.flush()?;
    for line in io::stdin().lines() {
        line?;
        writeln!(out, "{}", receiver.spans().len())?;
        out.flush()?;
    }
    Ok(())
}
