//! Models that real dbt builds, in runs of `floe` and of Dagster.

use std::path::{Path, PathBuf};

use floe_tests::{ReceivedSpan, ReceivedStatus, Value, tree};
use serde_json::{Value as Json, json};

use crate::setup::{Setup, TRACE_ID, assert_attributes, assert_one_trace, single, text};

/// A product whose models dbt builds, with real dbt and the `duckdb` command from the folder of dbt's programs.
pub(crate) fn built_by_dbt(program: &Path, dbt: &Path) -> Setup {
    let setup = Setup::new(program, 0);
    let plugins = format!(
        "plugins:\n  compute: {{ type: duckdb, command: '{}' }}\n  dbt: {{ type: core, program: '{}', build_models: true }}\n",
        dbt.join("duckdb").display(),
        dbt.join("dbt").display(),
    );
    setup.product.replace("manifest.yaml", "plugins:\n", &plugins);
    setup
}

/// Runs such a product.
pub(crate) fn with_dbt(
    orchestrator: &str,
    program: &Path,
    dbt: &Path,
) -> (Setup, Vec<ReceivedSpan>) {
    let setup = built_by_dbt(program, dbt);
    let checks = "    layer: bronze\n    checks: [{ unique: order_id }]\n";
    setup.product.replace("floe.yaml", "    layer: bronze\n", checks);
    let output = setup.floe("run").args(["--orchestrator", orchestrator]).output().unwrap();
    let stderr = text(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    assert!(
        stderr.contains("2 models and 1 source built, 0 failed · 1 check passed, 0 failed · "),
        "{stderr}"
    );
    let spans = setup.spans();
    assert_one_trace(&spans);
    assert!(spans.iter().all(|it| it.status == ReceivedStatus::Ok), "{}", tree(&spans));
    (setup, spans)
}

/// The spans of dbt are below the assets `{prefix}.{model}`, or below the run whose models one command has built, and
/// each id leads to the others.
pub(crate) fn assert_dbt(setup: &Setup, spans: &[ReceivedSpan], prefix: &str) {
    let root = single(spans, "floe.pipeline.run");
    let is_one_command = prefix == "floe.asset";
    let attribute = |span: &ReceivedSpan, key: &str| match &span.attributes[key] {
        Value::String(text) => text.clone(),
        other => panic!("{other:?}"),
    };
    let run_id = attribute(root, "floe.pipeline.run_id");
    let lineage = setup.product.read(".floe/lineage.jsonl");
    let events: Vec<Json> =
        lineage.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let mut ids = Vec::new();
    for model in ["stg_orders", "totals"] {
        let asset = single(spans, &format!("{prefix}.{model}"));
        let node = single(spans, &format!("dbt.model.{model}"));
        let command = spans.iter().find(|it| it.span_id == node.parent_span_id).unwrap();
        assert_eq!(command.name, "dbt.run");
        let id = attribute(command, "dbt.invocation_id");
        for span in [asset, command] {
            assert_attributes(span, &[("dbt.invocation_id", id.as_str().into())]);
        }
        // From dbt to the asset, and from there to the run.
        let owner = if is_one_command { root } else { asset };
        let mut above = command;
        while above.span_id != owner.span_id {
            let parent = spans.iter().find(|it| it.span_id == above.parent_span_id);
            above = parent.unwrap_or_else(|| panic!("{model}:\n{}", tree(spans)));
        }
        let node_id = format!("model.shop.{model}");
        let event = |job: &str| {
            let is_wanted = |it: &&Json| it["job"]["name"] == job && it["eventType"] == "COMPLETE";
            let found = events.iter().find(is_wanted);
            &found.unwrap_or_else(|| panic!("{job}:\n{lineage}"))["run"]
        };
        let (of_node, of_asset) = (event(&node_id), event(&format!("shop.{model}")));
        assert_eq!(of_node["runId"], attribute(node, "lineage.run_id"));
        assert_eq!(of_asset["runId"], attribute(asset, "lineage.run_id"));
        assert_eq!(of_node["facets"]["parent"]["root"]["run"]["runId"], run_id);
        for run in [of_node, of_asset] {
            let tags = run["facets"]["tags"]["tags"].to_string();
            assert!(tags.contains(&id) && tags.contains(&run_id), "{tags}");
            assert_eq!(run["facets"]["traceCorrelation"]["trace_id"], TRACE_ID);
        }
        ids.push(id);
    }
    assert_eq!(ids[0] == ids[1], is_one_command);
    ids.dedup();
    let all = Value::Array(ids.iter().map(|id| id.as_str().into()).collect());
    assert_attributes(root, &[("floe.pipeline.dbt_invocation_ids", all)]);
    for id in &ids {
        let output = setup.floe("find").arg(id).arg("--json").output().unwrap();
        let found: Json = serde_json::from_slice(&output.stdout).unwrap();
        let run = &found["runs"][0];
        assert_eq!((&run["run_id"], &run["trace_id"]), (&json!(run_id), &json!(TRACE_ID)));
        assert_eq!(run["lineage_run_id"], run_id);
        if let Some(dagster) = root_of_dagster(spans) {
            assert_eq!(run["dagster_run_id"], dagster);
        }
    }
}

/// The id of the run in Dagster, if there was one.
fn root_of_dagster(spans: &[ReceivedSpan]) -> Option<String> {
    let run = spans.iter().find(|it| it.name == "orchestrator.run")?;
    match run.attributes.get("dagster.run_id")? {
        Value::String(id) => Some(id.clone()),
        _ => None,
    }
}

/// The folder of dbt's programs.
pub(crate) fn real_dbt() -> PathBuf {
    let folder = std::env::var_os("PIPELINE_DBT");
    folder.expect("PIPELINE_DBT: expected the folder of dbt's programs").into()
}

#[test]
fn real_dbt_builds_the_models_of_a_run() {
    let dbt = real_dbt();
    let (setup, spans) = with_dbt("local", Path::new("/no/such/dagster"), &dbt);
    assert_dbt(&setup, &spans, "floe.asset");
}
