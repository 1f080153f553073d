//! The plugin `great_expectations` against Great Expectations itself.

use floe_plugin::ErrorKind;
use floe_plugin::quality::Check;
use floe_telemetry::testing;
use serde_json::json;

use super::process::place;
use crate::assert_failed;
use crate::quality_sql::{all, checks, run_checks, suite};

const NAME: &str = "great_expectations";

#[test]
fn great_expectations_checks_a_table() {
    let config = json!({ "python": place().join("venv/bin/python") });
    let mut results = Vec::new();
    let spans = testing::capture(|| {
        results = run_checks(NAME, config, &suite(&all())).unwrap();
    });
    for ((check, failed), result) in checks().into_iter().zip(results) {
        let failed_rows = match check {
            Check::RowCount(_) => None,
            // Great Expectations counts every row with a value that is not unique.
            Check::Unique(_) => Some(failed * 2),
            Check::NotNull(_) => Some(failed),
        };
        assert_eq!(result.passed, failed == 0, "{check:?}");
        assert_eq!((result.failed_rows, result.rows), (failed_rows, Some(3)), "{check:?}");
    }
    let span = spans.single("quality.run_checks");
    span.assert_attribute("quality.pass_count", 3)
        .assert_attribute("quality.fail_count", 3)
        .assert_attribute("quality.rows_checked", 3);
}

#[test]
fn a_python_without_great_expectations_is_an_error() {
    // This Python environment contains no packages.
    let folder = tempfile::tempdir().unwrap();
    let venv = std::process::Command::new("python3")
        .args(["-m", "venv", "--without-pip"])
        .arg(folder.path())
        .status();
    assert!(venv.unwrap().success());
    let config = json!({ "python": folder.path().join("bin/python") });
    let error = run_checks(NAME, config, &suite(&[Check::RowCount(1)])).unwrap_err();
    assert_failed(
        &error,
        ErrorKind::NotFound,
        "the Python module `great_expectations` is not installed",
    );
}
