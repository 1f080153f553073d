//! A model: the result of a query, stored as a table or a view.

use floe_plugin::PluginType;
use floe_plugin::compute::{Transform, TransformOutcome};
use floe_plugin::orchestrator::{Asset, Orchestrator};
use floe_telemetry::traced;
use rusqlite::Connection;

use super::outcome::{self, Failure};
use super::run::{self, Run};
use crate::artifacts::CompiledModel;
use crate::plugins::BuiltIn;

/// The name of the engine's plugin.
pub(super) const ENGINE: &str = "sqlite";

const TRACER_NAME: &str = "floe.compute.sqlite";

floe_plugin::plugin!(BuiltIn {
    kind: PluginType::Compute,
    name: ENGINE,
    tracer_name: TRACER_NAME,
    description: "runs models on an embedded SQLite",
});

#[traced(
    name = format!("dagster.asset.{key}"),
    tracer = run::TRACER_NAME,
    floe_attributes = (
        Asset::in_run(key, run_id),
        Transform {
            model: key,
            layer: model.layer.as_str(),
            materialization: model.materialization.as_str(),
        },
    ),
    attributes(Orchestrator::OPERATION = "asset", "db.system.name" = "sqlite"),
)]
pub(super) fn build(
    key: &str,
    run_id: &str,
    model: &CompiledModel,
    run: &Run<'_>,
) -> Result<u64, Failure> {
    let built = write(model, run);
    let rows_affected = built.as_ref().ok().copied();
    outcome::record(key, &built, &TransformOutcome { rows_affected });
    built
}

/// Creates the table and counts its rows.
#[traced(
    name = "dagster.io.write",
    tracer = TRACER_NAME,
    attributes("db.system.name" = "sqlite", "db.collection.name" = &*model.name)
)]
fn write(model: &CompiledModel, run: &Run<'_>) -> Result<u64, Failure> {
    let create = format!("CREATE {} \"{}\" AS ", model.materialization, model.name);
    let statement = format!("{create}{}", model.query.sql);
    let file = run.folder.join(&*model.query.path);
    execute(run.warehouse, &statement, &model.name)
        .map_err(|error| Failure::of_query(error, &file, create.len()))
}

fn execute(warehouse: &Connection, statement: &str, table: &str) -> rusqlite::Result<u64> {
    warehouse.execute(statement, ())?;
    // SQLite resolves a view when it is queried: counting its rows reports mistakes here and not in
    // the first model that reads the view.
    let count = format!("SELECT count(*) FROM \"{table}\"");
    warehouse
        .query_row(&count, (), |row| row.get(0))
        .map(i64::unsigned_abs)
}
