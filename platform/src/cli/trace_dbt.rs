//! `floe trace-dbt`: runs dbt inside a trace.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use floe_dbt::{Ended, Recorded};
use floe_plugin::rfc3339;
use floe_plugins::error::Error;
use floe_plugins::process::foreground::Exit;
use floe_plugins::process::interrupt;
use floe_telemetry::FloeSpanAttributes;

use super::output::{print_error, print_redacted, print_summary};
use crate::compile::definition;
use crate::history;
use crate::identity::Identity;
use crate::manifest::Manifest;
use crate::pipeline::dbt;
use crate::product;
use crate::record::{Record, Status, Step};
use crate::telemetry;

/// The commands of dbt that build or test nodes.
const MEASURED: [&str; 5] = ["dbt build", "dbt run", "dbt seed", "dbt snapshot", "dbt test"];

/// Runs dbt inside a trace, and ends the program with dbt's exit code or signal.
pub(super) fn trace_dbt(command: &[OsString]) -> ExitCode {
    let Some((program, arguments)) = command.split_first() else {
        return ExitCode::from(2);
    };
    let mut product = Product::default();
    let report = match floe_dbt::run(program, arguments, &mut product) {
        Ok(report) => report,
        Err(error) => {
            print_redacted("error", &error.redacted());
            return ExitCode::from(error.exit_code());
        }
    };
    for warning in report.warnings.iter().chain(&product.warnings) {
        print_error("warning", warning);
    }
    if let Some(place) = &product.begun {
        print_summary(&format!("history  kept in {} from now on", place.display()));
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

/// The product of a dbt project: the nearest folder with a `floe.yaml`, if any.
#[derive(Default)]
struct Product {
    /// The folder with the history: that of the product, or else of the project.
    folder: PathBuf,
    /// The new place of a history, if this is the first command of a project without a product.
    begun: Option<PathBuf>,
    identity: Option<Result<(Identity, Manifest), Error>>,
    warnings: Vec<String>,
}

impl floe_dbt::Product for Product {
    fn identity(&mut self, project: &Path) -> Option<FloeSpanAttributes> {
        let mut folders = project.ancestors();
        let Some(folder) = folders.find(|folder| product::spec_path(folder).is_file()) else {
            if project.join("dbt_project.yml").is_file() {
                project.clone_into(&mut self.folder);
            }
            return None;
        };
        folder.clone_into(&mut self.folder);
        let read = definition::read_files(folder, None, None);
        let read = read.map(|(identity, _, manifest)| (identity, manifest));
        self.identity.insert(read).as_ref().ok().map(|(identity, _)| telemetry::product(identity))
    }

    fn ended(&mut self, command: &Recorded<'_>) {
        if self.folder.as_os_str().is_empty() {
            return;
        }
        let identity = self.identity.as_ref();
        if identity.is_none() {
            self.begun = history::begin(&self.folder);
        }
        let known = identity.and_then(|it| it.as_ref().ok());
        let run = Record {
            assets: assets(command, &mut self.warnings),
            ..record(command, known.map(|(identity, _)| identity))
        };
        self.warnings.extend(history::add(&self.folder, &run));
        if let Some(Err(error)) = identity {
            let command = command.command;
            let error = error.redacted();
            self.warnings.push(format!("the product of `{command}` is not known: {error}"));
        }
    }
}

/// Returns the nodes of a command that builds or tests nodes.
fn assets(command: &Recorded<'_>, warnings: &mut Vec<String>) -> Vec<Step> {
    let mut assets = Vec::new();
    if MEASURED.contains(&command.command) {
        let mut nodes = command.nodes().unwrap_or_else(|warning| {
            let name = command.command;
            warnings.push(format!("the history has no nodes of `{name}`: {warning}"));
            Vec::new()
        });
        dbt::redact(&mut nodes);
        dbt::add_nodes(nodes, Some(command.invocation_id), &mut assets);
    }
    assets
}

fn record(command: &Recorded<'_>, identity: Option<&Identity>) -> Record {
    let environment = command.target.or(identity.map(|it| it.environment.as_str()));
    let took = command.ended.duration_since(command.started).unwrap_or_default();
    Record {
        command: command.command.to_owned(),
        product_name: command.project.unwrap_or("a dbt project").to_owned(),
        environment: environment.unwrap_or_default().to_owned(),
        status: Status::of(command.succeeded),
        started_at: rfc3339(command.started),
        ended_at: Some(rfc3339(command.ended)),
        seconds: took.as_secs_f64(),
        trace_id: command.trace_id.clone(),
        span_id: command.span_id.clone(),
        dbt_invocation_id: Some(command.invocation_id.to_owned()),
        dagster_run_id: command.dagster_run_id.map(str::to_owned),
        ..Record::default()
    }
}
