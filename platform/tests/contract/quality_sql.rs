//! The contract of the plugin `sql` (quality).

use floe_plugin::Error;
use floe_plugin::compute::{Materialize, QueryEngine};
use floe_plugin::quality::{Check, CheckResult, QualityProvider, Suite};
use serde_json::{Value, json};

use crate::{Contract, with};

/// Runs checks with a plugin on a table of three people. Two have the same id, and one has no name.
pub(crate) fn run_checks(
    name: &str,
    config: Value,
    suite: &Suite<'_>,
) -> Result<Vec<CheckResult>, Error> {
    let folder = tempfile::tempdir().unwrap();
    let mut session = with::<dyn QueryEngine, _>("sqlite", json!({}), |engine| {
        engine.create_database(&folder.path().join("warehouse.db"))
    })?;
    session.materialize(&Materialize {
        name: "people",
        is_view: false,
        sql: "SELECT 1 AS id, 'Ada' AS name UNION ALL SELECT 2, 'Grace' UNION ALL SELECT 2, NULL",
    })?;
    with::<dyn QualityProvider, _>(name, config, |it| it.run_checks(suite, &mut session))
}

pub(crate) fn validate(name: &str, checks: &[Check]) -> Result<(), Error> {
    let suite = suite(checks);
    with::<dyn QualityProvider, _>(name, json!({}), |it| it.validate_expectations(&suite))
}

pub(crate) fn all() -> Vec<Check> {
    checks().into_iter().map(|(check, _)| check).collect()
}

/// Returns a passing and a failing check of each kind for the table `people`, with the number of wrong or missing rows.
pub(crate) fn checks() -> Vec<(Check, u64)> {
    vec![
        (Check::NotNull("id".to_owned()), 0),
        (Check::NotNull("name".to_owned()), 1),
        (Check::Unique("name".to_owned()), 0),
        (Check::Unique("id".to_owned()), 1),
        (Check::RowCount(3), 0),
        (Check::RowCount(5), 2),
    ]
}

pub(crate) fn suite(checks: &[Check]) -> Suite<'_> {
    Suite { name: "shop.people", table: "people", checks }
}

pub(crate) fn contract() -> Contract {
    Contract::new::<dyn QualityProvider>("sql", "the embedded SQLite")
        .operation(
            "validate_expectations",
            &[
                "quality.provider=sql",
                "quality.suite_name=shop.people",
                "quality.data_source=people",
                "quality.checks_count=*",
            ],
            || validate("sql", &all()),
            || validate("sql", &[Check::NotNull(String::new())]),
        )
        .operation(
            "run_checks",
            &[
                "quality.provider=sql",
                "quality.suite_name=shop.people",
                "quality.data_source=people",
                "quality.checks_count=1",
                "quality.rows_checked=3",
                "quality.pass_count=1",
                "quality.fail_count=0",
            ],
            || {
                let checks = checks();
                let results = run_checks("sql", json!({}), &suite(&all()))?;
                for ((check, failed), result) in checks.iter().zip(results) {
                    let is_of_table = matches!(check, Check::RowCount(_));
                    let expected = CheckResult {
                        passed: *failed == 0,
                        failed_rows: (!is_of_table).then_some(*failed),
                        rows: Some(3),
                        error: None,
                        query: result.query.clone(),
                    };
                    assert_eq!(result, expected, "{check:?}");
                    assert!(result.query.unwrap().starts_with("SELECT count("));
                }
                run_checks("sql", json!({}), &suite(&[checks[0].0.clone()])).map(drop)
            },
            || {
                let checks = [Check::RowCount(1)];
                let nobody = Suite { table: "nobody", ..suite(&checks) };
                run_checks("sql", json!({}), &nobody).map(drop)
            },
        )
}
