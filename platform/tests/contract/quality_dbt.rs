//! The contract of the plugin `dbt_expectations` (quality).

use floe_plugin::quality::{Check, CheckResult};
use floe_plugin::{Error, ErrorKind};
use serde_json::{Value, json};

use crate::program::Program;
use crate::quality_sql::{of_plugin, of_rows, run_checks, suite};
use crate::{CANARY, Contract};

const NAME: &str = "dbt_expectations";

fn run(dbt: &Program, checks: &[Check]) -> Result<Vec<CheckResult>, Error> {
    run_checks(NAME, json!({ "program": dbt.path() }), &suite(checks))
}

/// Returns a `run_results.json` with these tests: name, status and number of failures.
fn results(tests: &[(&str, &str, u64)]) -> String {
    let results: Vec<Value> = tests
        .iter()
        .map(|(name, status, failures)| {
            json!({
                "unique_id": format!("test.floe_checks.{name}.1234567890"),
                "status": status,
                "failures": failures,
                "message": format!("Runtime Error\n  password={CANARY}"),
            })
        })
        .collect();
    json!({
        "metadata": { "dbt_version": "1.11.16" },
        "results": results,
        "elapsed_time": 1.5,
    })
    .to_string()
}

const TWO: fn() -> [Check; 2] =
    || [Check::NotNull("name".to_owned()), Check::Unique("id".to_owned())];

pub(crate) fn contract() -> Contract {
    let provider = "stand-in; dbt-core 1.11 with DuckDB in `.ci/services plugins`";
    let works = || {
        // The results are in another order than the checks.
        let answer = results(&[("check_1", "pass", 0), ("check_0", "fail", 1)]);
        let dbt = Program::new("dbt").with("answer", answer).with("code", "1");
        assert_eq!(run(&dbt, &TWO())?, of_rows([(false, Some(1)), (true, None)]));
        dbt.assert_traced();
        assert!(dbt.received("arguments").starts_with("test\n--project-dir\n"));
        let answer = results(&[("check_0", "pass", 0), ("check_1", "pass", 0)]);
        run(&Program::new("dbt").with("answer", answer), &TWO()).map(drop)
    };
    of_plugin((NAME, provider), works, || {
        let answer = results(&[("check_0", "error", 0), ("check_1", "pass", 0)]);
        let dbt = Program::new("dbt").with("answer", answer).with("code", "1");
        let error = run(&dbt, &TWO()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        Err(error)
    })
}

#[test]
fn a_test_without_a_result_is_an_error() {
    let answer = results(&[("check_0", "pass", 0)]);
    let error = run(&Program::new("dbt").with("answer", answer), &TWO()).unwrap_err();
    assert_eq!(error.to_string(), "dbt: there is no result of the test `check_1`");
}
