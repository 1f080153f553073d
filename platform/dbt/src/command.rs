//! Runs a dbt command inside a trace: a span for the command, one for each node that dbt builds, and dbt's log records.
//! `floe` writes dbt's log file from dbt's events.

use std::ffi::{OsStr, OsString};
use std::io::{self, ErrorKind};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use floe_plugins::error::Error;
use floe_plugins::process::foreground::{self, Exit};
use floe_telemetry::logs::configure_logging_with_writer;
use floe_telemetry::opentelemetry::Context;
use floe_telemetry::propagation::{self, CommandExt as _};
use floe_telemetry::{FloeSpanAttributes, TelemetryConfig, TelemetryProvider, keys};

use crate::invocation::Invocation;
use crate::log_file::LogFile;
use crate::reading::{Pipes, Reading, trace_variable};
use crate::stream::Pipe;
use crate::trace::{CommandTrace, Recorded};

const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(5);

/// The end of a command, with warnings.
#[derive(Debug)]
pub struct Report {
    /// The end of the command.
    pub ended: Ended,
    /// Warnings about what could not be recorded.
    pub warnings: Vec<String>,
}

/// The callbacks that the caller of [`run`] provides.
pub trait Product {
    /// Returns the identity of the product whose dbt project is in the folder `project`.
    fn identity(&mut self, project: &Path) -> Option<FloeSpanAttributes>;

    /// Called at the end of a command in which dbt ran. Adds the command to the history.
    fn ended(&mut self, command: &Recorded<'_>);
}

/// The end of a command.
#[derive(Debug)]
pub enum Ended {
    /// The program ended.
    Exited(Exit),
    /// The program could not be started. The exit code is the code that a shell would return.
    NotStarted {
        /// The exit code.
        code: u8,
        /// The reason.
        message: String,
    },
}

/// Runs a command line that runs dbt, for example `dbt build`. An identity in the variable `BAGGAGE` takes precedence
/// over the identity of `product`.
///
/// # Errors
/// The telemetry cannot be configured or started. Nothing was run.
pub fn run(
    program: &OsStr,
    arguments: &[OsString],
    product: &mut impl Product,
) -> Result<Report, Error> {
    let mut config = TelemetryConfig::new("dbt");
    config.baggage_attributes = keys::IDENTITY.map(str::to_owned).to_vec();
    // Each command is a process of its own. A fixed id makes its metrics continue those of the previous command.
    config.metrics.service_instance_id = Some("dbt".to_owned());
    config.apply_env()?;
    // Log records are not printed, because dbt's lines are on the terminal already.
    configure_logging_with_writer(&config.logging, io::sink)?;
    let telemetry = TelemetryProvider::builder(config).initialize()?;
    let report = if telemetry.is_noop() {
        let mut command = Command::new(program);
        command.args(arguments);
        Report { ended: execute(&mut command, || {}), warnings: Vec::new() }
    } else {
        let invocation = Invocation::new(program, arguments);
        let parent = context(&invocation.folder, product);
        observed(program, arguments, invocation, &parent, product)
    };
    // The error is not reported here, because the library itself reports lost telemetry.
    let _ = telemetry.shutdown(SHUTDOWN_TIMEOUT);
    Ok(report)
}

/// Returns the context from the environment, with the identity of the product in its baggage.
fn context(project: &Path, product: &mut impl Product) -> Context {
    let inherited = propagation::from_environment();
    let _inherited = inherited.clone().attach();
    let identity = product.identity(project);
    if propagation::baggage_value(keys::FLOE_NAMESPACE).is_some() {
        return inherited;
    }
    identity.map_or(inherited, |product| propagation::set_floe_baggage(&product))
}

fn observed(
    program: &OsStr,
    arguments: &[OsString],
    invocation: Invocation,
    parent: &Context,
    product: &mut impl Product,
) -> Report {
    let mut warnings = Vec::new();
    let project = invocation.project_name.as_deref();
    let trace = CommandTrace::start(&invocation.command, &invocation.folder, parent)
        .of_project(project, invocation.target);
    let _current = trace.context().clone().attach();
    let mut command = Command::new(program);
    command.inject_context();
    let mut standby = None;
    let (reading, pipe) = match Pipes::open() {
        Ok(pipes) => {
            match pipes.standby() {
                Ok(started) => standby = Some(started),
                Err(error) => warnings.push(format!(
                    "cannot start the process that reads dbt's log after `floe` is killed; without it, dbt would print an error for each event: {error}"
                )),
            }
            command.args(&invocation.arguments);
            command.envs(pipes.variables());
            let (reading, end) = pipes.read(trace, Some(LogFile::new(invocation.log)));
            (Ok(reading), Some(end))
        }
        Err(error) => {
            warnings.push(format!("the trace has no spans of nodes: cannot open a pipe: {error}"));
            command.args(arguments).envs(trace_variable());
            (Err(Box::new(trace)), None)
        }
    };
    let ended = execute(&mut command, || {
        pipe.into_iter().for_each(Pipe::close);
    });
    let trace = match reading {
        Err(trace) => Some(*trace),
        Ok(reading) => {
            let (trace, found): (_, Vec<String>) = Reading::finish(reading);
            warnings.extend(found);
            trace
        }
    };
    drop(standby);
    match (trace, &ended) {
        (Some(trace), Ended::Exited(exit)) => {
            warnings.extend(trace.end(*exit, |command| product.ended(&command)).1);
        }
        (Some(trace), Ended::NotStarted { message, .. }) => trace.not_started(message),
        (None, _) => warnings.push("the trace is incomplete: a thread panicked".to_owned()),
    }
    Report { ended, warnings }
}

/// Runs a process, and calls `ended` when the process has ended or could not be started.
fn execute(command: &mut Command, ended: impl FnOnce()) -> Ended {
    let result = foreground::start(command).and_then(foreground::Running::wait);
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
