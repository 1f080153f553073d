//! Runs the checks of an asset after its table is written.

use floe_plugin::lineage::{Assertion, RunState};
use floe_plugin::quality::{Check, CheckError, CheckResult, Quality, QualityProvider, identifiers};
use floe_plugin::{Error as PluginError, ErrorKind, Handle, Operation as _};
use floe_plugins::error::Error;
use floe_plugins::runs::run_id::RunId;
use floe_telemetry::sanitize_error_message;

use super::outcome::{Failure, QueryError};
use super::run::{Checked, Run};
use super::{alerts, metrics};
use crate::artifacts::CheckedTable;
use crate::check_column;

/// Runs the checks of an asset. A failed check raises an alert, and fails the asset unless the manifest sets
/// `on_failure: continue`.
pub(super) fn check(table: CheckedTable<'_>, run: &Run<'_>) -> Result<(), Failure> {
    if table.checks.is_empty() {
        return Ok(());
    }
    let quality = run.plugins.required::<dyn QualityProvider>()?;
    let is_tolerated = run.plugins.is_tolerated(&quality);
    let name = format!("{}.{}", run.identity.name, table.name);
    let suite = table.suite(&name);
    let run_id = RunId::new();
    run.lineage_of_checks(table.name, &run_id, RunState::Start, Vec::new(), None)?;
    let results = quality.run_checks(&suite, &mut run.warehouse.borrow_mut());
    let message = results.as_ref().err().map(ToString::to_string);
    let message = message.as_deref().map(sanitize_error_message);
    let assertions = results.as_deref().unwrap_or_default();
    let state = match &results {
        Ok(results) if results.iter().all(|result| result.passed) => RunState::Complete,
        _ => RunState::Fail,
    };
    let assertions = assertions.iter().zip(table.checks).map(assertion).collect();
    run.lineage_of_checks(table.name, &run_id, state, assertions, message.as_deref())?;
    let results = match results {
        Err(error) if error.kind().is_of_input() => {
            let check = error.check().and_then(|index| table.checks.get(index));
            let failed = not_run(&CheckError::from(&error), check, table, run);
            let message = format!("the checks of `{}`: {error}", table.name);
            alert(table.name, run, &message)?;
            none_ran(table, run, is_tolerated);
            return fail(&quality, run, error.with_message(message), failed);
        }
        results => run.plugins.tolerate(&quality, results)?,
    };
    let Some(mut results) = results else {
        none_ran(table, run, is_tolerated);
        return Ok(());
    };
    for (check, result) in table.checks.iter().zip(&mut results) {
        // What is known of the columns explains more than the engine.
        let mistake = mistake(table, check, run);
        if let Some((error, mistake)) = result.error.as_mut().zip(mistake) {
            error.message = mistake;
        }
    }
    metrics::checks(table.name, table.checks, &results);
    let identifiers = identifiers(table.checks);
    for ((name, check), result) in identifiers.iter().zip(suite.checks).zip(&results) {
        run.checked.borrow_mut().push(Checked {
            name: name.clone(),
            result: result.clone(),
            is_tolerated,
        });
        if !result.passed {
            alert(table.name, run, &suite.failure(name, check, result))?;
        }
    }
    let Some(message) = suite.failures(&results) else {
        return Ok(());
    };
    let mut all = table.checks.iter().zip(&results);
    if let Some((check, broken)) = all.find_map(|(check, it)| Some((check, it.error.as_ref()?))) {
        let failed = not_run(broken, Some(check), table, run);
        let error = PluginError::new(broken.kind, failed.redacted());
        return fail(&quality, run, error, failed);
    }
    let error = PluginError::new(ErrorKind::CheckFailed, message).in_domain(Quality::DOMAIN);
    let mut failed = table.checks.iter().zip(&results);
    let first = failed.find(|(_, result)| !result.passed);
    let position =
        first.and_then(|(check, _)| check_column::position(run.folder(), table.name, check));
    let failed = QueryError::in_specification(run.folder(), position, &error);
    fail(&quality, run, error, failed.into())
}

/// Fails the asset, unless the manifest tolerates that.
fn fail(
    quality: &Handle<dyn QualityProvider>,
    run: &Run<'_>,
    error: PluginError,
    failed: Failure,
) -> Result<(), Failure> {
    match run.plugins.tolerate::<_, ()>(quality, Err(error)) {
        Ok(_) => Ok(()),
        Err(_) => Err(failed),
    }
}

/// Adds every declared check of the table as not passed, so that each has a result.
fn none_ran(table: CheckedTable<'_>, run: &Run<'_>, is_tolerated: bool) {
    let names = identifiers(table.checks).into_iter();
    run.checked.borrow_mut().extend(names.map(|name| Checked {
        name,
        result: CheckResult::default(),
        is_tolerated,
    }));
}

/// The first check whose column the table does not have.
fn mistake(table: CheckedTable<'_>, check: &Check, run: &Run<'_>) -> Option<String> {
    let columns = run.columns.borrow();
    check_column::mistake(table.name, check, columns.get(table.name)?)
}

/// The failure of checks that could not run, at their place in the specification.
fn not_run(
    broken: &CheckError,
    check: Option<&Check>,
    table: CheckedTable<'_>,
    run: &Run<'_>,
) -> Failure {
    let message = &broken.message;
    let error = |message: &str| PluginError::new(broken.kind, message).in_domain(Quality::DOMAIN);
    let position = check.and_then(|it| check_column::position(run.folder(), table.name, it));
    let error = match check {
        Some(_) => error(message),
        None => error(&format!("the checks of `{}`: {message}", table.name)),
    };
    QueryError::in_specification(run.folder(), position, &error).into()
}

fn assertion<'a>((result, check): (&CheckResult, &'a Check)) -> Assertion<'a> {
    Assertion {
        assertion: check.name(),
        success: result.passed,
        column: check.column(),
        actual: match check {
            Check::RowCount(_) => result.rows,
            _ => result.failed_rows,
        },
    }
}

fn alert(asset: &str, run: &Run<'_>, summary: &str) -> Result<(), Error> {
    alerts::check_failed(run.plugins, run.identity, run.id, asset, summary)
}
