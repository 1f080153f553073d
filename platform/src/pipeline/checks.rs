//! Runs the checks of an asset after its table is written.

use floe_plugin::quality::{Check, CheckResult, Quality, QualityProvider, Suite, identifiers};
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
    let suite = table.suite(&name);
    let ended = match quality.run_checks(&suite, &mut tables.session) {
        Err(error) if error.kind().is_of_input() => {
            let message = format!("the checks of `{}`: {error}", table.name);
            Ended {
                checks: none_ran(table, is_tolerated),
                failed: Some(failed(error.kind(), &message, None, &suite, run)),
                alerts: vec![message],
            }
        }
        results => match run.plugins.tolerate(&quality, results)? {
            Some(results) => ended(quality.metrics(), results, &suite, is_tolerated, run, tables),
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
    suite: &Suite<'_>,
    is_tolerated: bool,
    run: &Run<'_>,
    tables: &Tables,
) -> Ended {
    for (check, result) in suite.checks.iter().zip(&mut results) {
        // A message with the known columns explains a mistake better than the engine's message.
        let columns = tables.columns.get(suite.table);
        let mistake = columns.and_then(|it| check_column::mistake(suite.table, check, it));
        if let Some((error, mistake)) = result.error.as_mut().zip(mistake) {
            error.message = mistake;
        }
    }
    let mut alerts = Vec::new();
    let mut checks = Vec::new();
    let identifiers = identifiers(suite.checks);
    for ((name, check), result) in identifiers.iter().zip(suite.checks).zip(&results) {
        metrics::check(recorder, suite.table, check.name(), result.passed);
        if !result.passed {
            alerts.push(suite.failure(name, check, result));
        }
        checks.push(Checked { name: name.clone(), result: result.clone(), is_tolerated });
    }
    let failed = suite.failures(&results).map(|message| {
        let mut all = suite.checks.iter().zip(&results);
        let broken = all.find_map(|(check, it)| Some((check, it.error.as_ref()?)));
        if let Some((check, broken)) = broken {
            let (_, failed) = failed(broken.kind, &broken.message, Some(check), suite, run);
            return (PluginError::new(broken.kind, failed.redacted()), failed);
        }
        let mut all = suite.checks.iter().zip(&results);
        let first = all.find(|(_, result)| !result.passed).map(|(check, _)| check);
        failed(ErrorKind::CheckFailed, &message, first, suite, run)
    });
    Ended { checks, alerts, failed }
}

fn none_ran(table: CheckedTable<'_>, is_tolerated: bool) -> Vec<Checked> {
    let names = identifiers(table.checks).into_iter();
    let none = |name| Checked { name, result: CheckResult::default(), is_tolerated };
    names.map(none).collect()
}

/// Returns the error of the plugin's operation, and that of the asset, with the place of `check` in the specification.
fn failed(
    kind: ErrorKind,
    message: &str,
    check: Option<&Check>,
    suite: &Suite<'_>,
    run: &Run<'_>,
) -> (PluginError, QueryError) {
    let error = PluginError::new(kind, message).in_domain(Quality::DOMAIN);
    let check = check.map(|check| (suite.table, check));
    let failed = QueryError::of_check(run.folder(), run.product, check, &error);
    (error, failed)
}
