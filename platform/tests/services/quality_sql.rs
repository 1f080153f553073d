//! The checks in SQL that the embedded SQLite may run differently, on DuckDB's command.

use floe_plugin::PluginType;
use floe_plugin::compute::Materialize;
use floe_plugin::quality::{Check, CheckResult, QualityProvider, Suite};
use serde_json::json;
use tempfile::TempDir;

use crate::compute_duckdb::create;
use crate::process::{place, plugins};

#[test]
fn checks_of_age_relations_and_queries_run_on_duckdb() {
    let place = place();
    let folder = TempDir::new().unwrap();
    let mut database = create(&place, folder.path());
    for (name, sql) in [
        ("customers", "SELECT 1 AS id UNION ALL SELECT 1"),
        (
            "orders",
            "SELECT * FROM (VALUES
               (10, 1, TIMESTAMP '2020-01-31 08:00:00', TIMESTAMPTZ '2999-01-01 00:00:00+01', DATE '2020-01-31', '2999-01-01T00:00:00Z'),
               (11, 7, NULL, NULL, NULL, NULL),
               (12, NULL, NULL, NULL, NULL, NULL)
             ) AS orders (order_id, customer_id, paid_at, seen_at, day, written)",
        ),
    ] {
        let model = Materialize {
            name,
            is_view: false,
            sql,
        };
        database.materialize(&model).unwrap();
    }
    let freshness = |column: &str| Check::Freshness {
        column: column.to_owned(),
        max_age: "24h".to_owned().try_into().unwrap(),
    };
    let checks = [
        freshness("paid_at"),
        freshness("seen_at"),
        freshness("day"),
        freshness("written"),
        Check::Relationships {
            column: "customer_id".to_owned(),
            to: "customers".to_owned(),
            field: "id".to_owned(),
        },
        Check::Query("unpaid".to_owned()),
        Check::Unique("customer_id".to_owned()),
    ];
    let suite = Suite {
        name: "shop.orders",
        table: "orders",
        checks: &checks,
        key: Some("order_id"),
        queries: &[(
            "unpaid",
            "SELECT * FROM orders WHERE paid_at IS NULL ORDER BY order_id -- a comment",
        )],
    };
    let tools = plugins(PluginType::Quality, "sql", json!({ "sample_keys": 2 }));
    let tool = tools.one::<dyn QualityProvider>().unwrap();
    let results = tool.run_checks(&suite, &mut database).unwrap();
    let passed: Vec<bool> = results.iter().map(|it| it.passed).collect();
    assert_eq!(passed, [false, true, false, true, false, false, true]);
    let starts = |result: &CheckResult, start: &str| {
        let found = result.found.as_deref().unwrap();
        assert!(found.starts_with(start), "{found}");
    };
    starts(&results[0], "2020-01-31T08:00:00Z, ");
    starts(&results[1], "2998-12-31T23:00:00Z");
    starts(&results[2], "2020-01-31T00:00:00Z, ");
    assert_eq!(results[4].failed_rows, Some(1));
    assert_eq!(results[4].sample_keys, ["11"]);
    assert_eq!(results[5].failed_rows, Some(2));
    assert_eq!(results[5].sample_keys, ["11", "12"]);
}
