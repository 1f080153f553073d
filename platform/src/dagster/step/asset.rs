//! A step that builds one asset: a source, a model, or a whole dbt project.

use std::collections::HashMap;

use floe_dagster_pipes::Severity;
use floe_plugin::lineage::Lineage;
use floe_plugin::orchestrator::{Orchestrator, PipelineRun};
use floe_plugins::error::Error;
use floe_plugins::process::interrupt;
use floe_telemetry::opentelemetry::trace::SpanContext;
use floe_telemetry::{propagation, traced};

use super::{DagsterStep, Known, count, started, unwritten};
use crate::artifacts::DbtProject;
use crate::pipeline::asset::{Asset, checks_of};
use crate::pipeline::outcome::{Checked, Failure};
use crate::pipeline::run::{self, Built, DAGSTER, Orchestration, Run, Tables};
use crate::pipeline::warehouse::{self, Warehouse};
use crate::plugins::active::{self, Active};
use crate::record::{Outcome, Step};

#[traced(
    name = format!("dagster.asset.{}", step.key),
    tracer = DAGSTER,
    floe_attributes = step.attributes(&step.key),
    attributes(
        Orchestrator::OPERATION = "asset",
        PipelineRun::RUN_ID = step.run_id(),
        Lineage::RUN_ID = step.lineage_run_id.as_str(),
    ),
)]
pub(super) fn build(step: &DagsterStep, known: &mut Known) -> Result<(), Failure> {
    step.announce()?;
    let DagsterStep { identity, artifacts, key, .. } = step;
    let product = artifacts.product();
    let sources = product.sources.iter().map(|it| it.name);
    let keys: Vec<&str> = sources.chain(product.models.iter().map(|it| it.name)).collect();
    if !keys.contains(&key.as_str()) {
        let accepted = keys.join(", ");
        let message =
            format!("expected {accepted}, found the asset `{key}`; compile the product again");
        return Err(Error::Setting(message).into());
    }
    let plugins = started(identity, artifacts)?;
    if let Some(project) = &artifacts.dbt {
        return build_project(step, project, &plugins, known);
    }
    match Asset::all(artifacts).into_iter().find(|asset| asset.key() == key) {
        Some(asset) => build_asset(step, asset, &plugins, known),
        None => Ok(()),
    }
}

fn build_asset(
    step: &DagsterStep,
    asset: Asset<'_>,
    plugins: &Active,
    known: &mut Known,
) -> Result<(), Failure> {
    let DagsterStep { identity, artifacts, .. } = step;
    // In a run of `floe`, Dagster builds one asset at a time, so the database needs no copy.
    let shared = step.shared.as_ref().and_then(|shared| shared.database.as_ref());
    let (warehouse, session) = if let Some(database) = shared {
        (None, warehouse::open(database, plugins)?)
    } else {
        let warehouse = Warehouse::prepare(&identity.folder, plugins)?;
        let session = warehouse.copy(plugins)?;
        (Some(warehouse), session)
    };
    let mut tables = Tables { spans: upstream(step), ..Tables::new(session) };
    let run = Run {
        orchestration: Orchestration::Dagster,
        has_tables: true,
        dagster_run_id: Some(step.pipes.context().run_id.clone()),
        ..Run::new(step.run_id(), identity, artifacts, step.product.as_ref(), plugins)
    };
    known.step = Step { lineage_run_id: known.step.lineage_run_id.take(), ..asset.step() };
    let built = asset.build_in_span(&run, &step.lineage_run_id, &mut tables, &mut known.step);
    let reported = report_built(step, &built).and_then(|is_reported| {
        if let Some(warehouse) = warehouse.filter(|_| is_reported) {
            warehouse.replace(tables, plugins)?;
        }
        Ok(is_reported)
    });
    if let Ok(built) = &built {
        known.step.outcome = Outcome::Built { rows: Some(built.rows) };
    }
    known.is_reported = matches!(reported, Ok(true)) && built.is_err();
    reported.map_err(Failure::from).and(built.map(drop))
}

/// Reports the asset and its checks to Dagster, unless the asset could not be built. Returns whether it did.
fn report_built(step: &DagsterStep, built: &Result<Built, Failure>) -> Result<bool, Error> {
    interrupt::check()?;
    let fails = |it: &Checked| !it.result.passed && !it.is_tolerated;
    let checked = checks_of(built);
    let rows = match built {
        Ok(built) => Some(built.rows),
        // The table is kept, because Dagster builds nothing that depends on it after a failed check.
        Err(Failure::Query(_)) if checked.iter().any(fails) => None,
        Err(_) => return Ok(false),
    };
    report(step, rows, checked)?;
    Ok(true)
}

/// Builds a dbt project that is one asset, as without the package `dagster-dbt`.
fn build_project(
    step: &DagsterStep,
    project: &DbtProject,
    plugins: &Active,
    known: &mut Known,
) -> Result<(), Failure> {
    let built = step.run_dbt(project, plugins, None, known)?;
    interrupt::check()?;
    run::record(&step.key, Orchestration::Dagster, built.as_ref().map(|()| None));
    built?;
    Ok(report(step, None, &[])?)
}

fn report(step: &DagsterStep, rows: Option<u64>, checked: &[Checked]) -> Result<(), Error> {
    step.report_built(&step.key, rows, active::current_ids().as_ref())?;
    for check in checked {
        let severity = if check.is_tolerated { Severity::Warn } else { Severity::Error };
        let failed = check.result.failed_rows.map(|rows| ("floe/failed_rows", count(rows)));
        let metadata: Vec<_> = failed.into_iter().collect();
        let name = &check.name;
        let passed = check.result.passed;
        let written = step.pipes.report_asset_check(&step.key, name, passed, severity, &metadata);
        written.map_err(unwritten)?;
    }
    Ok(())
}

/// Returns the spans of the asset's inputs, which the definitions have found in Dagster's event log.
fn upstream(step: &DagsterStep) -> HashMap<String, SpanContext> {
    let entries = step.extras.upstream.iter();
    entries
        .filter_map(|(key, traceparent)| {
            let carrier = [("traceparent", traceparent.as_str()?)];
            Some((key.clone(), propagation::extract_span_context(&carrier)?))
        })
        .collect()
}
