//! The spans of a run: one tree, with the attributes of each compiler stage and each asset.

use floe::compile::Definition;
use floe::pipeline::{self, RunId};
use floe_telemetry::opentelemetry::trace::{Event, Status};
use floe_telemetry::testing::{self, Spans};

use crate::product::Product;

const STAGES: [&str; 6] = ["load", "validate", "resolve", "enforce", "compile", "generate"];

fn run(product: &Product) -> (Spans, String) {
    let run_id = RunId::new();
    let definition = Definition::read(&product.path(""), None, None).unwrap();
    let spans = testing::capture(|| pipeline::run(&definition, &run_id));
    (spans, run_id.to_string())
}

#[test]
fn a_run_is_one_tree_that_begins_with_the_compilation() {
    let product = Product::shop();
    let (spans, run_id) = run(&product);
    spans
        .single("floe.pipeline.run")
        .assert_ok()
        .assert_root()
        .assert_attribute("floe.pipeline.run_id", run_id.as_str())
        .assert_attribute("floe.pipeline.name", "shop")
        .assert_attribute("floe.pipeline.trigger", "manual")
        .assert_attribute("lineage.run_id", run_id.as_str());
    spans
        .single("floe.compile")
        .assert_ok()
        .assert_child_of("floe.pipeline.run")
        .assert_attribute("floe.spec_path", product.path("floe.yaml").to_str().unwrap())
        .assert_attribute("floe.manifest_path", product.path("manifest.yaml").to_str().unwrap())
        .assert_attribute("floe.artifacts_version", floe::artifacts::VERSION)
        .assert_attribute("compile.operation", "compile");
    for (index, stage) in STAGES.into_iter().enumerate() {
        spans
            .single(&format!("floe.compile.stage{}", index + 1))
            .assert_ok()
            .assert_child_of("floe.compile")
            .assert_attribute("floe.compile.stage", stage)
            .assert_attribute("compile.operation", stage);
    }
}

#[test]
fn a_run_starts_its_plugins_and_publishes_what_it_built() {
    let product = Product::shop();
    let (spans, _) = run(&product);
    // A run starts eight plugins, loads one source, builds two models, and publishes one of them.
    let count = |name: &str| spans.named(name).count();
    assert_eq!(count("floe.plugins.start"), 1, "{spans}");
    let started = spans.names().iter().filter(|name| name.strip_suffix(".start").is_some()).count();
    assert_eq!(started, 1 + 8, "{spans}");
    // Only lineage events that report an end have spans of their own; those that report a start are span events.
    assert_eq!(count("lineage.emit_event"), 1 + 3, "{spans}");
    for name in ["floe.pipeline.run", "floe.asset.totals"] {
        spans.single(name).assert_event("lineage.emit_event");
    }
    spans.single("orchestrator.run").assert_child_of("floe.pipeline.run");
    spans
        .single("storage.put_object")
        .assert_ok()
        .assert_child_of("floe.publish")
        .assert_attribute("storage.object.key", "retail/shop/totals.csv");
    // A span of a plugin leads to the plugin, not to the handle that opens it.
    for (name, file) in [("storage.put_object", "local.rs"), ("compute.load", "sqlite.rs")] {
        let path = spans.named(name).next().unwrap().attribute("code.file.path").unwrap();
        assert!(path.as_str().ends_with(file), "{name}: {path}");
    }
    assert!(product.path(".floe/objects/retail/shop/totals.csv").exists());
}

fn lineage(product: &Product) -> Vec<serde_json::Value> {
    let lineage = product.read(".floe/lineage.jsonl");
    let events = lineage.lines().map(|line| serde_json::from_str(line).unwrap());
    events.collect()
}

fn event<'a>(events: &'a [serde_json::Value], job: &str, state: &str) -> &'a serde_json::Value {
    let found =
        events.iter().find(|event| event["job"]["name"] == job && event["eventType"] == state);
    found.unwrap_or_else(|| panic!("{job} {state} in {events:#?}"))
}

#[test]
fn every_event_of_lineage_has_the_ids_of_its_run_and_of_its_trace() {
    let product = Product::shop();
    let (spans, run_id) = run(&product);
    let events = lineage(&product);
    assert_eq!(events.len(), 8, "{events:#?}");
    let trace = spans.single("floe.pipeline.run").span_context().trace_id();
    for event in &events {
        let ids = &event["run"]["facets"]["traceCorrelation"];
        assert_eq!(ids["trace_id"], trace.to_string(), "{event}");
    }
    assert_eq!(event(&events, "shop", "START")["run"]["runId"], run_id);
    assert_eq!(event(&events, "shop", "COMPLETE")["run"]["runId"], run_id);
}

#[test]
fn the_lineage_of_an_asset_leads_to_its_span_and_its_run() {
    let product = Product::shop();
    let (spans, run_id) = run(&product);
    let events = lineage(&product);
    let totals = event(&events, "shop.totals", "COMPLETE");
    spans
        .single("floe.asset.totals")
        .assert_attribute("lineage.run_id", totals["run"]["runId"].as_str().unwrap());
    let tags = totals["run"]["facets"]["tags"]["tags"].as_array().unwrap();
    let tag = |key: &str| tags.iter().find(|tag| tag["key"] == key).unwrap()["value"].clone();
    assert_eq!(tag("floe_run_id"), run_id);
    let context = spans.single("floe.asset.totals").span_context();
    let trace = context.trace_id();
    let span = context.span_id();
    assert_eq!(tag("traceparent"), format!("00-{trace}-{span}-01"));
    let fields = |data: &serde_json::Value| data["facets"]["schema"]["fields"].clone();
    assert_eq!(fields(&totals["outputs"][0])[0]["name"], "orders");
    assert_eq!(fields(&totals["inputs"][0])[1]["name"], "ordered_on");
    assert_eq!(totals["run"]["facets"]["parent"]["run"]["runId"], run_id);
    assert_eq!(totals["inputs"][0]["name"], "stg_orders");
    assert_eq!(totals["outputs"][0]["name"], "totals");
    let rows = &totals["outputs"][0]["outputFacets"]["outputStatistics"]["rowCount"];
    assert_eq!(*rows, 1);
}

#[test]
fn what_the_platform_writes_itself_is_in_spans() {
    let (spans, _) = run(&Product::shop());
    let results = spans.named("floe.results.write");
    assert_eq!(results.count(), 2, "{spans}");
    for name in ["floe.warehouse.replace", "floe.history.write"] {
        let span = spans.single(name).assert_ok();
        span.assert_child_of("floe.pipeline.run");
    }
    spans.single("floe.artifacts.write").assert_ok().assert_child_of("floe.compile.stage6");
}

#[test]
fn a_model_reads_its_inputs_and_links_to_the_assets_that_built_them() {
    let (spans, _) = run(&Product::shop());
    let built = spans.single("floe.asset.stg_orders").span_context().span_id();
    let links = |span: testing::CapturedSpan<'_>| -> Vec<_> {
        let links = span.data().links.links.iter();
        links.map(|link| link.span_context.span_id()).collect()
    };
    assert_eq!(links(spans.single("floe.asset.totals")), [built]);
    assert_eq!(links(spans.single("floe.asset.orders")), []);
}

#[test]
fn each_asset_span_has_the_key_and_the_row_count_of_the_asset() {
    let (spans, run_id) = run(&Product::shop());
    for (key, rows) in [("orders", 2), ("stg_orders", 2), ("totals", 1)] {
        let rows_key = match key {
            "orders" => "ingestion.rows_loaded",
            _ => "floe.transform.rows_affected",
        };
        spans
            .single(&format!("floe.asset.{key}"))
            .assert_ok()
            .assert_child_of("orchestrator.run")
            .assert_attribute("floe.asset.key", key)
            .assert_attribute("floe.pipeline.run_id", run_id.as_str())
            .assert_attribute("floe.asset.status", "success")
            .assert_attribute("orchestrator.operation", "asset")
            .assert_attribute(rows_key, rows);
    }
    spans
        .single("ingestion.run")
        .assert_ok()
        .assert_child_of("compute.load")
        .assert_attribute("ingestion.operation", "run")
        .assert_attribute("ingestion.source_type", "csv")
        .assert_attribute("ingestion.destination_table", "orders")
        .assert_attribute("ingestion.rows_loaded", 2)
        .assert_attribute("ingestion.success", true);
    spans
        .single("compute.load")
        .assert_child_of("floe.asset.orders")
        .assert_attribute("db.system.name", "sqlite")
        .assert_attribute("db.collection.name", "orders");
    spans
        .single("floe.asset.totals")
        .assert_attribute("floe.transform.model", "totals")
        .assert_attribute("floe.transform.layer", "gold")
        .assert_attribute("floe.transform.materialization", "table");
    let writes: Vec<_> = spans.named("compute.materialize").map(|span| span.assert_ok()).collect();
    assert_eq!(writes.len(), 2);
}

#[test]
fn a_failing_model_fails_the_root_span_and_its_dependents_are_skipped() {
    let product = Product::shop();
    product.write("models/stg_orders.sql", "SELECT price FROM {{ source('orders') }}");
    let (spans, _) = run(&product);
    let file = product.path("models/stg_orders.sql");
    let error = format!("{}:1: no such column: price", file.display());
    spans
        .single("compute.materialize")
        .assert_error("no such column: price")
        .assert_child_of("floe.asset.stg_orders");
    spans
        .single("floe.asset.stg_orders")
        .assert_error(&error)
        .assert_attribute("floe.asset.status", "failed");
    spans
        .single("floe.asset.totals")
        .assert_ok()
        .assert_child_of("orchestrator.run")
        .assert_attribute("floe.asset.status", "skipped")
        .assert_attribute("floe.asset.missing", "stg_orders");
    spans.single("floe.pipeline.run").assert_error("1 of 3 assets failed");
}

/// Returns the name and the error type of each failed span that has no failed span below it.
fn causes(spans: &Spans) -> Vec<(String, String)> {
    let is_error = |span: &testing::CapturedSpan<'_>| matches!(span.status(), Status::Error { .. });
    let failed: Vec<_> = spans.iter().filter(is_error).collect();
    let is_cause = |span: &&testing::CapturedSpan<'_>| {
        let id = span.span_context().span_id();
        !failed.iter().any(|it| it.data().parent_span_id == id)
    };
    let class =
        |span: &testing::CapturedSpan<'_>| span.attribute("error.type").unwrap().to_string();
    let causes = failed.iter().filter(is_cause).inspect(|span| {
        let is_exception = |event: &Event| event.name == "exception";
        assert!(span.data().events.iter().any(is_exception), "{spans}");
    });
    causes.map(|it| (it.name().to_owned(), class(it))).collect()
}

#[test]
fn a_failure_is_one_error_of_a_kind_that_can_be_counted() {
    let model = "models/totals.sql";
    let checks = "floe.yaml";
    let file = "data/orders.csv";
    let built = "compute.materialize";
    let checked = "quality.check";
    let read = "ingestion.run";
    for (path, text, span, class) in [
        (model, "SELEC 1", built, "compute.syntax"),
        (model, "SELECT 1 FROM nowhere", built, "compute.unknown_name"),
        (checks, "    checks: [{ row_count: 2 }]", checked, "quality.check_failed"),
        (file, "order_id,ordered_on\nx,\n", read, "ingestion.type"),
        (file, "order_id,date\n1,\n", read, "ingestion.unknown_name"),
        (file, "order_id,ordered_on\n1\n", read, "ingestion.invalid_input"),
        (model, "{{ x }}", "floe.compile.stage3", "product.mistake"),
    ] {
        let product = Product::shop();
        match path {
            "floe.yaml" => product.append(path, text),
            _ => product.write(path, text),
        }
        let (spans, _) = run(&product);
        assert_eq!(causes(&spans), [(span.to_owned(), class.to_owned())], "{spans}");
        let of_run = match class {
            "product.mistake" => class,
            _ => "pipeline.assets_failed",
        };
        spans.single("floe.pipeline.run").assert_attribute("error.type", of_run);
    }
}
