//! Quality checks with the data tests of dbt.

use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;

use floe_plugin::compute::Session;
use floe_plugin::dbt::{DbtCommand, Project};
use floe_plugin::quality::{Check, CheckResult, QualityProvider, Suite};
use floe_plugin::{Error, ErrorKind, Lifecycle};
use floe_plugins::files::yaml;
use floe_plugins::process::child::Program;
use floe_plugins::quality::suite::{self, Rows};
use floe_plugins::quote::one_line;
use floe_plugins::sql::quoted_text;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::project::{self, Dbt};
use crate::run_results::NodeResult;

floe_plugin::plugin! {
    kind: QualityProvider,
    plugin: DbtTests,
    name: "dbt_expectations",
    tracer: "floe.quality.dbt",
    api: "1.0",
    description: "checks data with the tests of dbt",
}

/// Quality checks with the tests of dbt, on `DuckDB`. They require dbt-core and dbt-duckdb. The checked columns are
/// passed in a temporary file, so the platform may use any engine.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct DbtTests {
    program: Program,
    timeout_seconds: u32,
}

impl Default for DbtTests {
    fn default() -> Self {
        Self { program: Program::named("dbt"), timeout_seconds: 600 }
    }
}

impl Lifecycle for DbtTests {}

const PROJECT: &str = "floe_checks";

impl QualityProvider for DbtTests {
    fn run_checks(&self, suite: &Suite<'_>, data: &mut Session) -> Result<Vec<CheckResult>, Error> {
        let folder = tempfile::Builder::new().prefix("floe-").tempdir()?;
        let rows = suite::write(suite, data, &folder.path().join("rows.jsonl"))?;
        for (path, text) in project(suite, &rows)? {
            let path = folder.path().join(path);
            if let Some(parent) = path.parent() {
                fs::create_dir_all(parent)?;
            }
            fs::write(path, text)?;
        }
        let dbt = Dbt {
            tool: "dbt",
            tracer: None,
            program: &self.program,
            versions: (project::is_core, project::CORE),
            limit: Duration::from_secs(self.timeout_seconds.into()),
        };
        let project = Project {
            folder: folder.path(),
            profiles: Some(folder.path()),
            target: None,
            ended: None,
            selection: None,
        };
        let results = dbt.results(DbtCommand::Test, &project).1?;
        let mut by_name: BTreeMap<&str, &NodeResult> = BTreeMap::new();
        for result in &results.results {
            // The id of a test is, for example, `test.floe_checks.check_0.e18aa9949a`.
            by_name.insert(result.unique_id.split('.').nth(2).unwrap_or_default(), result);
        }
        let of_check = |(index, check): (usize, &Check)| {
            let name = name(index);
            let Some(result) = by_name.get(name.as_str()) else {
                let message = format!("dbt: there is no result of the test `{name}`");
                return Err(Error::new(ErrorKind::InvalidResponse, message));
            };
            of_check(check, result, rows.count)
        };
        suite.checks.iter().enumerate().map(of_check).collect()
    }
}

fn name(index: usize) -> String {
    format!("check_{index}")
}

fn of_check(check: &Check, result: &NodeResult, rows: u64) -> Result<CheckResult, Error> {
    let passed = match result.status.as_str() {
        "pass" => true,
        "fail" => false,
        status => {
            let message = one_line(result.message.as_deref().unwrap_or(status));
            let message = format!("dbt: {} did not run: {message}", check.name());
            return Err(Error::new(ErrorKind::InvalidInput, message));
        }
    };
    // The other tests return a row for each wrong value, not for each failed row.
    let is_by_row = matches!(check, Check::NotNull(_));
    Ok(CheckResult {
        passed,
        failed_rows: result.failures.filter(|_| is_by_row),
        rows: Some(rows),
        ..CheckResult::default()
    })
}

/// Additional tests, with the names and arguments of the package `dbt_expectations`.
const EXPECTATIONS: &str = include_str!("../project/expectations.sql");

/// Returns the files of a project with a test for each check, and with one model, which reads `rows.jsonl`.
fn project(suite: &Suite<'_>, rows: &Rows<'_>) -> Result<Vec<(&'static str, String)>, Error> {
    let (mut of_columns, mut of_table) = (BTreeMap::<&str, Vec<Value>>::new(), Vec::new());
    for (index, check) in suite.checks.iter().enumerate() {
        let test = |test: &str, arguments: Value| json!({ test: { "name": name(index), "arguments": arguments } });
        match check {
            Check::RowCount(min) => of_table
                .push(test("expect_table_row_count_to_be_between", json!({ "min_value": min }))),
            Check::NotNull(column) | Check::Unique(column) => {
                of_columns.entry(column).or_default().push(test(check.name(), json!({})));
            }
        }
    }
    let columns = of_columns
        .into_iter()
        .map(|(name, tests)| json!({ "name": name, "quote": true, "data_tests": tests }));
    // The columns are text, which keeps each value as it is written. No check depends on the type.
    let types: Vec<String> =
        rows.columns.iter().map(|name| format!("{}: 'varchar'", raw(&quoted_text(name)))).collect();
    let model = format!(
        "{{{{ config(materialized='ephemeral') }}}}\nselect *\nfrom read_json('rows.jsonl', format='newline_delimited', columns={{% raw %}}{{ {} }}{{% endraw %}})\n",
        types.join(", ")
    );
    let project = json!({
        "name": PROJECT,
        "version": "1.0.0",
        "config-version": 2,
        "profile": PROJECT,
        "flags": {
            "send_anonymous_usage_stats": false,
            "require_generic_test_arguments_property": true,
        },
    });
    let properties = json!({
        "version": 2,
        "models": [{ "name": "checked", "data_tests": of_table, "columns": columns.collect::<Vec<Value>>() }],
    });
    let profile = json!({
        PROJECT: {
            "target": "checks",
            "outputs": { "checks": { "type": "duckdb", "path": ":memory:", "threads": 1 } },
        },
    });
    let yaml = |value| {
        let refused = |error| Error::new(ErrorKind::Other, format!("cannot write YAML: {error}"));
        yaml::write(value).map_err(refused)
    };
    Ok(vec![
        ("dbt_project.yml", yaml(&project)?),
        ("profiles.yml", yaml(&profile)?),
        ("models/checked.sql", model),
        ("models/checked.yml", yaml(&properties)?),
        ("tests/generic/expectations.sql", EXPECTATIONS.to_owned()),
    ])
}

/// Escapes a text for a raw block of dbt's templates, which `{% endraw %}` in a name would end.
fn raw(text: &str) -> String {
    text.replace("{%", "{% endraw %}{{ '{%' }}{% raw %}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stays_in_its_raw_block() {
        assert_eq!(raw("'{{ a }}'"), "'{{ a }}'");
        let ends = raw("'{%- endraw %}{{ a }}'");
        assert_eq!(ends, "'{% endraw %}{{ '{%' }}{% raw %}- endraw %}{{ a }}'");
    }
}
