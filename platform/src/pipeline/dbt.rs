//! The models of a dbt project, which one command of dbt builds: `dbt build`, with the tests, seeds and snapshots of the
//! project.
//!
//! dbt has the tables, and the run only reports: a step for each node but tests, which are the checks of what they test.

use std::path::{Path, PathBuf};
use std::time::Duration;

use floe_plugin::PluginType;
use floe_plugin::compute::ComputeEngine;
use floe_plugin::dbt::{BuiltNode, CommandRun, DbtCommand, DbtRunner, NodeStatus, Project};
use floe_plugin::orchestrator::AssetOrchestrator;
use floe_plugins::error::Error;
use floe_plugins::files::atomic::{self, Access};
use floe_plugins::files::{confine, yaml};
use floe_plugins::place::Place;
use floe_plugins::process::interrupt;
use floe_plugins::runs::run_id::RunId;
use floe_telemetry::sanitize_error_message;
use serde_json::json;

use super::build::mark_failed;
use super::outcome::{Failure, Outcome, QueryError};
use super::progress::Progress;
use super::report::{Details, FailedCheck, Report, Step};
use super::{Prepared, alerts, processes, warehouse};
use crate::artifacts::DbtProject;
use crate::identity::Identity;
use crate::plugins::active::{Active, failed};
use crate::product::{OUTPUT_FOLDER, warehouse_path};

/// Builds the project, in the order of the orchestrator, which has one asset.
pub(super) fn build(
    prepared: &Prepared<'_>,
    project: &DbtProject,
    plugins: &Active,
    report: &mut Report,
) -> Result<(), Error> {
    let orchestrator = plugins.required::<dyn AssetOrchestrator>()?;
    let (identity, artifacts) = (prepared.identity, &*prepared.artifacts);
    if !orchestrator.plugin().runs_here() {
        return processes::build(prepared, plugins, None, report, &orchestrator).map(drop);
    }
    let mut command = |_: &str| {
        let run = run(identity, project, plugins)?;
        add(run, plugins, report)?;
        if report.count(Outcome::is_failed) > 0 {
            mark_failed();
        }
        Ok(())
    };
    let ran =
        orchestrator.run(&artifacts.product(), &mut |key| command(key).map_err(Error::into_plugin));
    Progress::finish_all(identity, report, artifacts);
    ran.map_err(failed(&orchestrator))?;
    interrupt::check()?;
    report.end_assets();
    report.is_published = report.count(Outcome::is_failed) == 0;
    for step in report.steps() {
        for check in &step.details.failed_checks {
            alerts::check_failed(
                plugins,
                identity,
                prepared.run_id.as_str(),
                &step.key,
                &check.name,
            )?;
        }
    }
    Ok(())
}

/// Runs `dbt build`.
pub(super) fn run(
    identity: &Identity,
    project: &DbtProject,
    plugins: &Active,
) -> Result<CommandRun, Error> {
    let runner = plugins.required::<dyn DbtRunner>()?;
    let profiles = write_profile(identity, project, plugins)?;
    let folder = std::path::absolute(&identity.folder);
    let folder = folder.map_err(Error::io("resolve", &identity.folder))?;
    let run = runner.run(
        DbtCommand::Build,
        &Project {
            folder: &folder,
            profiles: profiles.as_deref(),
            target: profiles.as_ref().map(|_| identity.environment.as_str()),
            select: None,
        },
    );
    interrupt::check()?;
    match run.outcome {
        // A node that failed is told as the others are.
        Err(error) if !run.nodes.iter().any(|node| node.status == NodeStatus::Failed) => {
            Err(Error::of_plugin(PluginType::Dbt, runner.name(), error))
        }
        _ => Ok(run),
    }
}

/// Writes the profile of the compute plugin, and returns its folder; `None` if the project has its own.
fn write_profile(
    identity: &Identity,
    project: &DbtProject,
    plugins: &Active,
) -> Result<Option<PathBuf>, Error> {
    let engine = plugins.required::<dyn ComputeEngine>()?;
    if engine.plugin().runs_queries() {
        return Ok(None);
    }
    let database = warehouse_path(&identity.folder);
    warehouse::validate(&identity.folder, &database, plugins)?;
    let absolute = |path: &Path| std::path::absolute(path).map_err(Error::io("resolve", path));
    let target = identity.environment.as_str();
    let profile = engine.generate_profile(&absolute(&database)?, target);
    let profile = profile.map_err(failed(&engine))?;
    let inner = Path::new(OUTPUT_FOLDER).join("dbt");
    confine::check_folder(&identity.folder, &inner)?;
    let folder = identity.folder.join(inner);
    let profile = json!({ &project.profile: { "target": target, "outputs": { target: profile } } });
    let text = yaml::write(&profile)
        .map_err(|error| Error::Setting(format!("cannot write dbt's profile: {error}")))?;
    atomic::replace_below(&folder, Path::new("profiles.yml"), Access::Private, |file| {
        file.write_all(text.as_bytes())
    })?;
    Ok(Some(absolute(&folder)?))
}

/// The failure of a command whose node failed.
pub(super) fn built(identity: &Identity, run: &CommandRun) -> Result<(), Failure> {
    let Err(error) = &run.outcome else {
        return Ok(());
    };
    let place = Place::file(&identity.folder.join("dbt_project.yml"));
    Err(QueryError::new(place, error).into())
}

/// Adds the nodes of a command to the report.
fn add(run: CommandRun, plugins: &Active, report: &mut Report) -> Result<(), Error> {
    plugins.required::<dyn DbtRunner>()?.name().clone_into(&mut report.engine);
    let id = run.invocation_id.as_deref();
    let (tests, nodes): (Vec<_>, Vec<_>) = run.nodes.into_iter().partition(BuiltNode::is_test);
    for node in nodes {
        report.expect_node(&node.name, node.resource_type != "seed");
        let step = step(node, id, report);
        report.steps.push(step);
    }
    for test in tests {
        let tested = test.reads.first().unwrap_or(&test.name).clone();
        let known = report.steps.iter().position(|step| step.key == tested);
        let at = known.unwrap_or_else(|| {
            // A source, or a node that was built before.
            report.expect_node(&tested, false);
            let step = step(BuiltNode { name: tested, ..BuiltNode::default() }, id, report);
            report.steps.push(step);
            report.steps.len() - 1
        });
        add_test(test, &mut report.steps[at]);
    }
    Ok(())
}

/// Adds the result of a test to the step of what it tests.
fn add_test(test: BuiltNode, step: &mut Step) {
    match test.status {
        NodeStatus::Built => step.details.checks.passed += 1,
        NodeStatus::Skipped => {}
        NodeStatus::Failed => {
            step.details.checks.failed += 1;
            if step.outcome.is_built() {
                let message = sanitize_error_message(&test.message).into_owned();
                step.outcome = Outcome::Failed { message, excerpt: None };
            }
            step.details.failed_checks.push(FailedCheck { name: test.name, query: None });
        }
    }
}

fn step(node: BuiltNode, invocation_id: Option<&str>, report: &Report) -> Step {
    let outcome = match node.status {
        NodeStatus::Built => Outcome::Built { rows: node.rows },
        NodeStatus::Failed => Outcome::Failed {
            message: sanitize_error_message(&node.message).into_owned(),
            excerpt: None,
        },
        NodeStatus::Skipped => {
            // dbt's results have the order in which the nodes ended.
            let missing = node.reads.iter().find(|name| {
                report.steps.iter().any(|step| step.key == **name && !step.outcome.is_built())
            });
            Outcome::Skipped {
                missing: missing.or(node.reads.first()).cloned().unwrap_or_default(),
            }
        }
    };
    Step {
        key: node.name,
        run_id: RunId::new(),
        outcome,
        took: Duration::try_from_secs_f64(node.seconds).unwrap_or_default(),
        details: Details {
            dbt_invocation_id: invocation_id.map(str::to_owned),
            of_node: node.sql.map(|sql| (sql, node.reads)),
            ..Details::default()
        },
    }
}
