//! A model: the result of a query, stored as a table or a view, and checked.

use floe_plugin::compute::{DatabaseTable, Materialize, TransformOutcome};
use floe_plugin::dbt::Invocation;
use floe_plugin::{Error as PluginError, ErrorKind, PluginType};
use floe_plugins::error::Error;
use floe_plugins::runs::run_id::RunId;
use floe_plugins::sql::quoted_name;
use floe_telemetry::get_current_span;

use super::checks;
use super::dbt_models::DbtModels;
use super::outcome::{self, Failure};
use super::run::{AssetRun, Run};
use crate::artifacts::CompiledModel;
use crate::product::{self, Materialization};

/// Builds the model in the current span, which is that of the asset.
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
        .and_then(|()| run.orchestration.write(key, || write(model, run, &lineage)))
        .inspect(|_| run.read_columns(key))
        .and_then(|rows| checks::check(model.checked(), run).map(|()| rows));
    let rows_affected = built.as_ref().ok().copied();
    get_current_span().set_attributes(&Invocation {
        invocation_id: run.dbt_invocation_id(key).as_deref(),
        ..Invocation::default()
    });
    outcome::record(key, run.orchestration, &built, &TransformOutcome { rows_affected });
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

/// Checks that an input can be read. The current span links to that of the asset, which may be of another run.
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

fn write(model: &CompiledModel, run: &Run<'_>, asset: &AssetRun<'_>) -> Result<u64, Failure> {
    if let Some(dbt) = &run.dbt {
        return write_by_dbt(dbt, model, run, asset);
    }
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

/// Has dbt build models of a run with one command, as a part of the run.
pub(super) fn build_all_by_dbt(
    dbt: &DbtModels,
    names: &[&str],
    run: &Run<'_>,
) -> Result<(), Error> {
    if names.is_empty() {
        return Ok(());
    }
    let built = build_by_dbt(dbt, names, run);
    built.map_err(|error| Error::of_plugin(PluginType::Dbt, dbt.runner(), error))
}

/// Has dbt build models. A model that failed is no error here.
fn build_by_dbt(dbt: &DbtModels, names: &[&str], run: &Run<'_>) -> Result<(), PluginError> {
    let command = dbt.build(names);
    if let Some(id) = command.invocation_id {
        let mut ids = run.dbt_invocation_ids.borrow_mut();
        ids.extend(names.iter().map(|name| ((*name).to_owned(), id.clone())));
    }
    let is_of_model = command.models.iter().any(|model| model.error.is_some());
    let mut found = run.built_by_dbt.borrow_mut();
    found.extend(command.models.into_iter().map(|it| (it.name.clone(), it)));
    if is_of_model {
        return Ok(());
    }
    command.outcome.map(drop)
}

/// Has dbt build the model, unless it has built all, and counts its rows if the adapter has not told them.
fn write_by_dbt(
    dbt: &DbtModels,
    model: &CompiledModel,
    run: &Run<'_>,
    asset: &AssetRun<'_>,
) -> Result<u64, Failure> {
    let file = run.folder().join(&*model.query.path);
    let failed = |error| Failure::of_query(error, &file, &model.query.sql);
    let built = || run.built_by_dbt.borrow().get(asset.key).cloned();
    if built().is_none() {
        build_by_dbt(dbt, &[asset.key], run).map_err(failed)?;
    }
    let reason = match built() {
        Some(built) => match built.error {
            None if !built.is_skipped => match built.rows {
                Some(rows) => return Ok(rows),
                None => None,
            },
            None => Some("dbt has skipped it".to_owned()),
            error => error,
        },
        None => Some("dbt has no result of it".to_owned()),
    };
    if let Some(reason) = reason {
        let message = format!("dbt: {reason}");
        return Err(failed(PluginError::new(ErrorKind::InvalidInput, message)));
    }
    let count = format!("SELECT count(*) AS rows FROM {}", quoted_name(&model.name));
    let counted = run.warehouse.borrow_mut().count(&count);
    counted.map_err(failed)
}
