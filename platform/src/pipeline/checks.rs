//! Runs the checks of an asset after its table is written.

use floe_plugin::quality::{Check, CheckError, CheckResult, Quality, QualityProvider, identifiers};
use floe_plugin::{Error as PluginError, ErrorKind, Operation as _};
use floe_telemetry::MetricRecorder;

use super::ending::{Alert, alert};
use super::outcome::{Checked, Failure, QueryError};
use super::run::{Run, Tables};
use crate::artifacts::CheckedTable;
use crate::{check_column, metrics};

struct Ended {
    checks: Vec<Checked>,
    alerts: Vec<String>,
    /// The error of the plugin's operation, and the error of the asset.
    failed: Option<(PluginError, QueryError)>,
}

/// Runs the checks of an asset. A failed check raises an alert, and fails the asset unless the manifest sets
/// `on_failure: continue`.
pub(super) fn check(
    table: CheckedTable<'_>,
    run: &Run<'_>,
    tables: &mut Tables,
) -> Result<Vec<Checked>, Failure> {
    if table.checks.is_empty() {
        return Ok(Vec::new());
    }
    let quality = run.plugins.required::<dyn QualityProvider>()?;
    let is_tolerated = run.plugins.is_tolerated(&quality);
    let name = format!("{}.{}", run.identity.name, table.name);
    let ended = match quality.run_checks(&table.suite(&name), &mut tables.session) {
        Err(error) if error.kind().is_of_input() => {
            let failed = not_run(&CheckError::from(&error), None, table, run);
            let message = format!("the checks of `{}`: {error}", table.name);
            Ended {
                checks: none_ran(table, is_tolerated),
                alerts: vec![message.clone()],
                failed: Some((error.with_message(message), failed)),
            }
        }
        results => match run.plugins.tolerate(&quality, results)? {
            Some(results) => ended(quality.metrics(), results, table, is_tolerated, run, tables),
            None => return Ok(none_ran(table, is_tolerated)),
        },
    };
    let Ended { checks, alerts, failed } = ended;
    for summary in &alerts {
        alert(run.plugins, run.identity, run.id, summary, Alert::OfCheck { asset: table.name })?;
    }
    if let Some((error, mut failed)) = failed
        && run.plugins.tolerate::<_, ()>(&quality, Err(error)).is_err()
    {
        failed.checks = checks.into();
        return Err(failed.into());
    }
    Ok(checks)
}

fn ended(
    recorder: &MetricRecorder,
    mut results: Vec<CheckResult>,
    table: CheckedTable<'_>,
    is_tolerated: bool,
    run: &Run<'_>,
    tables: &Tables,
) -> Ended {
    let name = format!("{}.{}", run.identity.name, table.name);
    let suite = table.suite(&name);
    for (check, result) in table.checks.iter().zip(&mut results) {
        // A message with the known columns explains a mistake better than the engine's message.
        let columns = tables.columns.get(table.name);
        let mistake = columns.and_then(|it| check_column::mistake(table.name, check, it));
        if let Some((error, mistake)) = result.error.as_mut().zip(mistake) {
            error.message = mistake;
        }
    }
    let mut alerts = Vec::new();
    let mut checks = Vec::new();
    let identifiers = identifiers(table.checks);
    for ((name, check), result) in identifiers.iter().zip(suite.checks).zip(&results) {
        metrics::check(recorder, table.name, check.name(), result.passed);
        if !result.passed {
            alerts.push(suite.failure(name, check, result));
        }
        checks.push(Checked { name: name.clone(), result: result.clone(), is_tolerated });
    }
    let failed = suite.failures(&results).map(|message| {
        let mut all = table.checks.iter().zip(&results);
        let broken = all.find_map(|(check, it)| Some((check, it.error.as_ref()?)));
        if let Some((check, broken)) = broken {
            let failed = not_run(broken, Some(check), table, run);
            return (PluginError::new(broken.kind, failed.redacted()), failed);
        }
        let error = PluginError::new(ErrorKind::CheckFailed, message).in_domain(Quality::DOMAIN);
        let mut all = table.checks.iter().zip(&results);
        let first = all.find(|(_, result)| !result.passed).map(|(check, _)| (table.name, check));
        let failed = QueryError::of_check(run.folder(), run.product, first, &error);
        (error, failed)
    });
    Ended { checks, alerts, failed }
}

fn none_ran(table: CheckedTable<'_>, is_tolerated: bool) -> Vec<Checked> {
    let names = identifiers(table.checks).into_iter();
    let none = |name| Checked { name, result: CheckResult::default(), is_tolerated };
    names.map(none).collect()
}

/// Returns the error of checks that could not run, with the place of `check` in the specification.
fn not_run(
    broken: &CheckError,
    check: Option<&Check>,
    table: CheckedTable<'_>,
    run: &Run<'_>,
) -> QueryError {
    let message = match check {
        Some(_) => broken.message.clone(),
        None => format!("the checks of `{}`: {}", table.name, broken.message),
    };
    let error = PluginError::new(broken.kind, message).in_domain(Quality::DOMAIN);
    QueryError::of_check(run.folder(), run.product, check.map(|it| (table.name, it)), &error)
}
