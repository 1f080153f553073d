//! `floe trace-dbt`: runs dbt inside a trace, and prints unusual findings about its commands.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use floe_dbt::{Ended, Recorded};
use floe_plugin::lineage::{Job, Parent, RunEvent, RunState};
use floe_plugin::{PluginType, rfc3339};
use floe_plugins::error::Error;
use floe_plugins::process::foreground::Exit;
use floe_plugins::process::interrupt;
use floe_plugins::runs::run_id::RunId;
use floe_telemetry::{FloeSpanAttributes, sanitize_error_message};

use super::output::{print_error, print_redacted, print_summary};
use crate::compile::definition;
use crate::history;
use crate::identity::Identity;
use crate::manifest::Manifest;
use crate::pipeline::dbt;
use crate::plugins::active::Active;
use crate::product;
use crate::record::{Record, Status};
use crate::telemetry;

/// The commands of dbt that build or test nodes.
const MEASURED: [&str; 5] = ["dbt build", "dbt run", "dbt seed", "dbt snapshot", "dbt test"];

/// The options of dbt that select nodes. The arguments up to the next option are their values.
const SELECTING: [&str; 8] =
    ["--select", "-s", "--model", "--models", "-m", "--exclude", "--selector", "--resource-type"];

/// Runs dbt inside a trace, and ends the program with dbt's exit code or signal.
pub(super) fn trace_dbt(command: &[OsString]) -> ExitCode {
    let Some((program, arguments)) = command.split_first() else {
        return ExitCode::from(2);
    };
    let mut product = Product { arguments, ..Product::default() };
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
    for unusual in &product.unusual {
        print_summary(&format!("unusual  {unusual}"));
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
struct Product<'a> {
    arguments: &'a [OsString],
    /// The folder with the history: that of the product, or else of the project.
    folder: PathBuf,
    /// The new place of a history, if this is the first command of a project without a product.
    begun: Option<PathBuf>,
    identity: Option<Result<(Identity, Manifest), Error>>,
    unusual: Vec<String>,
    warnings: Vec<String>,
}

impl floe_dbt::Product for Product<'_> {
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

    fn ended(&mut self, command: &Recorded<'_>) -> Vec<String> {
        if self.folder.as_os_str().is_empty() {
            return Vec::new();
        }
        let identity = self.identity.as_ref();
        if identity.is_none() {
            self.begun = history::begin(&self.folder);
        }
        let known = identity.and_then(|it| it.as_ref().ok());
        let mut run = record(command, known.map(|(identity, _)| identity), &mut self.warnings);
        let is_known = self.warnings.is_empty() && MEASURED.contains(&command.command);
        if let Some((identity, manifest)) = known.filter(|_| is_known) {
            match emit_lineage(command, identity, manifest, &mut self.warnings) {
                Ok(run_id) => run.lineage_run_id = run_id,
                Err(error) => self.warnings.push(error.redacted()),
            }
        }
        run.command.push_str(&selection(command.command, self.arguments));
        self.warnings.extend(history::add(&self.folder, &mut run));
        if let Some(Err(error)) = identity {
            let command = command.command;
            let error = error.redacted();
            self.warnings.push(format!("the product of `{command}` is not known: {error}"));
        }
        self.unusual = run.unusual;
        self.unusual.clone()
    }
}

/// Emits the lineage of a command and of its nodes to the backends of the product. Returns the id of the command's run.
fn emit_lineage(
    command: &Recorded<'_>,
    identity: &Identity,
    manifest: &Manifest,
    warnings: &mut Vec<String>,
) -> Result<Option<String>, Error> {
    let mut selected = manifest.selected_plugins(&identity.manifest, &identity.folder)?;
    selected.retain(|it| matches!(it.kind, PluginType::LineageBackend | PluginType::Secrets));
    let has_backend = selected.iter().any(|it| it.kind == PluginType::LineageBackend);
    if !has_backend {
        return Ok(None);
    }
    let lineage = dbt::known(command.lineage(), |warning| warnings.push(warning));
    let Some(lineage) = lineage else {
        return Ok(None);
    };
    let plugins = Active::configure(selected, identity)?;
    plugins.start(|kind| kind == PluginType::LineageBackend)?;
    let run_id = RunId::new().to_string();
    let name = format!("dbt-run-{}", command.project.or(lineage.project()).unwrap_or_default());
    let job = Job { namespace: &identity.namespace, name: &name };
    let mut tags = vec![("dbt_invocation_id", command.invocation_id)];
    tags.extend(command.dagster_run_id.map(|id| ("dagster_run_id", id)));
    let state = if command.succeeded { RunState::Complete } else { RunState::Fail };
    let end = RunEvent { tags, ..RunEvent::new(state, command.ended, &run_id, job) };
    let start = RunEvent { state: RunState::Start, at: command.started, ..end.clone() };
    let node = RunEvent { parent: Some(Parent { run_id: &run_id, job }), ..end.clone() };
    plugins.lineage(lineage.of_dbt(start))?;
    lineage.events(&node, |event| plugins.lineage(event))?;
    plugins.lineage(lineage.of_dbt(end))?;
    warnings.extend(plugins.warnings());
    Ok(Some(run_id))
}

/// Returns the arguments of dbt that select nodes, each after a space and without credentials.
fn selection(command: &str, arguments: &[OsString]) -> String {
    let verb = command.trim_start_matches("dbt ");
    let arguments = arguments.iter().map(|it| it.to_string_lossy());
    let mut is_selection = false;
    let selected: Vec<String> = arguments
        .skip_while(|it| it != verb)
        .skip(1)
        .filter(|it| {
            if it.starts_with('-') {
                let is_long = it.starts_with("--");
                let name = it.split('=').next().unwrap_or_default();
                is_selection = SELECTING.contains(&if is_long {
                    name
                } else {
                    it.get(..2).unwrap_or_default()
                });
            }
            is_selection
        })
        .map(|it| format!(" {it}"))
        .collect();
    sanitize_error_message(&selected.concat()).into_owned()
}

fn record(
    command: &Recorded<'_>,
    identity: Option<&Identity>,
    warnings: &mut Vec<String>,
) -> Record {
    let mut assets = Vec::new();
    if MEASURED.contains(&command.command) {
        let mut nodes = command.nodes().unwrap_or_else(|warning| {
            warnings.push(format!("the history has no nodes of `{}`: {warning}", command.command));
            Vec::new()
        });
        dbt::redact(&mut nodes);
        dbt::add_nodes(nodes, Some(command.invocation_id), &mut assets);
    }
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
        machine: history::machine(),
        trace_id: command.trace_id.clone(),
        span_id: command.span_id.clone(),
        dbt_invocation_id: Some(command.invocation_id.to_owned()),
        dagster_run_id: command.dagster_run_id.map(str::to_owned),
        assets,
        ..Record::default()
    }
}
