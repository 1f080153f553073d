//! A step that builds nodes of a dbt project, each of which is an asset.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::mpsc;

use floe_dagster_pipes::Severity;
use floe_plugin::dbt::{BuiltNode, NodeStatus, Selection};
use floe_plugin::orchestrator::{Asset, Orchestrator, PipelineRun};
use floe_plugins::error::Error;
use floe_plugins::process::interrupt;
use floe_telemetry::opentelemetry::KeyValue;
use floe_telemetry::opentelemetry::trace::SpanContext;
use floe_telemetry::{FloeAttributes as _, traced};
use serde_json::Value;

use super::{DagsterStep, Known, started, unwritten};
use crate::artifacts::DbtProject;
use crate::pipeline::outcome::Failure;
use crate::pipeline::run::DAGSTER;

/// Builds the nodes by one command of dbt, and reports each of them.
#[traced(
    name = format!("dagster.step.{}", step.name()),
    tracer = DAGSTER,
    attributes(
        Orchestrator::OPERATION = "step",
        PipelineRun::RUN_ID = step.run_id(),
        Asset::RUN_ID = &*step.pipes.context().run_id,
        Asset::STEP_KEY = step.name(),
        Asset::RETRY_NUMBER = step.pipes.context().retry_number,
        Orchestrator::ASSET_COUNT = count,
    ),
)]
pub(super) fn build(
    step: &DagsterStep,
    project: &DbtProject,
    count: usize,
    known: &mut Known,
) -> Result<(), Failure> {
    step.announce()?;
    let plugins = started(&step.identity, &step.artifacts)?;
    let selection = selection(step);
    let (ended, nodes) = mpsc::channel();
    let built = step.run_dbt(project, &plugins, Some((&ended, &selection)), known)?;
    drop(ended);
    let built = built.and_then(|()| check_results(step, &known.nodes));
    let spans = nodes.into_iter().filter_map(|node| Some((node.unique_id, node.span?))).collect();
    let reported = report(step, &known.nodes, &selection, &spans, built.as_ref().err());
    known.is_reported = built.is_err() && reported.is_ok();
    reported.and_then(|()| interrupt::check()).map_err(Failure::from).and(built)
}

/// Reports the nodes and, if there is one, the failure.
fn report(
    step: &DagsterStep,
    nodes: &[BuiltNode],
    selection: &Selection,
    spans: &HashMap<String, SpanContext>,
    failure: Option<&Failure>,
) -> Result<(), Error> {
    for node in nodes {
        report_node(step, node, selection, spans.get(&node.unique_id))?;
    }
    if let Some(failure) = failure {
        // Dagster ignores the assets that were built if the process ends with an error.
        let reason = Value::String(failure.redacted());
        step.pipes.report_custom_message(&reason).map_err(unwritten)?;
    }
    Ok(())
}

/// Returns an error if a selected node has no result, because dbt succeeds if it finds no node to select.
fn check_results(step: &DagsterStep, found: &[BuiltNode]) -> Result<(), Failure> {
    let found: HashSet<&String> = found.iter().map(|it| &it.unique_id).collect();
    let nodes = step.extras.nodes.iter().flat_map(HashMap::keys);
    let selected = nodes.chain(step.extras.checks.keys());
    let missing: BTreeSet<&String> = selected.filter(|it| !found.contains(it)).collect();
    let Some(first) = missing.first() else {
        return Ok(());
    };
    let count = missing.len();
    let message = format!(
        "expected a result of dbt for each selected node, found none for {count}, the first: `{first}`; \
         load the definitions again if the project has changed"
    );
    Err(Error::Setting(message).into())
}

/// Returns the selected nodes, as dbt's trace needs them.
fn selection(step: &DagsterStep) -> Selection {
    let mut attributes = step.attributes("").to_otel_dict();
    attributes.retain(|it| it.key.as_str() != Asset::ASSET_KEY);
    attributes.push(KeyValue::new(PipelineRun::RUN_ID, step.run_id().to_owned()));
    Selection {
        select: step.extras.select.clone().unwrap_or_default(),
        keys: step.extras.nodes.clone().unwrap_or_default(),
        attributes,
        tracer: DAGSTER,
    }
}

fn report_node(
    step: &DagsterStep,
    node: &BuiltNode,
    selection: &Selection,
    span: Option<&SpanContext>,
) -> Result<(), Error> {
    let is_built = node.status == NodeStatus::Built;
    // Dagster has no word for an asset that is as it should be without a build.
    let is_there = is_built || node.status == NodeStatus::Unchanged;
    if let Some(key) = selection.keys.get(&node.unique_id).filter(|_| is_there) {
        let span = span.filter(|it| it.is_sampled());
        let ids = span.map(|it| (it.trace_id().to_string(), it.span_id().to_string()));
        step.report_built(key, node.rows, ids.as_ref())?;
    }
    let check = step.extras.checks.get(&node.unique_id);
    if let Some((key, name)) = check.filter(|_| node.status.has_run()) {
        let severity = if node.has_warned { Severity::Warn } else { Severity::Error };
        let passed = is_built && !node.has_warned;
        let written = step.pipes.report_asset_check(key, name, passed, severity, &[]);
        written.map_err(unwritten)?;
    }
    Ok(())
}
