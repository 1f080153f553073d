//! The embedded quality checks. Each check is a query that counts rows on the compute engine.

use floe_plugin::compute::Session;
use floe_plugin::quality::{Check, CheckError, CheckResult, QualityProvider, Suite};
use floe_plugin::{Error, Lifecycle};
use serde::Deserialize;

use crate::sql::quoted_name;

floe_plugin::plugin! {
    kind: QualityProvider,
    plugin: Sql,
    name: "sql",
    tracer: "floe.quality.sql",
    api: "1.0",
    description: "checks tables with queries on the compute engine",
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sql {}

impl Lifecycle for Sql {}

impl QualityProvider for Sql {
    fn run_checks(&self, suite: &Suite<'_>, data: &mut Session) -> Result<Vec<CheckResult>, Error> {
        let rows = data.count(&count_of(suite.table))?;
        let run = |check| match run(suite, check, rows, data) {
            // The other checks run nevertheless.
            Err(error) if error.kind().is_of_input() => Ok(CheckResult {
                error: Some(CheckError::from(&error)),
                query: Some(query(suite, check)),
                ..CheckResult::default()
            }),
            result => result,
        };
        suite.checks.iter().map(run).collect()
    }
}

fn run(
    suite: &Suite<'_>,
    check: &Check,
    rows: u64,
    data: &mut Session,
) -> Result<CheckResult, Error> {
    let sql = query(suite, check);
    let mut result = CheckResult { rows: Some(rows), ..CheckResult::default() };
    if let Check::RowCount(least) = check {
        result.passed = rows >= *least;
    } else {
        let failed = data.count(&sql)?;
        result.passed = failed == 0;
        result.failed_rows = Some(failed);
    }
    result.query = Some(sql);
    Ok(result)
}

fn count_of(table: &str) -> String {
    format!("SELECT count(*) FROM {}", quoted_name(table))
}

/// Returns the query of a check. It counts the nulls, the repeated values, or, for [`Check::RowCount`], all rows.
fn query(suite: &Suite<'_>, check: &Check) -> String {
    let count = count_of(suite.table);
    match check {
        Check::NotNull(column) => format!("{count} WHERE {} IS NULL", quoted_name(column)),
        Check::Unique(column) => {
            let column = quoted_name(column);
            let table = quoted_name(suite.table);
            format!("SELECT count({column}) - count(DISTINCT {column}) FROM {table}")
        }
        Check::RowCount(_) => count,
    }
}
