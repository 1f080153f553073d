//! The lineage of a run.

use std::time::SystemTime;

use floe_plugin::lineage::{Engine, Job, JobType, RunEvent, RunState};
use floe_plugins::error::Error;
use floe_plugins::process::interrupt;
use floe_plugins::runs::correlation::LineageParent;

use super::Prepared;
use super::report::Report;
use super::run::{self, DBT_INVOCATION_ID};
use crate::plugins::active::Active;

/// Emits the start of the run, runs its other steps, and emits its outcome.
pub(super) fn observe(
    prepared: &Prepared<'_>,
    plugins: &Active,
    report: &mut Report,
    steps: impl FnOnce(&mut Report) -> Result<(), Error>,
) -> Result<(), Error> {
    emit(prepared, plugins, report, RunState::Start, None)?;
    let built = steps(report);
    let failure = report.failure(&built);
    let state = match failure {
        None => RunState::Complete,
        Some(_) if interrupt::is_requested() => RunState::Abort,
        Some(_) => RunState::Fail,
    };
    let emitted = emit(prepared, plugins, report, state, failure.as_deref());
    built.and(emitted)
}

fn emit(
    prepared: &Prepared<'_>,
    plugins: &Active,
    report: &Report,
    state: RunState,
    error: Option<&str>,
) -> Result<(), Error> {
    let run_id = prepared.run_id.as_str();
    let started_by = LineageParent::from_environment();
    let job = Job { namespace: &prepared.identity.namespace, name: &prepared.identity.name };
    let dbt_invocation_ids = report.dbt_invocation_ids();
    let mut tags = run::tags(run_id, report.dagster_run_id.as_deref());
    tags.extend(dbt_invocation_ids.iter().map(|id| (DBT_INVOCATION_ID, *id)));
    plugins.lineage(RunEvent {
        job_type: Some(JobType::PRODUCT),
        parent: started_by.parent(),
        tags,
        engine: Some(Engine { name: "floe", version: env!("CARGO_PKG_VERSION") }),
        error,
        ..RunEvent::new(state, SystemTime::now(), run_id, job)
    })
}
