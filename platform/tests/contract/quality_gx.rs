//! The contract of the plugin `great_expectations` (quality).

use floe_plugin::quality::{Check, CheckResult, QualityProvider};
use floe_plugin::{Error, ErrorKind, PluginType};
use serde_json::json;

use crate::program::Program;
use crate::quality_sql::{checks, on_people, suite};
use crate::{CANARY, Contract, plugins};

fn run(python: &Program, checks: &[Check]) -> Result<Vec<CheckResult>, Error> {
    let config = json!({ "python": python.path() });
    let plugins = plugins(PluginType::Quality, "great_expectations", config);
    let tool = plugins.one::<dyn QualityProvider>().unwrap();
    on_people(|session| tool.run_checks(&suite(checks), session))
}

fn validate(checks: &[Check]) -> Result<(), Error> {
    let plugins = plugins(PluginType::Quality, "great_expectations", json!({}));
    let tool = plugins.one::<dyn QualityProvider>().unwrap();
    tool.validate_expectations(&suite(checks))
}

fn failure(kind: &str) -> String {
    let message = format!("MetricError: postgresql://floe:{CANARY}@db/x");
    json!({ "error": { "kind": kind, "message": message } }).to_string()
}

pub(crate) fn contract() -> Contract {
    let provider = "stand-in; Great Expectations 1.24 in `.ci/services plugins`";
    Contract::new(PluginType::Quality, "great_expectations", provider)
        .operation(
            "validate_expectations",
            &[
                "quality.provider=great_expectations",
                "quality.suite_name=shop.people",
                "quality.data_source=people",
                "quality.checks_count=*",
            ],
            || validate(&checks().into_iter().map(|(check, _)| check).collect::<Vec<_>>()),
            || validate(&[Check::NotNull(String::new())]),
        )
        .operation(
            "run_checks",
            &[
                "quality.provider=great_expectations",
                "quality.suite_name=shop.people",
                "quality.data_source=people",
                "quality.checks_count=2",
                "quality.rows_checked=3",
                "quality.pass_count=2",
                "quality.fail_count=0",
            ],
            || {
                let answer = |passed| {
                    let answer = json!({ "ok": { "results": [
                        { "passed": passed, "failed_rows": 1 },
                        { "passed": true, "failed_rows": null },
                    ] } });
                    Program::new("python").with("answer", answer.to_string())
                };
                let python = answer(false);
                let checks = [Check::NotNull("name".to_owned()), Check::RowCount(3)];
                let results = run(&python, &checks)?;
                let expected = |passed, failed_rows| CheckResult {
                    passed,
                    failed_rows,
                    rows: Some(3),
                    ..CheckResult::default()
                };
                assert_eq!(results, [expected(false, Some(1)), expected(true, None)]);
                python.assert_traced();
                assert_eq!(
                    python.request(),
                    json!({
                        "suite": "shop.people",
                        "table": "people",
                        "columns": ["name"],
                        "expectations": [
                            {
                                "type": "expect_column_values_to_not_be_null",
                                "arguments": { "column": "name" },
                            },
                            {
                                "type": "expect_table_row_count_to_be_between",
                                "arguments": { "min_value": 3 },
                            },
                        ],
                    })
                );
                assert_eq!(
                    python.received("rows"),
                    "{\"name\":\"Ada\"}\n{\"name\":\"Grace\"}\n{\"name\":null}\n"
                );
                run(&answer(true), &checks).map(drop)
            },
            || {
                let python = Program::new("python").with("answer", failure("invalid_input"));
                let error = run(&python, &[Check::RowCount(1)]).unwrap_err();
                assert_eq!(error.kind(), ErrorKind::InvalidInput);
                Err(error)
            },
        )
}

#[test]
fn a_python_that_fails_is_one_error() {
    let checks = [Check::RowCount(1)];
    for (behaviour, answer, kind, message) in [
        ("", "garbage", ErrorKind::InvalidResponse, "the result is not the JSON"),
        (
            "",
            "{\"ok\":{\"results\":[]}}",
            ErrorKind::InvalidResponse,
            "found 0 results for 1 checks",
        ),
        ("silent", "", ErrorKind::InvalidResponse, "ended with the exit code 0"),
        ("crash", "", ErrorKind::InvalidResponse, "ended with the exit code 1: Traceback"),
        ("killed", "", ErrorKind::System, "was killed (signal: 9"),
    ] {
        let python = Program::new("python").with("behaviour", behaviour).with("answer", answer);
        let error = run(&python, &checks).unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.to_string().contains(message), "{error}");
    }
    let answer = failure("not_installed");
    let error = run(&Program::new("python").with("answer", answer), &checks).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    let missing = on_people(|session| {
        let config = json!({ "python": "./no-such-python" });
        let plugins = plugins(PluginType::Quality, "great_expectations", config);
        let tool = plugins.one::<dyn QualityProvider>().unwrap();
        tool.run_checks(&suite(&checks), session)
    });
    let error = missing.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.to_string().contains("is not installed"), "{error}");
}

#[test]
fn a_column_that_does_not_exist_is_an_error_of_the_engine() {
    let python = Program::new("python");
    let error = run(&python, &[Check::NotNull("no_such_column".to_owned())]).unwrap_err();
    assert!(error.to_string().contains("no_such_column"), "{error}");
}
