//! A model: the result of a query, stored as a table or a view, and checked.

use std::sync::OnceLock;

use floe_plugin::alert::{Severity, Violation};
use floe_plugin::compute::{DatabaseTable, Materialize, TransformOutcome};
use floe_plugin::dbt::{Invocation, PartOfRun};
use floe_plugin::lineage::{Assertion, LineageBackend, Parent, Root, RunState};
use floe_plugin::quality::{Check, CheckResult, Quality, QualityProvider, Suite, identifiers};
use floe_plugin::{Error as PluginError, ErrorKind, Handle, Operation as _, PluginType};
use floe_plugins::error::Error;
use floe_plugins::place::Place;
use floe_plugins::runs::run_id::RunId;
use floe_plugins::sql::quoted_name;
use floe_telemetry::{get_current_span, sanitize_error_message};

use super::dbt_models::DbtModels;
use super::metrics;
use super::outcome::{self, Failure, QueryError};
use super::run::{AssetRun, Checked, Run, tags};
use crate::artifacts::CompiledModel;
use crate::check_column;
use crate::plugins::active::{self, CHECK_FAILED};
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
        outside: None,
    };
    run.lineage_of_start(&lineage)?;
    let built = read_inputs(model, run)
        .and_then(|()| run.orchestration.write(key, || write(model, run, &lineage)))
        .inspect(|_| run.read_columns(key))
        .and_then(|rows| check(model, run).map(|()| rows));
    let rows_affected = built.as_ref().ok().copied();
    get_current_span().set_attributes(&Invocation {
        invocation_id: run.dbt_invocation_id(key).as_deref(),
        ..Invocation::default()
    });
    outcome::record(
        key,
        run.orchestration,
        &built,
        &TransformOutcome { rows_affected },
    );
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
    span.set_attributes(&DatabaseTable {
        system: warehouse.system_name(),
        table: Some(input),
    });
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
        let columns: Vec<&str> = inputs
            .filter_map(|input| columns.get(input))
            .flatten()
            .map(String::as_str)
            .collect();
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
    let built = build_by_dbt(dbt, names, run, &run.identity.name, run.id);
    built.map_err(|error| Error::of_plugin(PluginType::Dbt, dbt.runner(), error))
}

/// Has dbt build models as a part of the run of a job. A model that failed is no error here.
fn build_by_dbt(
    dbt: &DbtModels,
    names: &[&str],
    run: &Run<'_>,
    job: &str,
    run_id: &str,
) -> Result<(), PluginError> {
    let backends: Vec<Handle<dyn LineageBackend>> = run.plugins.plugins().all().collect();
    let root = run.started_by.root().unwrap_or(Root {
        run_id: run.id,
        job: run.job(&run.identity.name),
    });
    let part_of = PartOfRun {
        backends: &backends,
        namespace: &run.identity.namespace,
        data_namespace: dbt.data_namespace(),
        renamed_schema: dbt.renamed_schema(),
        parent: Parent {
            run_id,
            job: run.job(job),
            root: Some(root),
        },
        tags: tags(run.id, run.dagster_run_id.as_deref()),
        invocation_id: OnceLock::new(),
        models: OnceLock::new(),
    };
    let built = dbt.build(names, &part_of);
    if let Some(id) = part_of.invocation_id.get() {
        let mut ids = run.dbt_invocation_ids.borrow_mut();
        ids.extend(names.iter().map(|name| ((*name).to_owned(), id.clone())));
    }
    let models = part_of.models.into_inner().unwrap_or_default();
    let is_of_model = models.iter().any(|model| model.error.is_some());
    let mut found = run.built_by_dbt.borrow_mut();
    found.extend(models.into_iter().map(|it| (it.name.clone(), it)));
    if is_of_model { Ok(()) } else { built }
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
        let run_id = asset.run_id.as_str();
        build_by_dbt(dbt, &[asset.key], run, asset.job, run_id).map_err(failed)?;
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

/// Runs the checks of the model. A check that fails is an alert, and fails the model unless the manifest
/// sets `on_failure: continue`.
fn check(model: &CompiledModel, run: &Run<'_>) -> Result<(), Failure> {
    if model.checks.is_empty() {
        return Ok(());
    }
    let quality = run.plugins.required::<dyn QualityProvider>()?;
    let fail = |error: PluginError, check: Option<&Check>| {
        let error = error.in_domain(Quality::DOMAIN);
        let failed = match check {
            Some(check) => QueryError::of_check(run.folder(), &model.name, check, &error),
            None => QueryError::new(Place::file(&product::spec_path(run.folder())), &error),
        };
        match run.plugins.tolerate::<_, ()>(&quality, Err(error)) {
            Ok(_) => Ok(()),
            Err(_) => Err(failed.into()),
        }
    };
    let suite = Suite {
        name: &format!("{}.{}", run.identity.name, model.name),
        table: &model.name,
        checks: &model.checks,
    };
    let columns = run.columns.borrow().get(&*model.name).cloned();
    for check in &model.checks {
        let mistake = columns
            .as_deref()
            .and_then(|columns| check_column::mistake(&model.name, check, columns));
        if let Some(mistake) = mistake {
            alert(model, run, &mistake)?;
            return fail(
                PluginError::new(ErrorKind::UnknownName, mistake),
                Some(check),
            );
        }
    }
    let run_id = RunId::new();
    run.lineage_of_checks(&model.name, &run_id, RunState::Start, Vec::new(), None)?;
    let results = quality.run_checks(&suite, &mut run.warehouse.borrow_mut());
    let message = results.as_ref().err().map(ToString::to_string);
    let message = message.as_deref().map(sanitize_error_message);
    let assertions = results.as_deref().unwrap_or_default();
    let state = match &results {
        Ok(results) if results.iter().all(|result| result.passed) => RunState::Complete,
        _ => RunState::Fail,
    };
    let assertions = assertions
        .iter()
        .zip(&model.checks)
        .map(assertion)
        .collect();
    run.lineage_of_checks(&model.name, &run_id, state, assertions, message.as_deref())?;
    let results = match results {
        Err(error) if error.kind().is_of_input() => {
            let message = format!("the checks of `{}`: {error}", model.name);
            return fail(error.with_message(message), None);
        }
        results => run.plugins.tolerate(&quality, results)?,
    };
    let Some(results) = results else {
        return Ok(());
    };
    metrics::checks(&model.name, &model.checks, &results);
    let is_tolerated = run.plugins.is_tolerated(&quality);
    let identifiers = identifiers(&model.checks);
    for ((name, check), result) in identifiers.iter().zip(suite.checks).zip(&results) {
        run.checked.borrow_mut().push(Checked {
            name: name.clone(),
            result: result.clone(),
            is_tolerated,
        });
        if !result.passed {
            alert(model, run, &suite.failure(name, check, result))?;
        }
    }
    match suite.failures(&results) {
        Some(message) => fail(PluginError::new(ErrorKind::CheckFailed, message), None),
        None => Ok(()),
    }
}

fn assertion<'a>((result, check): (&CheckResult, &'a Check)) -> Assertion<'a> {
    Assertion {
        assertion: check.name(),
        success: result.passed,
        column: check.column(),
        actual: match check {
            Check::MinRows(_) => result.rows,
            _ => result.failed_rows,
        },
        ..Assertion::default()
    }
}

fn alert(model: &CompiledModel, run: &Run<'_>, summary: &str) -> Result<(), Error> {
    let ids = active::current_ids();
    let mut message = active::message(run.identity, run.id, CHECK_FAILED, summary);
    message.severity = Severity::Error;
    message.violation = Some(Violation::Quality);
    message.asset = Some(&model.name);
    message.trace_id = ids.as_ref().map(|(trace, _)| &**trace);
    run.plugins.alert(&message)
}
