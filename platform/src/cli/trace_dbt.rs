//! `floe trace-dbt`: runs dbt inside a trace.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use floe_dbt::{Ended, Recorded};
use floe_plugin::rfc3339;
use floe_plugins::process::foreground::Exit;
use floe_plugins::process::interrupt;

use super::output::{print_error, print_redacted};
use crate::compile::definition;
use crate::history::{self, Record};
use crate::product;
use crate::telemetry;

/// Runs dbt inside a trace, and ends the program with dbt's exit code or signal.
pub(super) fn trace_dbt(command: &[OsString]) -> ExitCode {
    let Some((program, arguments)) = command.split_first() else {
        return ExitCode::from(2);
    };
    let product = |project: &Path| {
        let (identity, ..) = definition::read_files(&product_of(project)?, None, None).ok()?;
        Some(telemetry::product(&identity))
    };
    let mut report = match floe_dbt::run(program, arguments, product) {
        Ok(report) => report,
        Err(error) => {
            print_redacted("error", &error.redacted());
            return ExitCode::from(error.exit_code());
        }
    };
    if let Some((recorded, project)) = report.recorded.zip(report.project)
        && let Some(product) = product_of(&project)
        && let Err(error) = history::add(&product, recorded.into())
    {
        let error = error.redacted();
        report.warnings.push(format!("the ids of the run are not kept: {error}"));
    }
    for warning in &report.warnings {
        print_error("warning", warning);
    }
    match report.ended {
        Ended::Exited(Exit::Code(code)) => ExitCode::from(u8::try_from(code).unwrap_or(1)),
        Ended::Exited(Exit::Signal(signal)) => interrupt::end(signal),
        Ended::NotStarted { code, message } => {
            print_error("error", &message);
            ExitCode::from(code)
        }
    }
}

/// The product of a dbt project: the nearest folder with a `floe.yaml`.
fn product_of(project: &Path) -> Option<PathBuf> {
    let mut folders = project.ancestors();
    let product = folders.find(|folder| product::spec_path(folder).is_file());
    product.map(Path::to_owned)
}

impl From<Recorded> for Record {
    fn from(recorded: Recorded) -> Self {
        let status = if recorded.succeeded { "success" } else { "failed" };
        Self {
            command: recorded.command,
            name: recorded.project.unwrap_or_else(|| "a dbt project".to_owned()),
            status: status.to_owned(),
            started_at: rfc3339(recorded.started),
            ended_at: Some(rfc3339(recorded.ended)),
            trace_id: recorded.trace_id,
            span_id: recorded.span_id,
            dbt_invocation_id: Some(recorded.invocation_id),
            dagster_run_id: recorded.dagster_run_id,
            ..Self::default()
        }
    }
}
