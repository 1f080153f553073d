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

fn validate(name: &str, checks: &[Check]) -> Result<(), Error> {
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

/// Returns the results of checks of the three people: whether they passed, and the number of wrong rows.
pub(crate) fn of_rows<const N: usize>(results: [(bool, Option<u64>); N]) -> [CheckResult; N] {
    results.map(|(passed, failed_rows)| CheckResult {
        passed,
        failed_rows,
        rows: Some(3),
        ..CheckResult::default()
    })
}

/// Returns the contract of a plugin, of which two checks pass in `works`.
pub(crate) fn of_plugin(
    (name, provider): (&'static str, &'static str),
    works: impl Fn() -> Result<(), Error> + 'static,
    fails: impl Fn() -> Result<(), Error> + 'static,
) -> Contract {
    Contract::new::<dyn QualityProvider>(name, provider)
        .operation(
            "validate_expectations",
            &[
                "quality.provider={plugin}",
                "quality.suite_name=shop.people",
                "quality.data_source=people",
                "quality.checks_count=*",
            ],
            move || validate(name, &all()),
            move || validate(name, &[Check::NotNull(String::new())]),
        )
        .operation(
            "run_checks",
            &[
                "quality.provider={plugin}",
                "quality.suite_name=shop.people",
                "quality.data_source=people",
                "quality.checks_count=2",
                "quality.rows_checked=3",
                "quality.pass_count=2",
                "quality.fail_count=0",
            ],
            works,
            fails,
        )
}

pub(crate) fn contract() -> Contract {
    let works = || {
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
        let passing = [checks[0].0.clone(), checks[2].0.clone()];
        run_checks("sql", json!({}), &suite(&passing)).map(drop)
    };
    of_plugin(("sql", "the embedded SQLite"), works, || {
        let checks = [Check::RowCount(1)];
        let nobody = Suite { table: "nobody", ..suite(&checks) };
        run_checks("sql", json!({}), &nobody).map(drop)
    })
}
