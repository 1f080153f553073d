//! The cases of checks in SQL.

use floe_plugin::compute::{ComputeEngine, Materialize, Session};
use floe_plugin::quality::{Check, CheckResult, QualityProvider, Suite};
use floe_plugin::{Error, Handle, PluginType};
use serde_json::json;

use crate::{Contract, plugins};

/// Runs `run` on a table of people: the ids 1, 2, 2, one name is missing.
pub(crate) fn on_people<T>(run: impl FnOnce(&mut Session) -> Result<T, Error>) -> Result<T, Error> {
    let plugins = plugins(PluginType::Compute, "sqlite", json!({}));
    let engine = plugins.one::<dyn ComputeEngine>().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut session = engine.create_database(&folder.path().join("warehouse.db"))?;
    session.materialize(&Materialize {
        name: "people",
        is_view: false,
        sql: "SELECT 1 AS id, 'Ada' AS name UNION ALL SELECT 2, 'Grace' UNION ALL SELECT 2, NULL",
    })?;
    run(&mut session)
}

/// The checks of the table, each once with and once without a violation, and the number of rows that violate
/// them.
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

fn with<T>(run: impl FnOnce(&Handle<dyn QualityProvider>) -> T) -> T {
    let plugins = plugins(PluginType::Quality, "sql", json!({}));
    run(&plugins.one::<dyn QualityProvider>().unwrap())
}

pub(crate) fn suite(checks: &[Check]) -> Suite<'_> {
    Suite { name: "shop.people", table: "people", checks }
}

pub(crate) fn contract() -> Contract {
    let wrong = || vec![Check::NotNull("name\" OR 1=1 --".to_owned())];
    Contract::new(PluginType::Quality, "sql", "the embedded SQLite")
        .operation(
            "validate_expectations",
            &[
                "quality.provider=sql",
                "quality.suite_name=shop.people",
                "quality.data_source=people",
                "quality.checks_count=*",
            ],
            || {
                let (checks, _): (Vec<Check>, Vec<u64>) = checks().into_iter().unzip();
                with(|it| it.validate_expectations(&suite(&checks)))
            },
            move || with(|it| it.validate_expectations(&suite(&wrong()))),
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
                let (checks, failed): (Vec<Check>, Vec<u64>) = checks().into_iter().unzip();
                let is_of_table = |index: usize| matches!(checks[index], Check::RowCount(_));
                let run =
                    |session: &mut Session| with(|it| it.run_checks(&suite(&checks), session));
                let mut results = on_people(run)?;
                let queries: Vec<_> = results.iter_mut().map(|it| it.query.take()).collect();
                let expected: Vec<CheckResult> = failed
                    .into_iter()
                    .enumerate()
                    .map(|(index, failed)| CheckResult {
                        passed: failed == 0,
                        failed_rows: (!is_of_table(index)).then_some(failed),
                        rows: Some(3),
                        ..CheckResult::default()
                    })
                    .collect();
                let count = "SELECT count(*) FROM \"people\"";
                assert!(queries.iter().all(|it| it.as_deref().is_some_and(|query| {
                    query.starts_with(count) || query.starts_with("SELECT count(\"")
                })));
                assert_eq!(results, expected);
                let passing = [checks[0].clone()];
                on_people(|session| with(|it| it.run_checks(&suite(&passing), session))).map(drop)
            },
            || {
                let checks = [Check::RowCount(1)];
                let nobody = Suite { table: "nobody", ..suite(&checks) };
                on_people(|session| with(|it| it.run_checks(&nobody, session))).map(drop)
            },
        )
}
