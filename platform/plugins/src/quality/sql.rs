//! The embedded quality checks. Each check is a query that counts the rows that violate it.

use floe_plugin::compute::Session;
use floe_plugin::quality::{Check, CheckError, CheckResult, QualityProvider, Suite};
use floe_plugin::{Error, ErrorKind, Lifecycle};
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

/// Checks tables with queries.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sql {}

impl Lifecycle for Sql {}

impl QualityProvider for Sql {
    fn validate_expectations(&self, suite: &Suite<'_>) -> Result<(), Error> {
        for (index, check) in suite.checks.iter().enumerate() {
            query(suite, check).map_err(|error| error.of_check(index))?;
        }
        Ok(())
    }

    fn run_checks(&self, suite: &Suite<'_>, data: &mut Session) -> Result<Vec<CheckResult>, Error> {
        let rows = data.count(&count_of(suite.table))?;
        let run = |check| match run(suite, check, rows, data) {
            // The other checks run all the same.
            Err(error) if error.kind().is_of_input() => Ok(CheckResult {
                error: Some(CheckError::from(&error)),
                query: query(suite, check).ok(),
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
    let sql = query(suite, check)?;
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

/// The query of a check, which counts the rows that violate it, or all rows.
fn query(suite: &Suite<'_>, check: &Check) -> Result<String, Error> {
    let invalid = |message: String| Err(Error::new(ErrorKind::InvalidInput, message));
    if let Some(column) = check.column()
        && !is_identifier(column)
    {
        return invalid(format!(
            "`{}` is for the column `{column}`, expected lower-case letters, digits and underscores",
            check.name()
        ));
    }
    let count = count_of(suite.table);
    Ok(match check {
        Check::NotNull(column) => format!("{count} WHERE \"{column}\" IS NULL"),
        Check::Unique(column) => format!(
            "SELECT count(\"{column}\") - count(DISTINCT \"{column}\") FROM {}",
            quoted_name(suite.table)
        ),
        Check::RowCount(_) => count,
        other => return invalid(format!("the check `{}` is not supported", other.name())),
    })
}

fn is_identifier(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_lowercase())
        && text.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_'))
}
