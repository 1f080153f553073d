//! A dbt project that real dbt builds, in runs of `floe` and of Dagster.

use std::path::{Path, PathBuf};

use floe_tests::{ReceivedSpan, ReceivedStatus, Value, tree};
use serde_json::{Value as Json, json};

use crate::setup::{
    Setup, TRACE_ID, assert_attributes, assert_one_trace, is_error, parent, single, text,
};

const PROJECT: [(&str, &str); 6] = [
    ("floe.yaml", "name: shop\nversion: 1.0.0\n"),
    ("dbt_project.yml", "name: shop_dbt\nversion: 1.0.0\nprofile: shop_profile\n"),
    ("seeds/orders.csv", "order_id,ordered_on\n1,2026-11-01\n2,2026-11-02\n"),
    ("models/stg_orders.sql", "select order_id from {{ ref('orders') }}\n"),
    ("models/totals.sql", "select count(*) as all_orders from {{ ref('stg_orders') }}\n"),
    (
        "models/schema.yml",
        "models:\n  - name: stg_orders\n    columns: [{ name: order_id, data_tests: [unique] }]\n",
    ),
];

pub(crate) fn built_by_dbt(dagster: &Path, dbt: &Path) -> Setup {
    let setup = Setup::new(dagster, 0);
    for (path, text) in PROJECT {
        setup.product.write(path, text);
    }
    let plugins = format!(
        "plugins:\n  compute: {{ type: duckdb }}\n  dbt: {{ type: core, program: '{}' }}\n",
        dbt.join("dbt").display(),
    );
    setup.product.replace("manifest.yaml", "plugins:\n", &plugins);
    setup
}

/// Runs a dbt project, and asserts that dbt's id finds the trace. `above` is the start of the name of the span above each
/// node. Also returns the name of the span above dbt's span.
pub(crate) fn with_dbt(
    orchestrator: &str,
    dagster: &Path,
    built: &str,
    above: &str,
) -> (Setup, String) {
    let setup = built_by_dbt(dagster, &real_dbt());
    let output = setup.floe("run").args(["--orchestrator", orchestrator]).output().unwrap();
    let stderr = text(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    assert!(stderr.contains(built), "{stderr}");
    let spans = setup.spans();
    assert_one_trace(&spans);
    assert!(spans.iter().all(|it| it.status == ReceivedStatus::Ok), "{}", tree(&spans));
    for (name, above) in [
        ("orchestrator.run", "floe.pipeline.run"),
        ("dbt.test.unique_stg_orders_order_id", "dbt.build"),
    ] {
        assert_eq!(parent(&spans, single(&spans, name)), above, "{name}");
    }
    for name in ["dbt.seed.orders", "dbt.model.stg_orders", "dbt.model.totals"] {
        let node = single(&spans, name);
        let found = parent(&spans, node);
        assert!(found.starts_with(above), "{name}: {found}");
    }
    let id = match &single(&spans, "dbt.build").attributes["dbt.invocation_id"] {
        Value::String(id) => id.clone(),
        other => panic!("{other:?}"),
    };
    let ids = Value::Array(vec![id.as_str().into()]);
    let root = single(&spans, "floe.pipeline.run");
    assert_attributes(root, &json!({ "floe.pipeline.dbt_invocation_ids": ids }));
    let output = setup.floe("find").arg(&id).arg("--json").output().unwrap();
    let found: Json = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(found["runs"][0]["trace_id"], json!(TRACE_ID));
    (setup, above_dbt(&spans))
}

fn above_dbt(spans: &[ReceivedSpan]) -> String {
    parent(spans, single(spans, "dbt.build")).to_owned()
}

pub(crate) fn real_dbt() -> PathBuf {
    let folder = std::env::var_os("PIPELINE_DBT");
    folder.expect("PIPELINE_DBT: expected the folder of dbt's programs").into()
}

#[test]
fn real_dbt_builds_the_project_of_a_run() {
    let built = "2 models and 1 seed built, 0 failed · 1 check passed, 0 failed · ";
    let (setup, above) = with_dbt("local", Path::new("/no/such/dagster"), built, "dbt.build");
    assert_eq!(above, "orchestrator.run");
    assert!(setup.product.read(".floe/dbt/profiles.yml").contains("shop_profile"));
    assert!(setup.product.path(".floe/warehouse.db").exists());
}

#[test]
fn real_dbt_that_fails_fails_its_nodes_and_skips_the_others() {
    let setup = built_by_dbt(Path::new("/no/such/dagster"), &real_dbt());
    let query = "select cast('password=c4n4ry99' as integer) as order_id from {{ ref('orders') }}";
    let table = "{{ config(materialized='table') }}";
    setup.product.write("models/stg_orders.sql", &format!("{table} {query}\n"));
    let output = setup.floe("run").args(["--orchestrator", "local"]).output().unwrap();
    let stdout = text(&output.stdout);
    let stderr = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{stdout}{stderr}");
    assert!(stderr.contains("needs stg_orders"), "{stderr}");
    let spans = setup.spans();
    assert_one_trace(&spans);
    assert!(
        is_error(single(&spans, "dbt.model.stg_orders"), "Conversion Error"),
        "{}",
        tree(&spans)
    );
    let all = format!("{stdout}{stderr}{spans:?}");
    assert!(!all.contains("c4n4ry99"), "{all}");
}
