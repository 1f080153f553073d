//! Quality checks with Great Expectations.

use std::time::Duration;

use floe_plugin::compute::Session;
use floe_plugin::quality::{Check, CheckResult, QualityProvider, Suite};
use floe_plugin::{Error, Lifecycle};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::process::child::Program;
use crate::process::python::Task;
use crate::quality::suite;

floe_plugin::plugin! {
    kind: QualityProvider,
    plugin: GreatExpectations,
    name: "great_expectations",
    tracer: "floe.quality.gx",
    api: "1.0",
    description: "checks data with Great Expectations",
}

/// Quality checks with Great Expectations 1, which is installed for a Python interpreter. The checked columns
/// are passed in a temporary file, and Python holds them in memory.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct GreatExpectations {
    python: Program,
    timeout_seconds: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OfCheck {
    passed: bool,
    failed_rows: Option<u64>,
}

impl Default for GreatExpectations {
    fn default() -> Self {
        Self { python: Program::named("python3"), timeout_seconds: 600 }
    }
}

impl Lifecycle for GreatExpectations {}

impl QualityProvider for GreatExpectations {
    fn run_checks(&self, suite: &Suite<'_>, data: &mut Session) -> Result<Vec<CheckResult>, Error> {
        let expectations: Vec<Value> = suite.checks.iter().map(expectation).collect();
        let limit = Duration::from_secs(self.timeout_seconds.into());
        let task = Task::new("Great Expectations", &self.python, limit, include_str!("gx.py"))?
            .env("GX_ANALYTICS_ENABLED", "false");
        let rows = suite::write(suite, data, &task.folder().join("rows.jsonl"))?;
        let request = json!({
            "suite": suite.name,
            "table": suite.table,
            "columns": rows.columns,
            "expectations": expectations,
        });
        let (results, _) = task.run::<Vec<OfCheck>>(&request)?;
        let results = results.into_iter().map(|result| CheckResult {
            passed: result.passed,
            failed_rows: result.failed_rows,
            rows: Some(rows.count),
            ..CheckResult::default()
        });
        Ok(results.collect())
    }
}

/// Returns the expectation of a check: its type and its arguments.
fn expectation(check: &Check) -> Value {
    let (kind, arguments) = match check {
        Check::NotNull(column) => {
            ("expect_column_values_to_not_be_null", json!({ "column": column }))
        }
        Check::Unique(column) => ("expect_column_values_to_be_unique", json!({ "column": column })),
        Check::RowCount(min) => {
            ("expect_table_row_count_to_be_between", json!({ "min_value": min }))
        }
    };
    json!({ "type": kind, "arguments": arguments })
}
