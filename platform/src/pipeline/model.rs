//! Builds a model: stores the result of a query as a table or a view, and checks it.

use floe_plugin::compute::{DatabaseTable, Materialize, TransformOutcome};
use floe_plugins::runs::run_id::RunId;
use floe_telemetry::get_current_span;

use super::checks;
use super::outcome::{self, Failure};
use super::run::{AssetRun, Run};
use crate::artifacts::CompiledModel;
use crate::product::{self, Materialization};

/// Builds the model in the current span, which is the asset's span.
pub(super) fn build(model: &CompiledModel, run: &Run<'_>, run_id: &RunId) -> Result<u64, Failure> {
    let key = &*model.name;
    run.link(key, &model.query.depends_on);
    let job = format!("{}.{key}", run.identity.name);
    let lineage = AssetRun {
        key,
        job: &job,
        run_id,
        is_source: false,
        sql: Some(&model.query.sql),
        inputs: model.query.depends_on.iter().map(String::as_str).collect(),
    };
    run.lineage_of_start(&lineage)?;
    let built = read_inputs(model, run)
        .and_then(|()| run.orchestration.write(key, || write(model, run)))
        .inspect(|_| run.read_columns(key))
        .and_then(|rows| checks::check(model.checked(), run).map(|()| rows));
    let rows_affected = built.as_ref().ok().copied();
    let rows = built.as_ref().map(|rows| Some(*rows));
    outcome::record(key, run.orchestration, rows, &TransformOutcome { rows_affected });
    run.lineage_of_end(&lineage, &built)?;
    built
}

/// Reads the columns of each asset that the query reads.
fn read_inputs(model: &CompiledModel, run: &Run<'_>) -> Result<(), Failure> {
    for input in &model.query.depends_on {
        run.orchestration.read(input, || read(input, run))?;
    }
    Ok(())
}

/// Checks that an input can be read. The current span links to the input's span, which may belong to another run.
fn read(input: &str, run: &Run<'_>) -> Result<(), Failure> {
    let span = get_current_span();
    if let Some(context) = run.spans.borrow().get(input) {
        span.add_link(context.clone());
    }
    let mut warehouse = run.warehouse.borrow_mut();
    span.set_attributes(&DatabaseTable { system: warehouse.system_name(), table: Some(input) });
    let columns = warehouse.columns(input);
    let file = product::spec_path(run.folder());
    let columns = columns.map_err(|error| Failure::of_query(error, &file, ""))?;
    // For the lineage, if another process has built the input.
    run.columns.borrow_mut().insert(input.to_owned(), columns);
    Ok(())
}

fn write(model: &CompiledModel, run: &Run<'_>) -> Result<u64, Failure> {
    let materialize = Materialize {
        name: &model.name,
        is_view: model.materialization == Materialization::View,
        sql: &model.query.sql,
    };
    run.replace(&model.name)?;
    let built = run.warehouse.borrow_mut().materialize(&materialize);
    let file = run.folder().join(&*model.query.path);
    built.map_err(|error| {
        let columns = run.columns.borrow();
        let inputs = model.query.depends_on.iter();
        let columns: Vec<&str> =
            inputs.filter_map(|input| columns.get(input)).flatten().map(String::as_str).collect();
        Failure::of_query(error, &file, &model.query.sql).with_columns(&columns)
    })
}
