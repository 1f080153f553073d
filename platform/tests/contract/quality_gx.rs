//! The contract of the plugin `great_expectations` (quality).

use std::path::Path;

use floe_plugin::quality::{Check, CheckResult};
use floe_plugin::{Error, ErrorKind};
use serde_json::json;

use crate::program::Program;
use crate::quality_sql::{of_plugin, of_rows, run_checks, suite};
use crate::{CANARY, Contract, assert_failed};

const NAME: &str = "great_expectations";

fn run(python: &Path, checks: &[Check]) -> Result<Vec<CheckResult>, Error> {
    run_checks(NAME, json!({ "python": python }), &suite(checks))
}

fn failure(kind: &str) -> String {
    let message = format!("MetricError: postgresql://floe:{CANARY}@db/x");
    json!({ "error": { "kind": kind, "message": message } }).to_string()
}

pub(crate) fn contract() -> Contract {
    let provider = "stand-in; Great Expectations 1.24 in `.ci/services plugins`";
    let works = || {
        let answer = |passed| {
            let answer = json!({ "ok": [
                { "passed": passed, "failed_rows": 1 },
                { "passed": true, "failed_rows": null },
            ] });
            Program::new("python").with("answer", answer.to_string())
        };
        let python = answer(false);
        let checks = [Check::NotNull("name".to_owned()), Check::RowCount(3)];
        let expected = of_rows([(false, Some(1)), (true, None)]);
        assert_eq!(run(&python.path(), &checks)?, expected);
        python.assert_traced();
        run(&answer(true).path(), &checks).map(drop)
    };
    of_plugin((NAME, provider), works, || {
        let python = Program::new("python").with("answer", failure("invalid_input"));
        let error = run(&python.path(), &[Check::RowCount(1)]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        Err(error)
    })
}

#[test]
fn a_python_that_fails_is_one_error() {
    let missing = failure("not_found");
    let checks = [Check::RowCount(1)];
    for (behaviour, answer, kind, message) in [
        ("", "garbage", ErrorKind::InvalidResponse, "the result is not JSON"),
        ("", "{\"ok\":[]}", ErrorKind::InvalidResponse, "found 0 results for 1 checks"),
        ("silent", "", ErrorKind::InvalidResponse, "ended with the exit code 0"),
        ("crash", "", ErrorKind::InvalidResponse, "ended with the exit code 1: Traceback"),
        ("killed", "", ErrorKind::System, "was killed (signal: 9"),
        ("", &missing, ErrorKind::NotFound, "MetricError"),
    ] {
        let python = Program::new("python").with("behaviour", behaviour).with("answer", answer);
        let error = run(&python.path(), &checks).unwrap_err();
        assert_failed(&error, kind, message);
    }
    let error = run(Path::new("./no-such-python"), &checks).unwrap_err();
    assert_failed(&error, ErrorKind::NotFound, "is not installed");
}

#[test]
fn a_column_that_does_not_exist_is_an_error_of_the_engine() {
    let python = Program::new("python");
    let error = run(&python.path(), &[Check::NotNull("no_such_column".to_owned())]).unwrap_err();
    assert!(error.to_string().contains("no_such_column"), "{error}");
}
