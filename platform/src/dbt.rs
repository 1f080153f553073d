//! Runs dbt inside a trace: a span for the command, one for each node that dbt builds, and dbt's log records.
//!
//! dbt writes structured events into its log file. [`run`] puts a named pipe in the place of that file and sets
//! dbt's own environment variables for its format, so dbt's standard streams, its terminal and its signals stay its
//! own. The log file that dbt would have written is written from the events.
//!
//! [`event`] parses the events, [`trace`] makes spans and log records from them; both know nothing of the process.

mod event;
mod exit;
mod fusion;
mod in_run;
mod invocation;
mod lineage;
mod log_file;
mod manifest;
mod process;
mod profile;
mod reading;
mod stream;
mod trace;

use std::ffi::{OsStr, OsString};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Instant;

use floe_plugin::dbt::Invocation as Attributes;
use floe_telemetry::logs::configure_logging_with_writer;
use floe_telemetry::propagation::{self, CommandExt as _};
use floe_telemetry::{TelemetryConfig, TelemetryProvider};

pub(crate) use self::exit::Exit;
pub(crate) use self::in_run::InRun;
use self::invocation::Invocation;
use self::lineage::Lineage;
use self::log_file::LogFile;
use self::reading::{Pipes, Reading, trace_variable};
use self::stream::Pipe;
use self::trace::CommandTrace;
use crate::error::Error;
use crate::history;
use crate::product;
use crate::telemetry;

/// How a command ended, and what could not be recorded.
#[derive(Debug)]
pub(crate) struct Report {
    pub(crate) ended: Ended,
    pub(crate) warnings: Vec<String>,
}

/// How a command ended.
#[derive(Debug)]
pub(crate) enum Ended {
    /// The program ended.
    Exited(Exit),
    /// The program could not be started. The exit code is the one that shells use.
    NotStarted { code: u8, message: String },
}

/// Runs a command line in which dbt runs, for example `dbt build`.
///
/// # Errors
/// The configuration of the telemetry is not valid. Then nothing was run.
pub(crate) fn run(program: &OsStr, arguments: &[OsString]) -> Result<Report, Error> {
    let config = telemetry::with_environment(TelemetryConfig::new("dbt"))?;
    let failed = |error: floe_telemetry::Error| Error::Telemetry(error.to_string());
    // dbt's lines are on the terminal already.
    configure_logging_with_writer(&config.logging, io::sink).map_err(failed)?;
    let telemetry = TelemetryProvider::builder(config)
        .initialize()
        .map_err(failed)?;
    let mut report = if telemetry.is_noop() {
        let mut command = Command::new(program);
        command.args(arguments);
        Report {
            ended: execute(&mut command, || {}),
            warnings: Vec::new(),
        }
    } else {
        observed(program, arguments)
    };
    if let Err(error) = telemetry::stop(&telemetry) {
        report.warnings.push(error.to_string());
    }
    Ok(report)
}

/// Runs the command with a span.
fn observed(program: &OsStr, arguments: &[OsString]) -> Report {
    let invocation = Invocation::new(program, arguments);
    let parent = propagation::from_environment();
    let mut warnings = Vec::new();
    let ended_at = lineage::Ended::default();
    let product = product_of(&invocation.folder);
    let trace = CommandTrace::start(&invocation.command, &invocation.folder, &parent);
    let _current = trace.context().clone().attach();
    let profile = invocation.profiles.profile.as_deref();
    let lineage = Lineage::from_environment(profile, Arc::clone(&ended_at));
    let lineage = lineage.unwrap_or_else(|warning| {
        warnings.push(warning);
        None
    });
    let trace = trace.with_lineage(lineage, invocation.profiles);
    trace.describe(&Attributes {
        project_name: invocation.project_name.as_deref(),
        target: invocation.target.as_deref(),
        ..Attributes::default()
    });
    let mut command = Command::new(program);
    command.inject_context();
    let (reading, pipes) = match Pipes::open() {
        Ok(pipes) => {
            command.args(&invocation.arguments);
            command.envs(pipes.variables());
            let (reading, ends) = pipes.read(trace, Some(LogFile::new(invocation.log)));
            (Ok(reading), ends)
        }
        Err(error) => {
            warnings.push(format!(
                "the trace has no nodes: cannot open a pipe: {error}"
            ));
            command.args(arguments).envs(trace_variable());
            (Err(Box::new(trace)), Vec::new())
        }
    };
    let ended = execute(&mut command, || {
        // It is set once.
        let _ = ended_at.set(Instant::now());
        pipes.into_iter().for_each(Pipe::close);
    });
    let trace = match reading {
        Err(trace) => Some(*trace),
        Ok(reading) => {
            let (trace, found): (_, Vec<String>) = Reading::finish(reading);
            warnings.extend(found);
            trace
        }
    };
    match (trace, &ended) {
        (Some(trace), Ended::Exited(exit)) => {
            let end = trace.end(*exit);
            warnings.extend(end.warnings);
            let added = end
                .record
                .zip(product)
                .map(|(record, product)| history::add(&product, record));
            if let Some(Err(error)) = added {
                warnings.push(format!(
                    "the ids of the run are not kept: {}",
                    error.redacted()
                ));
            }
        }
        (Some(trace), Ended::NotStarted { message, .. }) => trace.not_started(message),
        (None, _) => warnings.push("the trace is not complete: its thread panicked".to_owned()),
    }
    Report { ended, warnings }
}

/// The product that a dbt project belongs to: the nearest folder with a `floe.yaml`.
fn product_of(project: &Path) -> Option<PathBuf> {
    let mut folders = project.ancestors();
    let product = folders.find(|folder| product::spec_path(folder).is_file());
    product.map(Path::to_owned)
}

/// Runs a process, and calls `ended` when it has ended or could not be started.
fn execute(command: &mut Command, ended: impl FnOnce()) -> Ended {
    let result = process::start(command).and_then(process::Running::wait);
    ended();
    match result {
        Ok(exit) => Ended::Exited(exit),
        Err(error) => {
            let program = command.get_program().display();
            let (code, reason) = match error.kind() {
                ErrorKind::NotFound => (127, "there is no such program".to_owned()),
                ErrorKind::PermissionDenied => (126, "permission denied".to_owned()),
                _ => (126, error.to_string()),
            };
            let message = format!("cannot run `{program}`: {reason}");
            Ended::NotStarted { code, message }
        }
    }
}
