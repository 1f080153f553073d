//! Great Expectations itself.

use floe_plugin::compute::{ComputeEngine, Materialize, Session};
use floe_plugin::quality::{Check, QualityProvider, Suite};
use floe_plugin::{Error, ErrorKind, PluginType};
use floe_telemetry::testing;
use serde_json::{Value, json};

use super::process::place;
use crate::plugins;

/// Checks of a table of four orders, whether each passes, and the number of rows that do not, by tool: GX counts
/// every row with a value that is not unique.
pub(crate) fn checks() -> Vec<(Check, bool, Option<u64>)> {
    let column = |name: &str| name.to_owned();
    vec![
        (Check::NotNull(column("amount")), false, Some(1)),
        (Check::NotNull(column("id")), true, Some(0)),
        (Check::Unique(column("id")), false, Some(2)),
        (Check::Unique(column("status")), false, Some(2)),
        (Check::RowCount(4), true, None),
        (Check::RowCount(5), false, None),
    ]
}

pub(crate) fn run(
    name: &str,
    config: &Value,
    checks: &[Check],
) -> Result<Vec<(bool, Option<u64>)>, Error> {
    let engines = plugins(PluginType::Compute, "sqlite", json!({}));
    let tools = plugins(PluginType::Quality, name, config.clone());
    let folder = tempfile::tempdir().unwrap();
    let engine = engines.one::<dyn ComputeEngine>().unwrap();
    let mut data: Session = engine.create_database(&folder.path().join("shop.db")).unwrap();
    data.materialize(&Materialize {
        name: "orders",
        is_view: false,
        sql: "SELECT 1 AS id, 'open' AS status, 1.5 AS amount UNION ALL SELECT 2, 'it''s', 2.5 \
              UNION ALL SELECT 3, 'gone', 1 UNION ALL SELECT 3, 'open', NULL",
    })
    .unwrap();
    let suite = Suite { name: "shop.orders", table: "orders", checks };
    let results = tools.one::<dyn QualityProvider>().unwrap().run_checks(&suite, &mut data)?;
    assert!(results.iter().all(|it| it.rows == Some(4)), "{results:?}");
    Ok(results.into_iter().map(|it| (it.passed, it.failed_rows)).collect())
}

#[test]
fn great_expectations_checks_a_table() {
    let place = place();
    let config = json!({ "python": place.join("venv/bin/python") });
    let (all, expected): (Vec<Check>, Vec<(bool, Option<u64>)>) =
        checks().into_iter().map(|(check, passed, failed)| (check, (passed, failed))).unzip();
    let mut found = Vec::new();
    let spans = testing::capture(|| found = run("great_expectations", &config, &all).unwrap());
    assert_eq!(found, expected);
    let span = spans.single("quality.run_checks");
    span.assert_attribute("quality.pass_count", 2)
        .assert_attribute("quality.fail_count", 4)
        .assert_attribute("quality.rows_checked", 4);
}

#[test]
fn a_python_without_great_expectations_is_an_error() {
    // A Python of its own, without packages.
    let folder = tempfile::tempdir().unwrap();
    let venv = std::process::Command::new("python3")
        .args(["-m", "venv", "--without-pip"])
        .arg(folder.path())
        .status();
    assert!(venv.unwrap().success());
    let config = json!({ "python": folder.path().join("bin/python") });
    let error = run("great_expectations", &config, &[Check::RowCount(1)]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
    assert!(
        error.to_string().contains("the Python module `great_expectations` is not installed"),
        "{error}"
    );
}
