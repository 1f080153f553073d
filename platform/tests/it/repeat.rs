//! Compilations and runs: the manifest that applies, the artifacts, the kept lineage, and an unreachable collector.

use std::fs;
use std::path::Path;

use floe::artifacts::CompiledArtifacts;
use floe_tests::ReservedPort;
use serde_json::Value;

use crate::product::Product;

#[test]
fn a_product_without_a_manifest_runs_on_the_built_in_one() {
    let product = Product::shop();
    product.remove("manifest.yaml");
    product.run().assert_ok();
    assert_eq!(
        artifacts(&product.path(".floe/compiled_artifacts.json")).metadata.namespace,
        "default"
    );
}

#[test]
fn the_nearest_manifest_in_a_parent_folder_applies() {
    let above = Product::shop();
    above.replace("manifest.yaml", "retail", "above");
    for path in ["floe.yaml", "models/stg_orders.sql", "models/totals.sql", "data/orders.csv"] {
        above.write(&format!("products/shop/{path}"), &above.read(path));
    }
    let folder = above.path("products/shop");
    let definition = floe::compile::Definition::read(&folder, None, None).unwrap();
    assert_eq!(definition.identity.namespace, "above");
}

#[test]
fn the_artifacts_contain_the_whole_product_in_build_order() {
    let product = Product::shop();
    product.floe("compile", &["--env", "staging"], &[]).assert_ok();
    let artifacts = artifacts(&product.path(".floe/compiled_artifacts.json"));
    assert_eq!(artifacts.version, floe::artifacts::VERSION);
    assert_eq!(artifacts.metadata.environment.as_str(), "staging");
    let names: Vec<&str> = artifacts.models.iter().map(|model| &*model.name).collect();
    assert_eq!(names, ["stg_orders", "totals"]);
    assert_eq!(artifacts.models[1].query.sql, "SELECT count(*) AS orders FROM \"stg_orders\"");
    assert!(artifacts.models[1].query.depends_on.contains("stg_orders"));
}

fn runs_in(product: &Product, path: &str) -> Vec<String> {
    let events = product.read(path);
    let events = events.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let starts =
        events.filter(|event| event["eventType"] == "START" && event["job"]["name"] == "shop");
    starts.map(|event| event["run"]["runId"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn the_lineage_of_each_run_is_kept_within_a_bound() {
    let (lineage, before) = (".floe/lineage.jsonl", ".floe/lineage.jsonl.1");
    let product = Product::shop();
    product.run().assert_ok();
    let of_first = product.read(lineage);
    product.run().assert_ok();
    assert_eq!(runs_in(&product, lineage).len(), 2);
    assert!(product.read(lineage).starts_with(&of_first));

    // The events of this number of runs exceed 32 MiB.
    let copies = (32 << 20) / of_first.len() + 1;
    product.write(lineage, &of_first.repeat(copies));
    product.run().assert_ok();
    assert_eq!(runs_in(&product, lineage).len(), 1);
    assert_eq!(runs_in(&product, before).len(), copies);
    product.write(lineage, &of_first.repeat(copies));
    product.run().assert_ok();
    assert_eq!(runs_in(&product, before).len(), copies);
    assert_eq!(product.files().iter().filter(|path| path.contains("lineage")).count(), 2);

    // A file of another program keeps its name and its contents.
    product.write(before, "not lineage\n");
    product.write(lineage, &of_first.repeat(copies));
    let output = product.run();
    let warning = "lineage.jsonl.1` does not begin with a lineage event of floe";
    assert!(output.complaints().contains(warning), "{}", output.stderr);
    assert_eq!(product.read(before), "not lineage\n");
}

#[test]
fn an_unreachable_collector_changes_no_result() {
    let closed = ReservedPort::new();
    let endpoint = closed.endpoint();
    let variables = [("OTEL_EXPORTER_OTLP_ENDPOINT", &*endpoint)];
    let output = Product::shop().floe("run", &[], &variables);
    output.assert_code(0);
    assert!(output.complaints().starts_with("error: telemetry has ended: "), "{}", output.stderr);
    output.assert_says("2 models and 1 source built, 0 failed · ");
}

fn artifacts(path: &Path) -> CompiledArtifacts {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}
