//! `floe find` finds a run by any of its ids, in the history of the product.

use floe_tests::Receiver;
use serde_json::Value;

use crate::product::{Output, Product, command};
use crate::service::{Answer, Service};

const TRACE_ID: &str = "0af7651916cd43dd8448eb211c80319c";
const TRACEPARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const DAGSTER: &str = "8b4c1f0e-6b0c-4a5e-9d3b-0c9a4ef2b111";

const RUNS: &str = ".floe/runs.jsonl";

fn find(product: &Product, id: &str, words: &[&str]) -> Output {
    product.floe("find", &[&[id], words].concat(), &[])
}

/// Runs a product in a trace and in a run of Dagster. Returns the product and the results.
fn ran() -> (Product, Value) {
    let product = Product::shop();
    product.append(
        "manifest.yaml",
        "observability: { tracing: { trace_url: \"http://jaeger:16686/trace/{trace_id}\" } }",
    );
    let variables = [("TRACEPARENT", TRACEPARENT), ("DAGSTER_RUN_ID", DAGSTER)];
    product.floe("run", &[], &variables).assert_ok();
    let results = product.json(".floe/run_results.json");
    (product, results)
}

#[test]
fn every_id_of_a_run_finds_the_others() {
    let (product, results) = ran();
    // This run in another trace must not be found.
    product.run().assert_ok();
    assert_eq!(results["trace_id"], TRACE_ID);
    assert_eq!(results["dagster_run_id"], DAGSTER);
    let run_id = results["run_id"].as_str().unwrap();
    assert_eq!(results["lineage_run_id"], run_id);
    let asset = |key: &str| {
        let assets = results["assets"].as_array().unwrap();
        let asset = assets.iter().find(|asset| asset["key"] == key).unwrap();
        asset["lineage_run_id"].as_str().unwrap()
    };
    let events = product.read(".floe/lineage.jsonl");
    assert_eq!(events.lines().count(), 2 * 8, "{events}");
    for id in
        [run_id, TRACE_ID, &TRACE_ID.to_uppercase(), DAGSTER, asset("orders"), asset("totals")]
    {
        let found = product.floe("find", &["--json", id], &[]);
        found.assert_ok();
        let found: Value = serde_json::from_str(&found.stdout).unwrap();
        let [run] = &found["runs"].as_array().unwrap()[..] else {
            panic!("{id}: {found:#}");
        };
        assert_eq!(run["command"], "run");
        assert_eq!(run["product_name"], "shop");
        assert_eq!(run["status"], "success");
        assert_eq!(run["run_id"], run_id);
        assert_eq!(run["lineage_run_id"], run_id);
        assert_eq!(run["trace_id"], TRACE_ID);
        assert_eq!(run["dagster_run_id"], DAGSTER);
        let url = format!("http://jaeger:16686/trace/{TRACE_ID}");
        assert_eq!(run["trace_url"], url.as_str());
        let assets = run["assets"].as_array().unwrap();
        let names: Vec<_> = assets.iter().map(|asset| asset["key"].as_str().unwrap()).collect();
        assert_eq!(names, ["orders", "stg_orders", "totals"]);
        assert_eq!(assets[2]["lineage_run_id"], asset("totals"));
    }
}

#[test]
fn the_text_has_a_line_for_each_id() {
    let (product, results) = ran();
    let found = find(&product, DAGSTER, &[]);
    found.assert_ok();
    let run_id = results["run_id"].as_str().unwrap();
    let lines: Vec<&str> = found.stdout.lines().map(str::trim_end).collect();
    assert_eq!(lines[0], "run of shop 1.0.0 (dev): success");
    for expected in [
        format!("  run              {run_id}"),
        format!("  trace            {TRACE_ID}"),
        format!("  trace URL        http://jaeger:16686/trace/{TRACE_ID}"),
        format!("  OpenLineage run  {run_id}"),
        format!("  Dagster run      {DAGSTER}"),
    ] {
        assert!(lines.contains(&expected.as_str()), "{expected} in {lines:#?}");
    }
    assert!(found.stdout.trim_end().ends_with(" totals"), "{}", found.stdout);
}

#[test]
fn an_id_that_no_run_has_is_exit_code_1() {
    let (product, _) = ran();
    for id in ["no-such-id", TRACEPARENT, ""] {
        let found = find(&product, id, &["--json"]);
        assert_eq!((found.code, found.stdout.as_str()), (Some(1), ""), "{id}");
        let error = format!("error: no recorded run of `{{dir}}` has the id `{id}`");
        assert_eq!(found.stderr, error + "; at most 400 are kept\n");
    }
    let never_ran = find(&Product::shop(), TRACE_ID, &[]);
    never_ran.assert_code(1);
    let no_product = command(&["find", "/no/such/product", TRACE_ID], &[]).output().unwrap();
    assert_eq!(no_product.status.code(), Some(2));
}

#[test]
fn a_run_without_a_trace_is_found_by_its_other_ids() {
    let product = Product::shop();
    let variables = [("OTEL_SDK_DISABLED", "true"), ("DAGSTER_RUN_ID", DAGSTER)];
    product.floe("run", &[], &variables).assert_ok();
    let found = find(&product, DAGSTER, &[]);
    found.assert_ok();
    assert!(found.stdout.contains("  trace            not recorded\n"), "{}", found.stdout);
    assert!(!found.stdout.contains("trace URL"), "{}", found.stdout);
}

/// In `prod`, the trace of a failed run is exported even if it was not sampled, so each output must have its id.
#[test]
fn the_trace_of_a_run_that_failed_without_being_sampled_has_its_id_everywhere() {
    let receiver = Receiver::http();
    let channel = Service::start(|_| Answer::text(200, ""));
    let product = Product::shop();
    product.append(
        "manifest.yaml",
        "telemetry: { sampling: { prod: 0.0 } }
plugins: { alert_channel: { type: webhook, url: '${env:HOOK}' } }",
    );
    let endpoint = receiver.endpoint();
    let variables = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", &*endpoint),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
        ("HOOK", &channel.url),
    ];
    let run = |words: &[&str]| product.floe("run", words, &variables);
    let output = run(&["--env", "prod"]);
    output.assert_ok();
    let left_out = "\ntrace    not recorded: `prod` records 0 % of the runs that succeed\n";
    output.assert_says(left_out);
    assert!(receiver.spans().is_empty());
    let results =
        || serde_json::from_str::<Value>(&product.read(".floe/run_results.json")).unwrap();
    assert_eq!(results()["trace_id"], Value::Null);

    let bronze = "    layer: bronze\n";
    let check = format!("{bronze}    checks: [{{ row_count: 4000 }}]\n");
    product.replace("floe.yaml", bronze, &check);
    let output = run(&["--env", "prod"]);
    output.assert_code(1);
    let spans = receiver.spans();
    let id = spans[0].trace_id.clone();
    let line = format!("\ntrace    {id} at {endpoint}\n");
    output.assert_says(&line);
    assert!(!output.stderr.contains("not recorded"), "{}", output.stderr);
    assert_eq!(results()["trace_id"], *id);
    let alerts = channel.received();
    assert_eq!(alerts.len(), 2, "{alerts:?}");
    for alert in alerts {
        assert_eq!(alert.json()["data"]["trace_id"], *id);
    }
    let lineage = product.read(".floe/lineage.jsonl");
    let events: Vec<Value> =
        lineage.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let of_run =
        events.iter().filter(|event| event["run"]["facets"]["traceCorrelation"]["trace_id"] == *id);
    assert_eq!(of_run.count(), 6, "{lineage}");
    let run_id = results()["run_id"].as_str().unwrap().to_owned();
    for wanted in [&id, &run_id] {
        let found = find(&product, wanted, &[]);
        found.assert_ok();
        assert!(found.stdout.starts_with("run of shop 1.0.0 (prod): failed\n"), "{}", found.stdout);
        assert!(found.stdout.contains(&format!("  trace            {id}\n")), "{}", found.stdout);
    }
}

#[test]
fn a_history_that_cannot_be_used_is_one_warning() {
    let product = Product::shop();
    product.run().assert_ok();
    let recorded = product.read(RUNS);
    for text in [&*format!("{recorded}{{\"run_id\":\n"), "not a history"] {
        product.write(RUNS, text);
        let output = product.run();
        output.assert_code(0);
        let warning = format!("warning: `{{dir}}/{RUNS}`: removed 1 damaged line\n");
        assert_eq!(output.complaints(), warning);
        assert_eq!(product.runs().len(), 1 + usize::from(text.starts_with(&recorded)));
    }
}

#[test]
fn four_hundred_runs_are_kept() {
    let product = Product::shop();
    product.run().assert_ok();
    let recorded = product.read(RUNS);
    product.write(RUNS, &recorded.repeat(400));
    product.run().assert_ok();
    let all = product.runs();
    assert_eq!(all.len(), 400);
    assert_ne!(all[0]["run_id"], all[1]["run_id"]);
}
