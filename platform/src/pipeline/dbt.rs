//! Builds the models of a dbt project with a single command, `dbt build`, including the project's tests, seeds and
//! snapshots.
//!
//! dbt owns the tables. The run only reports the nodes, and each test as a check of the node that it tests.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Sender};
use std::thread;

use floe_dbt::PARSED;
use floe_plugin::PluginType;
use floe_plugin::compute::DbtEngine;
use floe_plugin::dbt::{
    BuiltNode, CommandRun, DbtCommand, DbtRunner, NodeStatus, Project, Selection,
};
use floe_plugin::orchestrator::LocalOrchestrator;
use floe_plugins::error::Error;
use floe_plugins::files::atomic::{self, Access};
use floe_plugins::files::{confine, yaml};
use floe_plugins::place::Place;
use floe_plugins::process::interrupt;
use floe_telemetry::sanitize_error_message;
use serde_json::json;

use super::ending::{Alert, alert};
use super::outcome::{Failure, QueryError};
use super::progress::Progress;
use super::report::{Report, mark_failed};
use super::run::Run;
use super::warehouse;
use crate::artifacts::DbtProject;
use crate::identity::Identity;
use crate::metrics;
use crate::plugins::active::{Active, failed};
use crate::product::{absolute, warehouse_path};
use crate::record::{FailedCheck, Outcome, Step};

/// The folder of the generated profile and of the manifest for Dagster.
const FOLDER: &str = ".floe/dbt";

pub(super) fn build(run: &Run<'_>, project: &DbtProject, report: &mut Report) -> Result<(), Error> {
    let Run { identity, artifacts, plugins, id, .. } = run;
    let orchestrator = plugins.required::<dyn LocalOrchestrator>()?;
    let ran = orchestrator.run(&artifacts.product(), &mut |_| {
        let progress = Progress::new(identity, report, artifacts);
        let (ended, nodes) = mpsc::channel();
        let (ran, printed) = thread::scope(|scope| {
            let printer = scope.spawn(|| progress.print_nodes(nodes));
            let ran = self::run(identity, project, plugins, id, Some(&ended), None);
            drop(ended);
            (ran, printer.join().unwrap_or_default())
        });
        let built = ran.and_then(|ran| {
            add(ran.run, plugins, report)?;
            ran.reported
        });
        progress.finish_all(report, &printed);
        if report.count(Outcome::is_failed) > 0 {
            mark_failed();
        }
        built.map_err(Error::into_plugin)
    });
    ran.map_err(failed(&orchestrator))?;
    interrupt::check()?;
    report.is_published = report.count(Outcome::is_failed) == 0;
    Ok(())
}

/// A command that has ended.
pub(crate) struct Ran {
    pub(crate) run: CommandRun,
    /// The first error of an alert that is not tolerated.
    pub(crate) reported: Result<(), Error>,
}

/// Runs `dbt build`, counts the tests, and sends an alert for each failed one. Each node that ends is
/// sent to `ended`. `selection` has the assets of a step of Dagster.
pub(crate) fn run(
    identity: &Identity,
    project: &DbtProject,
    plugins: &Active,
    run_id: &str,
    ended: Option<&Sender<BuiltNode>>,
    selection: Option<&Selection>,
) -> Result<Ran, Error> {
    let recorder = plugins.required::<dyn DbtRunner>()?.metrics();
    let mut run = command(DbtCommand::Build, identity, project, plugins, ended, selection)?;
    redact(&mut run.nodes);
    let mut reported = Ok(());
    for test in run.nodes.iter().filter(|it| it.is_test() && it.status.has_run()) {
        let model = tested(test);
        let name = &test.name;
        let passed = test.status == NodeStatus::Built;
        metrics::check(recorder, model, name, passed);
        if !passed {
            let summary = format!("the test `{name}` of dbt: {}", test.message);
            let sent = alert(plugins, identity, run_id, &summary, Alert::OfCheck { asset: model });
            reported = reported.and(sent);
        }
    }
    Ok(Ran { run, reported })
}

/// Runs `dbt parse`, and replaces the manifest of the project in `.floe/dbt`.
pub(crate) fn parse(
    identity: &Identity,
    project: &DbtProject,
    plugins: &Active,
) -> Result<(), Error> {
    confine::check_folder(&identity.folder, Path::new(PARSED))?;
    let parsed = command(DbtCommand::Parse, identity, project, plugins, None, None)?;
    let runner = plugins.required::<dyn DbtRunner>()?;
    parsed.outcome.map_err(failed(&runner))?;
    // dbt does not write the manifest at once.
    let written = identity.folder.join(PARSED).join("manifest.json");
    let place = identity.folder.join(FOLDER).join("manifest.json");
    fs::rename(written, &place).map_err(Error::io("write", &place))
}

fn command(
    command: DbtCommand,
    identity: &Identity,
    project: &DbtProject,
    plugins: &Active,
    ended: Option<&Sender<BuiltNode>>,
    selection: Option<&Selection>,
) -> Result<CommandRun, Error> {
    let runner = plugins.required::<dyn DbtRunner>()?;
    let profiles = write_profile(identity, project, plugins)?;
    let of_dbt = Project {
        folder: &absolute(&identity.folder)?,
        profiles: profiles.as_deref(),
        target: Some(identity.environment.as_str()),
        ended,
        selection,
    };
    Ok(runner.run(command, &of_dbt))
}

/// Redacts credentials in the messages.
pub(crate) fn redact(nodes: &mut [BuiltNode]) {
    for node in nodes {
        node.message = sanitize_error_message(&node.message).into_owned();
    }
}

/// Writes the profile of the compute plugin, and returns its folder; `None` if dbt uses the project's own profile.
fn write_profile(
    identity: &Identity,
    project: &DbtProject,
    plugins: &Active,
) -> Result<Option<PathBuf>, Error> {
    let Some(engine) = plugins.one::<dyn DbtEngine>() else {
        return Ok(None);
    };
    let database = warehouse_path(&identity.folder);
    warehouse::validate(&identity.folder, &database, &engine)?;
    let target = identity.environment.as_str();
    let profile =
        engine.generate_profile(&absolute(&database)?, target).map_err(failed(&engine))?;
    confine::check_folder(&identity.folder, Path::new(FOLDER))?;
    let folder = identity.folder.join(FOLDER);
    let profile = json!({ &project.profile: { "target": target, "outputs": { target: profile } } });
    let text = yaml::write(&profile)
        .map_err(|error| Error::Setting(format!("cannot write dbt's profile: {error}")))?;
    atomic::replace(&folder.join("profiles.yml"), Access::Private, |file| {
        file.write_all(text.as_bytes())
    })?;
    Ok(Some(absolute(&folder)?))
}

pub(crate) fn built(identity: &Identity, run: &CommandRun) -> Result<(), Failure> {
    let Err(error) = &run.outcome else {
        return Ok(());
    };
    let place = Place::file(&identity.folder.join("dbt_project.yml"));
    Err(QueryError::new(place, error).into())
}

/// Adds the nodes of a command to the report. Returns the error of the command unless a node failed, because failed
/// nodes are reported like other failed assets.
fn add(run: CommandRun, plugins: &Active, report: &mut Report) -> Result<(), Error> {
    report.record.dbt_invocation_id.clone_from(&run.invocation_id);
    interrupt::check()?;
    add_nodes(run.nodes, run.invocation_id.as_deref(), &mut report.record.assets);
    match run.outcome {
        Err(error) if report.count(Outcome::is_failed) == 0 => {
            let name = plugins.required::<dyn DbtRunner>()?.name();
            Err(Error::of_plugin(PluginType::Dbt, name, error))
        }
        _ => Ok(()),
    }
}

pub(crate) fn add_nodes(nodes: Vec<BuiltNode>, id: Option<&str>, steps: &mut Vec<Step>) {
    let (tests, nodes): (Vec<_>, Vec<_>) = nodes.into_iter().partition(BuiltNode::is_test);
    for node in nodes {
        let step = step(node, id, steps);
        steps.push(step);
    }
    for test in tests {
        let tested = tested(&test).to_owned();
        let known = steps.iter().position(|step| step.key == tested);
        let at = known.unwrap_or_else(|| {
            // The test is of a source, or of a node that an earlier command built.
            let resource_type = "source".to_owned();
            let node = BuiltNode { name: tested, resource_type, ..BuiltNode::default() };
            let step = step(node, id, steps);
            steps.push(step);
            steps.len() - 1
        });
        add_test(test, &mut steps[at]);
    }
}

fn add_test(test: BuiltNode, step: &mut Step) {
    match test.status {
        NodeStatus::Built => step.checks_passed += 1,
        NodeStatus::Skipped | NodeStatus::Unchanged => {}
        NodeStatus::Failed => {
            step.checks_failed += 1;
            step.failed_checks.push(FailedCheck { name: test.name, query: None });
            if step.outcome.is_built() {
                step.outcome = Outcome::Failed { message: test.message };
            }
        }
    }
}

fn step(node: BuiltNode, invocation_id: Option<&str>, before: &[Step]) -> Step {
    let outcome = match node.status {
        NodeStatus::Built => Outcome::Built { rows: node.rows },
        NodeStatus::Failed => Outcome::Failed { message: node.message },
        NodeStatus::Skipped => {
            // dbt's results are in the order in which the nodes ended, so the dependency precedes this node.
            let missing = node
                .reads
                .iter()
                .find(|name| {
                    before.iter().any(|step| step.key == **name && !step.outcome.is_built())
                })
                .or(node.reads.first())
                .cloned()
                .unwrap_or_default();
            Outcome::Skipped { missing }
        }
        NodeStatus::Unchanged => Outcome::Unchanged,
    };
    Step {
        key: node.name,
        kind: node.resource_type,
        outcome,
        dbt_invocation_id: invocation_id.map(str::to_owned),
        seconds: node.seconds,
        ..Step::default()
    }
}

pub(crate) fn tested(test: &BuiltNode) -> &str {
    test.reads.first().unwrap_or(&test.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_skipped_node_names_the_input_that_was_not_built() {
        let node = |name: &str, status, reads: &[&str]| BuiltNode {
            name: name.to_owned(),
            status,
            reads: reads.iter().map(|&it| it.to_owned()).collect(),
            ..BuiltNode::default()
        };
        let built = step(node("built", NodeStatus::Built, &[]), None, &[]);
        let failed = step(node("failed", NodeStatus::Failed, &[]), None, &[]);
        let skipped = node("skipped", NodeStatus::Skipped, &["built", "failed"]);
        let outcome = step(skipped, None, &[built, failed]).outcome;
        assert_eq!(outcome, Outcome::Skipped { missing: "failed".to_owned() });
    }
}
