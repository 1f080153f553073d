//! The plugin `dbt_expectations` against the data tests of dbt-core, on `DuckDB`.

use floe_plugin::quality::Check;
use serde_json::json;

use super::process::place;
use crate::quality_sql::{all, checks, run_checks, suite};

#[test]
fn dbt_checks_a_table() {
    let config = json!({ "program": place().join("venv/bin/dbt") });
    let results = run_checks("dbt_expectations", config, &suite(&all())).unwrap();
    for ((check, failed), result) in checks().into_iter().zip(results) {
        let by_row = matches!(check, Check::NotNull(_));
        assert_eq!(result.passed, failed == 0, "{check:?}");
        assert_eq!(result.failed_rows, by_row.then_some(failed), "{check:?}");
    }
}
