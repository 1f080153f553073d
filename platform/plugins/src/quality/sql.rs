//! The embedded quality checks: each is a query that counts the rows that violate it.

use floe_plugin::compute::Session;
use floe_plugin::quality::{Check, CheckResult, QualityProvider, Suite};
use floe_plugin::{Error, ErrorKind, Lifecycle};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::sql::{quoted_name, quoted_text};

floe_plugin::plugin! {
    kind: QualityProvider,
    plugin: Sql,
    name: "sql",
    tracer: "floe.quality.sql",
    api: "1.0",
    description: "checks tables with queries on the compute engine",
}

/// Checks tables with queries. It has no settings.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Sql {}

impl Lifecycle for Sql {}

impl QualityProvider for Sql {
    fn validate_expectations(&self, suite: &Suite<'_>) -> Result<(), Error> {
        for check in suite.checks {
            violations(suite.table, check)?;
        }
        Ok(())
    }

    fn run_checks(&self, suite: &Suite<'_>, data: &mut Session) -> Result<Vec<CheckResult>, Error> {
        let rows = data.count(&format!(
            "SELECT count(*) FROM {}",
            quoted_name(suite.table)
        ))?;
        let run = |check| {
            let failed_rows = match violations(suite.table, check)? {
                Some(query) => Some(data.count(&query)?),
                None => None,
            };
            let passed = match check {
                Check::MinRows(least) => rows >= *least,
                _ => failed_rows == Some(0),
            };
            Ok(CheckResult {
                passed,
                failed_rows,
                rows: Some(rows),
            })
        };
        suite.checks.iter().map(run).collect()
    }
}

/// The query that counts the rows that violate a check; `None` if the number of all rows is enough.
fn violations(table: &str, check: &Check) -> Result<Option<String>, Error> {
    let invalid = |message: String| Err(Error::new(ErrorKind::InvalidInput, message));
    if let Some(column) = check.column()
        && !is_identifier(column)
    {
        return invalid(format!(
            "`{}` is for the column `{column}`, expected lower-case letters, digits and underscores",
            check.name()
        ));
    }
    let table = quoted_name(table);
    let count = |condition: String| {
        Ok(Some(format!(
            "SELECT count(*) FROM {table} WHERE {condition}"
        )))
    };
    match check {
        Check::NotNull(column) => count(format!("\"{column}\" IS NULL")),
        Check::Unique(column) => Ok(Some(format!(
            "SELECT count(\"{column}\") - count(DISTINCT \"{column}\") FROM {table}"
        ))),
        Check::AcceptedValues { column, values } => {
            let values: Vec<String> = values.iter().map(|value| quoted_text(value)).collect();
            if values.is_empty() {
                return invalid(format!(
                    "`accepted_values` of `{column}` is empty, expected at least one value"
                ));
            }
            count(format!(
                "\"{column}\" IS NOT NULL AND CAST(\"{column}\" AS TEXT) NOT IN ({})",
                values.join(", ")
            ))
        }
        Check::Between { column, min, max } => {
            if !(min.is_finite() && max.is_finite() && min <= max) {
                return invalid(format!(
                    "`between` of `{column}` is {min} to {max}, expected a finite range"
                ));
            }
            count(format!("\"{column}\" < {min:?} OR \"{column}\" > {max:?}"))
        }
        Check::MinRows(_) => Ok(None),
        other => invalid(format!("the check `{}` is not supported", other.name())),
    }
}

fn is_identifier(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_lowercase())
        && text
            .bytes()
            .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_'))
}
