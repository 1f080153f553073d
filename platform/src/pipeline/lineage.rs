//! The lineage of a run.

use std::time::SystemTime;

use floe_plugin::lineage::{Engine, Job, JobType, RunEvent, RunState};
use floe_plugins::error::Error;
use floe_plugins::runs::correlation::LineageParent;

use super::report::Report;
use super::run::{self, DBT_INVOCATION_ID};
use crate::identity::Identity;
use crate::plugins::active::{self, Active};

pub(super) fn lineage(
    identity: &Identity,
    plugins: &Active,
    report: &Report,
    state: RunState,
    error: Option<&str>,
) -> Result<(), Error> {
    let ids = active::current_ids();
    let run_id = report.run_id();
    let started_by = LineageParent::from_environment();
    let job = Job {
        namespace: &identity.namespace,
        name: &identity.name,
    };
    let dbt_invocation_ids = report.dbt_invocation_ids();
    let mut tags = run::tags(run_id.as_str(), report.dagster_run_id());
    tags.extend(dbt_invocation_ids.iter().map(|id| (DBT_INVOCATION_ID, *id)));
    tags.extend(report.select().map(|select| ("floe_select", select)));
    plugins.lineage(&RunEvent {
        job_type: Some(JobType::PRODUCT),
        parent: started_by.parent(),
        trace: ids.as_ref().map(|(trace, span)| (&**trace, &**span)),
        tags,
        engine: Some(Engine {
            name: "floe",
            version: env!("CARGO_PKG_VERSION"),
        }),
        error,
        ..RunEvent::new(state, SystemTime::now(), run_id.as_str(), job)
    })
}
