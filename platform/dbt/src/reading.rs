//! Reads dbt's events on a thread while dbt runs.

use std::ffi::OsString;
use std::io;
use std::thread::{self, JoinHandle};

use floe_telemetry::propagation;
use tempfile::TempDir;

use crate::event::Event;
use crate::log_file::{LOG, LogFile};
use crate::setting::set;
use crate::standby::Standby;
use crate::stream::{Lines, MAX_LINE, Pipe};
use crate::trace::CommandTrace;

/// A pipe in place of dbt's log file, in a folder that only this user can read.
#[derive(Debug)]
pub(crate) struct Pipes {
    folder: TempDir,
    lines: Lines,
    end: Pipe,
}

#[derive(Debug)]
pub(crate) struct Reading {
    folder: TempDir,
    reader: JoinHandle<Read>,
}

#[derive(Debug)]
struct Read {
    trace: CommandTrace,
    log_file: Option<LogFile>,
    warnings: Vec<String>,
}

impl Pipes {
    pub(crate) fn open() -> io::Result<Self> {
        let folder = tempfile::Builder::new().prefix("floe-dbt-").tempdir()?;
        let (lines, end) = Lines::open(&folder.path().join(LOG))?;
        Ok(Self { folder, lines, end })
    }

    /// Starts the process that takes over the reading if this process is killed.
    pub(crate) fn standby(&self) -> io::Result<Standby> {
        let folder = self.folder.path();
        Standby::start(&folder.join(LOG), folder)
    }

    /// Starts to read. The caller closes the returned pipe when dbt has ended.
    pub(crate) fn read(self, trace: CommandTrace, log_file: Option<LogFile>) -> (Reading, Pipe) {
        let Self { folder, lines, end } = self;
        let reader = thread::spawn(move || read(&lines, trace, log_file));
        (Reading { folder, reader }, end)
    }

    /// Returns the variables that make dbt write into the pipe, and the variable with the current context.
    pub(crate) fn variables(&self) -> Vec<(String, OsString)> {
        let settings = [
            set("LOG_PATH", self.folder.path()),
            set("LOG_FORMAT_FILE", "json"),
            set("LOG_LEVEL_FILE", "debug"),
            set("LOG_FILE_MAX_BYTES", "0"),
        ];
        settings.into_iter().flatten().chain(trace_variable()).collect()
    }
}

/// Returns the variable with the current context, which dbt repeats on each line of its log and in its artifacts.
pub(crate) fn trace_variable() -> Option<(String, OsString)> {
    let traceparent = propagation::inject_headers().remove("traceparent")?;
    Some(("DBT_ENV_CUSTOM_ENV_TRACEPARENT".to_owned(), traceparent.into()))
}

impl Reading {
    /// Waits for the end of the pipe. Returns the trace (`None` after a panic of the thread), and warnings about gaps.
    pub(crate) fn finish(self) -> (Option<CommandTrace>, Vec<String>) {
        let Ok(mut read) = self.reader.join() else {
            return (None, Vec::new());
        };
        let log_file = read.log_file.take();
        let failure = log_file.and_then(|file| file.finish(self.folder.path()));
        let mut warnings: Vec<String> = failure.into_iter().collect();
        warnings.append(&mut read.warnings);
        (Some(read.trace), warnings)
    }
}

fn read(lines: &Lines, mut trace: CommandTrace, mut log_file: Option<LogFile>) -> Read {
    let mut unknown = 0_u64;
    while let Some(line) = lines.next() {
        if let Some(event) = Event::parse(&line) {
            if let Some(log_file) = &mut log_file {
                log_file.write(&event, &line);
            }
            trace.event(&event);
        } else {
            unknown += 1;
        }
    }
    let mut warnings = Vec::new();
    if unknown > 0 {
        warnings.push(format!(
            "expected dbt's JSON log, found {unknown} lines in dbt's log that are not events"
        ));
    }
    if lines.dropped() > 0 {
        warnings.push(format!(
            "{} lines of dbt's log were dropped, expected at most {} KiB in a line and 64 MiB in all lines that wait for processing",
            lines.dropped(),
            MAX_LINE >> 10
        ));
    }
    Read { trace, log_file, warnings }
}
