//! The data tests of dbt-core, on DuckDB.

use floe_plugin::quality::Check;
use serde_json::json;

use super::process::place;
use super::quality_gx::{checks, run};

#[test]
fn dbt_checks_a_table() {
    let place = place();
    let config = json!({ "program": place.join("venv/bin/dbt") });
    let (all, expected): (Vec<Check>, Vec<(bool, Option<u64>)>) = checks()
        .into_iter()
        .map(|(check, passed, failed)| {
            let by_row = matches!(check, Check::NotNull(_));
            (check, (passed, failed.filter(|_| by_row)))
        })
        .unzip();
    assert_eq!(run("dbt_expectations", &config, &all).unwrap(), expected);
}
