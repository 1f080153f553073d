//! `floe run --orchestrator dagster`: single steps and stand-ins for Dagster, and Dagster itself if `PIPELINE_DAGSTER`
//! is the folder of its program, which `.ci/pipeline` sets.

#![cfg(target_os = "linux")]
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::panic,
    unreachable_pub,
    reason = "tests, with helpers of other tests"
)]

#[path = "it/product.rs"]
mod product;

use std::collections::HashSet;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Instant;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::ZlibEncoder;
use floe_tests::{ReceivedLog, ReceivedSpan, ReceivedStatus, Receiver, Value, tree};
use serde_json::{Value as Json, json};

use crate::product::Product;

const TRACE_ID: &str = "0af7651916cd43dd8448eb211c80319c";
const TRACEPARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const RUN_ID: &str = "52375350-6dcc-4e24-8d37-5d2d36314cb8";

/// A manifest that selects Dagster. `{dagster}` is its program.
const MANIFEST: &str = "\
observability:
  tracing: { trace_url: 'http://jaeger:16686/trace/{trace_id}' }
plugins:
  orchestrator: { type: dagster, program: '{dagster}', retries: {retries}, retry_delay_seconds: 0 }";

/// The program: the optimized one if its cost is measured.
fn floe() -> String {
    let built = || env!("CARGO_BIN_EXE_floe").to_owned();
    std::env::var("PIPELINE_FLOE").unwrap_or_else(|_| built())
}

/// A product in Dagster, and a receiver.
struct Setup {
    product: Product,
    receiver: Receiver,
}

impl Setup {
    fn new(dagster: &Path, retries: u32) -> Self {
        let product = Product::shop();
        let manifest = MANIFEST
            .replace("{dagster}", dagster.to_str().unwrap())
            .replace("{retries}", &retries.to_string());
        product.append("manifest.yaml", &manifest);
        Self {
            product,
            receiver: Receiver::grpc(),
        }
    }

    /// A product that runs a shell script in the place of Dagster. It passes the validation.
    fn with_script(script: &str) -> Self {
        let folder = Product::shop();
        let setup = Self::new(&folder.path("dagster"), 0);
        let valid = "{\"event\": \"All code locations passed validation.\", \"level\": \"info\"}";
        setup.program(
            "dagster",
            &format!("if [ \"$1\" = definitions ]; then echo '{valid}'; exit; fi\n{script}"),
        );
        let manifest = setup.product.read("manifest.yaml");
        let program = setup.product.path("dagster");
        let replaced = manifest.replace(
            folder.path("dagster").to_str().unwrap(),
            program.to_str().unwrap(),
        );
        setup.product.write("manifest.yaml", &replaced);
        setup
    }

    fn program(&self, name: &str, script: &str) -> PathBuf {
        let path = self.product.path(name);
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    /// `floe <command> <folder>` in the trace of the test.
    fn floe(&self, command: &str) -> Command {
        let mut floe = Command::new(floe());
        for (name, _) in std::env::vars() {
            let is_read = ["OTEL_", "DAGSTER_", "FLOE_"]
                .iter()
                .any(|it| name.starts_with(it));
            if is_read {
                floe.env_remove(name);
            }
        }
        floe.arg(command)
            .arg(self.product.path(""))
            .env("OTEL_EXPORTER_OTLP_ENDPOINT", self.receiver.endpoint())
            .env("TRACEPARENT", TRACEPARENT)
            .env("BAGGAGE", "team=shop");
        floe
    }

    fn run(&self) -> Output {
        self.floe("run").output().unwrap()
    }

    fn compile(&self) {
        let output = self.floe("compile").output().unwrap();
        assert!(output.status.success(), "{}", text(&output.stderr));
    }

    /// A step of Dagster that builds an asset. Its messages are in the file `messages`.
    fn step(&self, key: &str, upstream: &Json) -> Output {
        let _ = fs::remove_file(self.product.path("messages"));
        let context = step_context(key, upstream);
        let messages = json!({ "path": self.product.path("messages") });
        self.floe("build-asset")
            .env("DAGSTER_PIPES_CONTEXT", encode(&context))
            .env("DAGSTER_PIPES_MESSAGES", encode(&messages))
            .output()
            .unwrap()
    }

    fn messages(&self) -> Vec<Json> {
        let text = self.product.read("messages");
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    /// The spans, each once: a request whose answer is late is sent again.
    fn spans(&self) -> Vec<ReceivedSpan> {
        let mut ids = HashSet::new();
        let mut spans = self.receiver.spans();
        spans.retain(|span| ids.insert(span.span_id.clone()));
        spans
    }

    /// The tables of the warehouse.
    fn tables(&self) -> Vec<String> {
        let database = self.product.open(".floe/warehouse.db");
        let query = "SELECT name FROM sqlite_schema ORDER BY name";
        let mut statement = database.prepare(query).unwrap();
        let names = statement.query_map((), |row| row.get(0)).unwrap();
        names.map(Result::unwrap).collect()
    }
}

/// What Dagster passes to a step.
fn step_context(key: &str, upstream: &Json) -> Json {
    json!({ "data": {
        "asset_keys": [key],
        "run_id": RUN_ID,
        "job_name": "shop_job",
        "retry_number": 2,
        "partition_key": "2026-01",
        "extras": { "step_key": key, "upstream": upstream },
    } })
}

/// A parameter, as Dagster encodes it.
fn encode(json: &Json) -> String {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(json.to_string().as_bytes()).unwrap();
    STANDARD.encode(encoder.finish().unwrap())
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[track_caller]
fn single<'a>(spans: &'a [ReceivedSpan], name: &str) -> &'a ReceivedSpan {
    let found: Vec<_> = spans.iter().filter(|span| span.name == name).collect();
    match found[..] {
        [span] => span,
        _ => panic!("{} spans are named `{name}`:\n{}", found.len(), tree(spans)),
    }
}

/// The name of the parent; empty if it was not received.
fn parent<'a>(spans: &'a [ReceivedSpan], span: &ReceivedSpan) -> &'a str {
    let parent = spans.iter().find(|it| it.span_id == span.parent_span_id);
    parent.map_or("", |parent| &parent.name)
}

/// The names of the spans that a span links to.
fn linked<'a>(spans: &'a [ReceivedSpan], span: &ReceivedSpan) -> Vec<&'a str> {
    let name = |id: &String| spans.iter().find(|it| it.span_id == *id);
    let links = span.links.iter();
    links
        .filter_map(|link| name(&link.span_id))
        .map(|it| &*it.name)
        .collect()
}

fn assert_attributes(span: &ReceivedSpan, expected: &[(&str, Value)]) {
    for (key, value) in expected {
        assert_eq!(
            span.attributes.get(*key),
            Some(value),
            "{key} of {}",
            span.name
        );
    }
}

/// Every span belongs to the trace of the test, and every parent was received.
fn assert_one_trace(spans: &[ReceivedSpan]) {
    for span in spans {
        assert_eq!(span.trace_id, TRACE_ID, "{}", span.name);
        let is_root = span.parent_span_id == "b7ad6b7169203331";
        assert!(
            is_root || spans.iter().any(|it| it.span_id == span.parent_span_id),
            "{} has no parent:\n{}",
            span.name,
            tree(spans)
        );
    }
}

/// The run of an asset in lineage has the id in the span of the asset, and its parent is the run of `floe`.
fn assert_lineage(setup: &Setup, span: &ReceivedSpan, run_id: &str, dagster: &str) {
    let text = setup.product.read(".floe/lineage.jsonl");
    let job = span.name.replace("dagster.asset", "shop");
    let events: Vec<Json> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .filter(|event: &Json| event["job"]["name"] == job)
        .collect();
    let states: Vec<&Json> = events.iter().map(|it| &it["eventType"]).collect();
    assert_eq!(states, ["START", "COMPLETE"], "{job}");
    for event in &events {
        let facets = &event["run"]["facets"];
        assert_attributes(
            span,
            &[(
                "lineage.run_id",
                event["run"]["runId"].as_str().unwrap().into(),
            )],
        );
        assert_eq!(facets["parent"]["run"]["runId"], run_id);
        let tags = facets["tags"]["tags"].as_array().unwrap();
        let is_of_dagster = |tag: &&Json| tag["key"] == "dagster_run_id" && tag["value"] == dagster;
        assert_eq!(tags.iter().filter(is_of_dagster).count(), 1, "{tags:?}");
    }
    // A step has read the columns of what another step has built.
    let input = &events[1]["inputs"][0];
    assert!(
        input.is_null() || input["facets"]["schema"]["fields"][0]["name"] == "order_id",
        "{input}"
    );
}

/// The history has the ids by which Dagster and the lineage refer to the run.
fn assert_history(setup: &Setup, assets: &[&ReceivedSpan], dagster: &str) {
    let runs: Json = serde_json::from_str(&setup.product.read(".floe/runs.json")).unwrap();
    assert_eq!(runs[0]["dagster_run_id"], dagster);
    let jobs = runs[0]["jobs"].as_array().unwrap();
    assert_eq!(jobs.len(), assets.len());
    for span in assets {
        assert_lineage(setup, span, runs[0]["run_id"].as_str().unwrap(), dagster);
        let key = span.name.trim_start_matches("dagster.asset.");
        let job = jobs.iter().find(|job| job["name"] == key).unwrap();
        let id = job["lineage_run_id"].as_str().unwrap();
        assert_attributes(span, &[("lineage.run_id", id.into())]);
    }
}

/// `floe find` has the ids of assets that Dagster alone has built, the last one first.
fn assert_found(setup: &Setup, id: &str, assets: &[&ReceivedSpan]) {
    let output = setup.floe("find").arg(id).arg("--json").output().unwrap();
    let found: Json = serde_json::from_slice(&output.stdout).unwrap();
    let found: Vec<_> = found["runs"].as_array().unwrap().iter().rev().collect();
    assert_eq!(found.len(), assets.len(), "{found:#?}");
    for (run, span) in found.into_iter().zip(assets) {
        let command = span.name.replace("dagster.asset.", "build-asset ");
        assert_eq!(run["command"], command);
        assert_eq!(run["status"], "success");
        assert_eq!(run["trace_id"], span.trace_id);
        assert_eq!(run["span_id"], span.span_id);
        let lineage = run["lineage_run_id"].as_str().unwrap();
        assert_attributes(
            span,
            &[
                ("lineage.run_id", lineage.into()),
                (
                    "dagster.run_id",
                    run["dagster_run_id"].as_str().unwrap().into(),
                ),
            ],
        );
    }
}

fn is_error(span: &ReceivedSpan, part: &str) -> bool {
    matches!(&span.status, ReceivedStatus::Error(message) if message.contains(part))
}

#[test]
fn a_step_builds_its_asset_in_the_trace_of_its_environment() {
    let setup = Setup::with_script("exit 9");
    setup.compile();
    let compiled = setup.spans().len();
    let output = setup.step("orders", &json!({}));
    assert!(output.status.success(), "{}", text(&output.stderr));
    let of_orders = setup.messages();
    let output = setup.step(
        "stg_orders",
        &json!({ "orders": of_orders[2]["params"]["metadata"]["floe/traceparent"]["raw_value"] }),
    );
    assert!(output.status.success(), "{}", text(&output.stderr));
    let spans = &setup.spans()[compiled..];
    assert_one_trace(spans);

    let orders = single(spans, "dagster.asset.orders");
    let asset = single(spans, "dagster.asset.stg_orders");
    assert_eq!(asset.parent_span_id, "b7ad6b7169203331");
    assert_eq!(asset.status, ReceivedStatus::Ok);
    assert_eq!(asset.scope, "floe.orchestrator.dagster");
    assert_attributes(
        asset,
        &[
            ("dagster.asset_key", "stg_orders".into()),
            ("dagster.run_id", RUN_ID.into()),
            ("dagster.step_key", "stg_orders".into()),
            ("dagster.job_name", "shop_job".into()),
            ("dagster.partition_key", "2026-01".into()),
            ("dagster.retry_number", 2.into()),
            ("dagster.asset.status", "success".into()),
            ("orchestrator.operation", "asset".into()),
            ("floe.product.name", "shop".into()),
            ("floe.pipeline.run_id", RUN_ID.into()),
        ],
    );
    assert_lineage(&setup, asset, RUN_ID, RUN_ID);
    assert_eq!(linked(spans, asset), ["dagster.asset.orders"]);
    let read = single(spans, "dagster.io.read");
    assert_eq!(parent(spans, read), "dagster.asset.stg_orders");
    assert_eq!(linked(spans, read), ["dagster.asset.orders"]);
    assert_attributes(read, &[("dagster.asset_key", "orders".into())]);
    let materialize = single(spans, "compute.materialize");
    assert_eq!(parent(spans, materialize), "dagster.io.write");
    let ingestion = single(spans, "ingestion.run");
    let load = spans
        .iter()
        .find(|it| it.span_id == ingestion.parent_span_id);
    assert_eq!(parent(spans, load.unwrap()), "dagster.io.write");

    // Dagster's log leads to the trace.
    let url = format!("http://jaeger:16686/trace/{TRACE_ID}");
    let typed = |kind: &str, value: &str| json!({ "type": kind, "raw_value": value });
    let traceparent = format!("00-{TRACE_ID}-{}-01", orders.span_id);
    assert_eq!(
        of_orders[1..],
        [
            json!({ "__dagster_pipes_version": "0.1", "method": "log", "params": {
                "level": "INFO", "message": format!("trace: {url}"),
            } }),
            json!({ "__dagster_pipes_version": "0.1", "method": "report_asset_materialization", "params": {
                "asset_key": "orders",
                "data_version": null,
                "metadata": {
                    "dagster/row_count": { "type": "int", "raw_value": 2 },
                    "floe/run_id": typed("text", RUN_ID),
                    "floe/span_id": typed("text", &orders.span_id),
                    "floe/trace": typed("url", &url),
                    "floe/trace_id": typed("text", TRACE_ID),
                    "floe/traceparent": typed("text", &traceparent),
                },
            } }),
            json!({ "__dagster_pipes_version": "0.1", "method": "closed", "params": {} }),
        ]
    );
    assert_eq!(setup.tables(), ["orders", "stg_orders"]);
    assert_found(&setup, RUN_ID, &[orders, asset]);
    let begins = |log: &&ReceivedLog| log.body == Some("asset begins".into());
    let logs = setup.receiver.logs();
    let log = logs.iter().rfind(begins).unwrap();
    assert_eq!(log.span_id, asset.span_id);
    assert_eq!(log.attributes["dagster_run_id"], RUN_ID.into());
    let lineage = &asset.attributes["lineage.run_id"];
    assert_eq!(log.attributes["lineage_run_id"], *lineage);

    // An asset can be built again, and the other tables stay.
    let output = setup.step("orders", &json!({ "orders": "nonsense", "x": 1 }));
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert_eq!(setup.tables(), ["orders", "stg_orders"]);
}

#[test]
fn a_step_that_fails_is_an_exception_without_credentials() {
    let setup = Setup::with_script("exit 9");
    setup.compile();
    assert!(setup.step("orders", &json!({})).status.success());
    let before = fs::read(setup.product.path(".floe/warehouse.db")).unwrap();
    let csv = "order_id,ordered_on\npassword=c4n4ry99,\n";
    setup.product.write("data/orders.csv", csv);
    let spans = setup.spans().len();
    let output = setup.step("orders", &json!({}));
    assert_eq!(output.status.code(), Some(2));
    let stderr = text(&output.stderr);
    assert_eq!(stderr.matches("error: ").count(), 1, "{stderr}");
    let asset = single(&setup.spans()[spans..], "dagster.asset.orders").clone();
    assert!(
        is_error(&asset, "accepted: a whole number"),
        "{:?}",
        asset.status
    );
    assert_attributes(&asset, &[("dagster.asset.status", "failed".into())]);
    let messages = setup.messages();
    let methods: Vec<&Json> = messages.iter().map(|it| &it["method"]).collect();
    assert_eq!(methods, ["opened", "log", "closed"]);
    let exception = &messages[2]["params"]["exception"]["message"];
    let exception = exception.as_str().unwrap();
    assert!(
        exception.contains("accepted: a whole number"),
        "{exception}"
    );
    let all = format!("{messages:?}{stderr}{:?}", setup.spans());
    assert!(!all.contains("c4n4ry99"), "{all}");
    let after = fs::read(setup.product.path(".floe/warehouse.db")).unwrap();
    assert!(before == after, "nothing is replaced");
}

#[test]
fn a_check_that_fails_is_reported_as_one() {
    let setup = Setup::with_script("exit 9");
    let checks = "    layer: bronze\n    checks: [{ unique: order_id }, { min_rows: 3 }]\n";
    setup
        .product
        .replace("floe.yaml", "    layer: bronze\n", checks);
    setup.compile();
    assert!(setup.step("orders", &json!({})).status.success());
    let output = setup.step("stg_orders", &json!({}));
    // Dagster fails the step, because the check blocks.
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let messages = setup.messages();
    let results: Vec<(&Json, &Json, &Json)> = messages
        .iter()
        .filter(|it| it["method"] == "report_asset_check")
        .map(|it| &it["params"])
        .map(|it| (&it["check_name"], &it["passed"], &it["severity"]))
        .collect();
    let (yes, no, error) = (json!(true), json!(false), json!("ERROR"));
    assert_eq!(
        results,
        [
            (&json!("unique_order_id"), &yes, &error),
            (&json!("min_rows"), &no, &error)
        ]
    );
    let asset = single(&setup.spans(), "dagster.asset.stg_orders").clone();
    assert!(
        is_error(&asset, "the check `min_rows`"),
        "{:?}",
        asset.status
    );
    assert_eq!(messages.last().unwrap()["params"], json!({}));
}

#[test]
fn a_step_without_dagster_or_without_a_product_is_one_error() {
    let setup = Setup::with_script("exit 9");
    let output = setup.floe("build-asset").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(
        text(&output.stderr),
        "error: found no variable `DAGSTER_PIPES_CONTEXT`, accepted: a process that Dagster Pipes starts\n"
    );
    let output = setup.step("orders", &json!({}));
    assert_eq!(output.status.code(), Some(2));
    let stderr = text(&output.stderr);
    assert!(
        stderr.contains("compiled_artifacts.json: cannot read it: no such file"),
        "{stderr}"
    );
    let messages = setup.messages();
    let closed = &messages[1]["params"]["exception"]["message"];
    assert!(
        closed.as_str().unwrap().contains("no such file"),
        "{closed}"
    );

    setup.compile();
    let output = setup.step("nowhere", &json!({}));
    assert_eq!(output.status.code(), Some(2));
    let stderr = text(&output.stderr);
    let expected = "found the asset `nowhere`, accepted: orders, stg_orders, totals";
    assert!(stderr.contains(expected), "{stderr}");
}

#[test]
fn a_dagster_that_does_not_work_is_one_error_with_its_exit_code() {
    for (script, code, error) in [
        (
            "echo nonsense",
            1,
            "dagster ended with the exit code 0 and did not build `orders`",
        ),
        (
            "echo 'No such option' >&2; exit 5",
            5,
            "dagster ended with the exit code 5: No such option",
        ),
        ("kill -9 $$", 1, "dagster was killed (signal: 9"),
    ] {
        let setup = Setup::with_script(script);
        let output = setup.run();
        let stderr = text(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{stderr}");
        assert_eq!(stderr.matches("error: ").count(), 1, "{stderr}");
        assert!(stderr.contains(error), "{stderr}");
        let spans = setup.spans();
        assert_one_trace(&spans);
        assert!(matches!(
            single(&spans, "floe.pipeline.run").status,
            ReceivedStatus::Error(_)
        ));
        let results = setup.product.read(".floe/run_results.json");
        assert!(results.contains("\"failed\""), "{results}");
        assert!(!setup.product.path(".floe/warehouse.db").exists());
    }
    let setup = Setup::new(Path::new("/no/such/dagster"), 0);
    let output = setup.run();
    let stderr = text(&output.stderr);
    assert_eq!(stderr.matches("error: ").count(), 1, "{stderr}");
    assert!(
        stderr.contains("dagster: `/no/such/dagster` is not installed"),
        "{stderr}"
    );
}

#[test]
fn a_dagster_that_dies_leaves_no_process_and_no_span_open() {
    // It has started the process of an asset whose query does not end.
    let setup = Setup::with_script(
        "\"$FLOE_PROGRAM\" build-asset \"$FLOE_PRODUCT\" &\n\
         echo $! > \"$FLOE_PRODUCT/process\"\n\
         until grep -q stg_orders \"$(dirname \"$FLOE_RUN\")/attempts.jsonl\"; do sleep 0.02; done 2>/dev/null\n\
         kill -9 $$",
    );
    setup.product.write(
        "models/stg_orders.sql",
        "WITH RECURSIVE n(i) AS \
         (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) AS order_id FROM n",
    );
    let messages = setup.product.path("messages");
    let context = step_context("stg_orders", &json!({}));
    let mut floe = setup.floe("run");
    let output = floe
        .env("DAGSTER_PIPES_CONTEXT", encode(&context))
        .env(
            "DAGSTER_PIPES_MESSAGES",
            encode(&json!({ "path": messages })),
        )
        .output()
        .unwrap();
    let stderr = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(stderr.contains("dagster was killed (signal: 9"), "{stderr}");
    let process = setup.product.read("process");
    let stat = fs::read_to_string(format!("/proc/{}/stat", process.trim()));
    // A process that has ended may wait for somebody to read its status.
    assert!(stat.is_err() || stat.is_ok_and(|stat| stat.contains(") Z ")));
    let spans = setup.spans();
    assert_one_trace(&spans);
    let asset = single(&spans, "dagster.asset.stg_orders");
    assert!(
        is_error(asset, "ended without a result"),
        "{:?}",
        asset.status
    );
    assert_eq!(parent(&spans, asset), "orchestrator.run");
    assert_attributes(asset, &[("dagster.asset.status", "canceled".into())]);
    for name in ["floe.pipeline.run", "orchestrator.run"] {
        assert_attributes(single(&spans, name), &[("dagster.run_id", RUN_ID.into())]);
    }
}

/// The result of an evaluation of the sensor.
fn evaluate(setup: &Setup, cursor: Option<&str>) -> Json {
    let mut floe = setup.floe("evaluate-sensor");
    floe.args(["--name", "shop_sensor", "--job", "shop_job"]);
    if let Some(cursor) = cursor {
        floe.args(["--cursor", cursor]);
    }
    let output = floe.output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn the_sensor_requests_a_run_in_its_trace_when_a_file_has_changed() {
    let setup = Setup::with_script("exit 9");
    setup.compile();
    let compiled = setup.spans().len();
    let sensors = || {
        let spans = setup.spans().split_off(compiled);
        assert_one_trace(&spans);
        spans
    };
    let first = evaluate(&setup, None);
    let cursor = first["cursor"].as_str().unwrap();
    let spans = sensors();
    let sensor = single(&spans, "dagster.sensor.shop_sensor");
    let traceparent = format!("00-{TRACE_ID}-{}-01", sensor.span_id);
    assert_eq!(
        first,
        json!({
            "cursor": cursor,
            "skip_reason": null,
            "tags": { "floe/traceparent": traceparent },
        })
    );
    assert_eq!(
        (&sensor.status, &*sensor.scope),
        (&ReceivedStatus::Ok, "floe.orchestrator.dagster")
    );
    assert_attributes(
        sensor,
        &[
            ("dagster.sensor_name", "shop_sensor".into()),
            ("dagster.job_name", "shop_job".into()),
            ("dagster.sensor.status", "requested".into()),
            ("orchestrator.operation", "sensor".into()),
            ("floe.product.name", "shop".into()),
        ],
    );

    let reason = "no file of a source has changed";
    let skipped = json!({ "cursor": cursor, "skip_reason": reason, "tags": {} });
    assert_eq!(evaluate(&setup, Some(cursor)), skipped);
    assert_attributes(
        &sensors()[1],
        &[
            ("dagster.sensor.status", "skipped".into()),
            ("dagster.sensor.skip_reason", reason.into()),
        ],
    );
    setup
        .product
        .write("data/orders.csv", "order_id,ordered_on\n1,\n2,\n3,\n");
    let changed = evaluate(&setup, Some(cursor));
    assert_eq!(changed["skip_reason"], Json::Null);
    assert_ne!(changed["cursor"], cursor);
    fs::remove_file(setup.product.path("data/orders.csv")).unwrap();
    assert_eq!(
        evaluate(&setup, Some(cursor))["skip_reason"],
        "`data/orders.csv` does not exist"
    );
}

#[test]
fn a_sensor_that_fails_is_one_error_and_its_span() {
    let setup = Setup::with_script("exit 9");
    let sensor = |setup: &Setup| {
        let mut floe = setup.floe("evaluate-sensor");
        let output = floe.args(["--name", "s", "--job", "j"]).output().unwrap();
        let stderr = text(&output.stderr);
        assert_eq!(stderr.matches("error: ").count(), 1, "{stderr}");
        assert!(output.stdout.is_empty(), "{}", text(&output.stdout));
        (output.status.code(), stderr)
    };
    let (code, stderr) = sensor(&setup);
    assert_eq!(code, Some(2), "{stderr}");
    assert!(stderr.contains("compiled_artifacts.json"), "{stderr}");
    setup.compile();
    // A file in the place of a folder.
    fs::remove_dir_all(setup.product.path("data")).unwrap();
    setup.product.write("data", "");
    let (code, stderr) = sensor(&setup);
    assert_eq!(code, Some(1), "{stderr}");
    let spans = setup.spans();
    assert!(is_error(single(&spans, "dagster.sensor.s"), "orders.csv"));
}

#[test]
fn an_orchestrator_that_does_not_exist_is_refused() {
    let setup = Setup::with_script("exit 9");
    let output = setup
        .floe("run")
        .args(["--orchestrator", "airflow"])
        .output();
    let output = output.unwrap();
    assert_eq!(output.status.code(), Some(2));
    let stderr = text(&output.stderr);
    assert!(stderr.contains("accepted: dagster, local"), "{stderr}");
    // The command line has precedence over the manifest.
    let output = setup.floe("run").args(["--orchestrator", "local"]).output();
    assert!(output.unwrap().status.success());
    single(&setup.spans(), "floe.asset.totals");
}

/// The folder of Dagster's programs.
fn real() -> Option<PathBuf> {
    std::env::var_os("PIPELINE_DAGSTER").map(PathBuf::from)
}

/// What is in the event log of the product's Dagster.
fn events(programs: &Path, setup: &Setup) -> Json {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/dagster/events.py");
    let home = setup.product.path(".floe/orchestrator/home");
    let output = Command::new(programs.join("python"))
        .arg(script)
        .env("DAGSTER_HOME", home)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn real_dagster_is_one_trace_from_the_command_line_to_the_models_of_dbt() {
    let (Some(programs), Some(dbt)) = (real(), real_dbt()) else {
        return;
    };
    let (setup, spans) = with_dbt("dagster", &programs.join("dagster"), &dbt);
    assert_dbt(&setup, &spans, "dagster.asset");
    println!("{}", by_process(&spans));
    assert!(
        setup.product.path(".floe/objects").exists(),
        "gold is published"
    );
    for (name, expected) in [
        ("floe.pipeline.run", ""),
        ("floe.compile", "floe.pipeline.run"),
        ("orchestrator.run", "floe.pipeline.run"),
        ("dagster.asset.orders", "orchestrator.run"),
        ("dagster.asset.stg_orders", "orchestrator.run"),
        ("dagster.asset.totals", "orchestrator.run"),
        ("quality.run_checks", "dagster.asset.stg_orders"),
    ] {
        assert_eq!(parent(&spans, single(&spans, name)), expected, "{name}");
    }
    let [orders, stg_orders, totals] = ["orders", "stg_orders", "totals"]
        .map(|key| single(&spans, &format!("dagster.asset.{key}")));
    assert!(orders.links.is_empty());
    assert_eq!(linked(&spans, stg_orders), ["dagster.asset.orders"]);
    assert_eq!(linked(&spans, totals), ["dagster.asset.stg_orders"]);
    let count = |name: &str| spans.iter().filter(|it| it.name == name).count();
    assert_eq!(
        (count("dagster.io.read"), count("dagster.io.write")),
        (2, 3)
    );

    let events = events(&programs, &setup);
    let run_id = events["runs"][0]["id"].as_str().unwrap();
    assert_eq!(
        events["runs"],
        json!([{ "id": run_id, "status": "SUCCESS" }])
    );
    for name in ["floe.pipeline.run", "orchestrator.run"] {
        assert_attributes(single(&spans, name), &[("dagster.run_id", run_id.into())]);
    }
    for span in [orders, stg_orders, totals] {
        let key = span.name.trim_start_matches("dagster.asset.");
        assert_attributes(
            span,
            &[
                ("dagster.asset_key", key.into()),
                ("dagster.step_key", key.into()),
                ("dagster.run_id", run_id.into()),
                ("dagster.retry_number", 0.into()),
                ("dagster.asset.status", "success".into()),
            ],
        );
        let metadata = &events["materializations"][key];
        let typed = |kind: &str, value: &str| json!({ "type": kind, "value": value });
        let url = format!("http://jaeger:16686/trace/{TRACE_ID}");
        assert_eq!(
            metadata["floe/trace_id"],
            typed("TextMetadataValue", TRACE_ID)
        );
        assert_eq!(
            metadata["floe/span_id"],
            typed("TextMetadataValue", &span.span_id)
        );
        assert_eq!(metadata["floe/trace"], typed("UrlMetadataValue", &url));
    }
    let rows = |key: &str| &events["materializations"][key]["dagster/row_count"]["value"];
    assert_eq!((rows("orders"), rows("totals")), (&json!(2), &json!(1)));
    let check = &events["checks"]["unique_order_id"];
    assert_eq!(
        (&check["passed"], &check["severity"]),
        (&json!(true), &json!("ERROR"))
    );
    let log = events["log"].to_string();
    assert!(log.contains("trace: http://jaeger"), "{log}");
    // The events of lineage are in the trace, too, those of assets below the run.
    let lineage = setup.product.read(".floe/lineage.jsonl");
    assert!(
        lineage.lines().all(|line| line.contains(TRACE_ID)),
        "{lineage}"
    );
    assert_history(&setup, &[orders, stg_orders, totals], run_id);
}

/// The processes of a trace, each with its first span and the number of its spans.
fn by_process(spans: &[ReceivedSpan]) -> String {
    let process = |span: &ReceivedSpan| span.resource["service.instance.id"].clone();
    let is_first = |span: &&ReceivedSpan| {
        let above = spans.iter().find(|it| it.span_id == span.parent_span_id);
        above.is_none_or(|above| process(above) != process(span))
    };
    let mut first: Vec<_> = spans.iter().filter(is_first).collect();
    first.sort_by_key(|span| span.start_unix_nano);
    let lines = first.into_iter().map(|first| {
        let of_process = spans.iter().filter(|it| process(it) == process(first));
        format!("{:<24} {:4} spans\n", first.name, of_process.count())
    });
    lines.collect()
}

/// A program in the place of Dagster that runs it with `floe` replaced by a script, in which `$FLOE` is `floe`.
fn with_floe_replaced(programs: &Path, retries: u32, script: &str) -> Setup {
    let setup = Setup::with_script("");
    let replaced = setup.program("floe", script);
    setup.program(
        "dagster",
        &format!(
            "[ -z \"$FLOE_PROGRAM\" ] || export FLOE=\"$FLOE_PROGRAM\" FLOE_PROGRAM='{}'\nexec '{}' \"$@\"",
            replaced.display(),
            programs.join("dagster").display()
        ),
    );
    setup.product.replace(
        "manifest.yaml",
        "retries: 0",
        &format!("retries: {retries}"),
    );
    setup
}

/// A query without an end.
const ENDLESS: &str = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n),
s AS (SELECT * FROM {{ source('orders') }}) SELECT count(*) AS order_id, 1 AS ordered_on FROM n, s";

#[test]
fn real_dagster_is_interrupted() {
    let Some(programs) = real() else { return };
    let watch = "( until grep -q stg_orders \"$(dirname \"$FLOE_RUN\")/attempts.jsonl\"; do sleep 0.02; done 2>/dev/null\n\
                 echo > \"$2/begun\" ) &\nexec \"$FLOE\" \"$@\"";
    let setup = with_floe_replaced(&programs, 0, watch);
    setup.product.write("models/stg_orders.sql", ENDLESS);
    let begun = setup.product.path("begun");
    assert!(
        Command::new("mkfifo")
            .arg(&begun)
            .status()
            .unwrap()
            .success()
    );
    let floe = setup.floe("run");
    let mut command = Command::new("env");
    command
        .arg("--default-signal=INT,TERM,HUP")
        .arg(floe.get_program());
    command.args(floe.get_args());
    for (name, value) in floe.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    let child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let child = child.unwrap();
    // The processes of both assets watch for the second one.
    assert_eq!(fs::read_to_string(begun).unwrap().trim(), "");
    let id = child.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-TERM", &id])
            .status()
            .unwrap()
            .success()
    );
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.signal(), Some(15), "{}", text(&output.stderr));
    let spans = setup.spans();
    assert_one_trace(&spans);
    let asset = single(&spans, "dagster.asset.stg_orders");
    assert!(
        matches!(asset.status, ReceivedStatus::Error(_)),
        "{:?}",
        asset.status
    );
    assert_attributes(asset, &[("dagster.asset.status", "canceled".into())]);
    assert!(spans.iter().all(|it| it.name != "dagster.asset.totals"));
    assert!(is_error(
        single(&spans, "orchestrator.run"),
        "dagster was interrupted by a signal"
    ));
    assert!(!setup.product.path(".floe/warehouse.db").exists());
}

/// Models beside `stg_orders`, which fails, and `totals`, which is behind it.
const MODELS: &str = "  - name: checked
    layer: bronze
    checks: [{ not_null: ordered_on }]
  - name: behind
    layer: silver
  - name: endless
    layer: bronze";

/// Runs `floe`. It kills the process that builds the asset `endless`, and repairs the source after the first attempt.
const FAULTS: &str = "
count() { cat \"$(dirname \"$FLOE_RUN\")/attempts.jsonl\" 2>/dev/null | grep -c '\"endless\"'; }
before=$(count)
\"$FLOE\" \"$@\" & id=$!
while kill -0 $id 2>/dev/null; do
[ \"$(count)\" = \"$before\" ] || kill -9 $id
sleep 0.02
done
wait $id; code=$?
cp \"$2/spare.csv\" \"$2/data/orders.csv\"
exit $code";

/// A product whose assets fail, are retried, killed and skipped.
fn failing(programs: &Path) -> Setup {
    let setup = with_floe_replaced(programs, 1, FAULTS);
    let product = &setup.product;
    product.write("spare.csv", &product.read("data/orders.csv"));
    product.write("data/orders.csv", "order_id,ordered_on\none,\n");
    product.append("floe.yaml", MODELS);
    let orders = "FROM {{ source('orders') }}";
    let query = format!("SELECT nope() AS order_id, 1 AS ordered_on {orders}");
    product.write("models/stg_orders.sql", &query);
    product.write(
        "models/checked.sql",
        &format!("SELECT order_id, ordered_on {orders}"),
    );
    product.write(
        "models/behind.sql",
        "SELECT order_id FROM {{ ref('checked') }}",
    );
    product.write("models/endless.sql", ENDLESS);
    setup
}

#[test]
fn real_dagster_with_assets_that_fail_in_every_way() {
    let Some(programs) = real() else { return };
    let setup = failing(&programs);
    let output = setup.run();
    let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(stdout.contains("1 built, 3 failed, 2 skipped"), "{stdout}");
    for reason in [
        "no such function: nope",
        "the process of the asset ended without a result",
    ] {
        assert!(stderr.contains(reason), "{stderr}");
    }
    let spans = setup.spans();
    assert_one_trace(&spans);
    let run = single(&spans, "orchestrator.run");
    let is_ended = is_error(run, "dagster ended with the exit code 1");
    assert!(is_ended, "{:?}", run.status);
    assert_attributes(run, &[("process.exit.code", 1.into())]);
    // Each attempt is a span.
    let attempts = |key: &str| {
        let name = format!("dagster.asset.{key}");
        let mut found: Vec<_> = spans.iter().filter(|it| it.name == name).collect();
        found.sort_by_key(|it| it.start_unix_nano);
        let [first, second] = found[..] else {
            panic!("{key}:\n{}", tree(&spans));
        };
        for (number, span) in [(0, first), (1, second)] {
            assert_attributes(span, &[("dagster.retry_number", number.into())]);
            assert_eq!(parent(&spans, span), "orchestrator.run");
        }
        [first, second]
    };
    // The source is built at the second attempt, and what is behind it links to that one.
    let [first, second] = attempts("orders");
    assert!(
        is_error(first, "accepted: a whole number"),
        "{:?}",
        first.status
    );
    assert_eq!(second.status, ReceivedStatus::Ok);
    let checked = single(&spans, "dagster.asset.checked");
    assert_eq!(checked.links[0].span_id, second.span_id);
    assert!(
        is_error(checked, "the check `not_null`"),
        "{:?}",
        checked.status
    );
    for span in attempts("stg_orders") {
        assert!(is_error(span, "no such function"), "{:?}", span.status);
        assert_attributes(span, &[("dagster.asset.status", "failed".into())]);
    }
    for span in attempts("endless") {
        assert!(
            is_error(span, "ended without a result"),
            "{:?}",
            span.status
        );
        let canceled = "canceled".into();
        assert_attributes(span, &[("dagster.asset.status", canceled)]);
        assert_attributes(span, &[("error.type", "canceled".into())]);
    }
    for (key, missing) in [("totals", "stg_orders"), ("behind", "checked")] {
        let skipped = single(&spans, &format!("dagster.asset.{key}"));
        assert_eq!(skipped.status, ReceivedStatus::Unset);
        assert_eq!(parent(&spans, skipped), "orchestrator.run");
        assert_attributes(
            skipped,
            &[
                ("dagster.asset.status", "skipped".into()),
                ("dagster.asset.missing", missing.into()),
            ],
        );
    }
    let events = events(&programs, &setup);
    assert_eq!(events["runs"][0]["status"], "FAILURE");
    let sorted = |key: &str| {
        let found = events[key].as_array().unwrap().iter();
        let mut found: Vec<_> = found.map(|it| it.as_str().unwrap()).collect();
        found.sort_unstable();
        found
    };
    assert_eq!(sorted("failures"), ["checked", "endless", "stg_orders"]);
    assert_eq!(sorted("retries"), ["endless", "orders", "stg_orders"]);
    assert_eq!(
        events["checks"]["not_null_ordered_on"],
        json!({ "passed": false, "severity": "ERROR", "metadata": { "floe/failed_rows": 1 } })
    );
}

#[test]
fn real_dagster_runs_what_its_sensor_requests_in_the_trace_of_the_sensor() {
    let Some(programs) = real() else { return };
    let setup = Setup::new(&programs.join("dagster"), 0);
    setup.compile();
    let compiled = setup.spans().len();
    let home = setup.product.path(".floe/orchestrator/home");
    fs::create_dir_all(&home).unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/dagster/sensor.py");
    let floe = setup.floe("");
    let mut python = Command::new(programs.join("python"));
    for (name, value) in floe.get_envs() {
        match value {
            Some(value) => python.env(name, value),
            None => python.env_remove(name),
        };
    }
    let output = python
        .arg(script)
        .current_dir(setup.product.path(".floe/orchestrator"))
        .env("DAGSTER_HOME", home)
        .env("DAGSTER_DISABLE_TELEMETRY", "1")
        .env("FLOE_PROGRAM", self::floe())
        // As in Dagster's daemon, nothing is current there.
        .env_remove("TRACEPARENT")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    let result: Json = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        result["evaluations"],
        json!(["requested", "skipped"]),
        "{result}"
    );
    assert_eq!(result["success"], true);
    assert_eq!(setup.tables(), ["orders", "stg_orders", "totals"]);

    let spans = &setup.spans()[compiled..];
    let sensors: Vec<_> = spans
        .iter()
        .filter(|it| it.name == "dagster.sensor.shop_sensor")
        .collect();
    let [requested, skipped] = sensors[..] else {
        panic!("{}", tree(spans));
    };
    assert_attributes(requested, &[("dagster.sensor.status", "requested".into())]);
    assert_ne!(requested.trace_id, skipped.trace_id);
    assert!(requested.parent_span_id.is_empty());
    let keys = ["orders", "stg_orders", "totals"];
    let assets = keys.map(|key| single(spans, &format!("dagster.asset.{key}")));
    assert_found(&setup, result["run_id"].as_str().unwrap(), &assets);
    for (key, asset) in keys.into_iter().zip(assets) {
        assert_eq!(asset.trace_id, requested.trace_id, "{key}");
        assert_eq!(asset.parent_span_id, requested.span_id, "{key}");
        assert_attributes(
            asset,
            &[("dagster.run_id", result["run_id"].as_str().unwrap().into())],
        );
    }
}

/// A product whose models dbt builds, with real dbt and the `duckdb` command from the folder of dbt's programs.
fn built_by_dbt(program: &Path, dbt: &Path) -> Setup {
    let setup = Setup::new(program, 0);
    let plugins = format!(
        "plugins:\n  compute: {{ type: duckdb, command: '{}' }}\n  dbt: {{ type: core, program: '{}', build_models: true }}\n",
        dbt.join("duckdb").display(),
        dbt.join("dbt").display(),
    );
    setup
        .product
        .replace("manifest.yaml", "plugins:\n", &plugins);
    setup
}

/// Runs such a product.
fn with_dbt(orchestrator: &str, program: &Path, dbt: &Path) -> (Setup, Vec<ReceivedSpan>) {
    let setup = built_by_dbt(program, dbt);
    let checks = "    layer: bronze\n    checks: [{ unique: order_id }]\n";
    setup
        .product
        .replace("floe.yaml", "    layer: bronze\n", checks);
    let output = setup
        .floe("run")
        .args(["--orchestrator", orchestrator])
        .output()
        .unwrap();
    let stdout = text(&output.stdout);
    assert!(output.status.success(), "{stdout}{}", text(&output.stderr));
    assert!(stdout.contains("3 built, 0 failed, 0 skipped"), "{stdout}");
    let spans = setup.spans();
    assert_one_trace(&spans);
    assert!(
        spans.iter().all(|it| it.status == ReceivedStatus::Ok),
        "{}",
        tree(&spans)
    );
    (setup, spans)
}

/// The spans of dbt are below the assets `{prefix}.{model}`, and each id leads to the others.
fn assert_dbt(setup: &Setup, spans: &[ReceivedSpan], prefix: &str) {
    let root = single(spans, "floe.pipeline.run");
    let attribute = |span: &ReceivedSpan, key: &str| match &span.attributes[key] {
        Value::String(text) => text.clone(),
        other => panic!("{other:?}"),
    };
    let run_id = attribute(root, "floe.pipeline.run_id");
    let lineage = setup.product.read(".floe/lineage.jsonl");
    let events: Vec<Json> = lineage
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let mut ids = Vec::new();
    for model in ["stg_orders", "totals"] {
        let asset = single(spans, &format!("{prefix}.{model}"));
        let node = single(spans, &format!("dbt.model.{model}"));
        let command = spans
            .iter()
            .find(|it| it.span_id == node.parent_span_id)
            .unwrap();
        assert_eq!(command.name, "dbt.run");
        let id = attribute(command, "dbt.invocation_id");
        for span in [asset, command] {
            assert_attributes(span, &[("dbt.invocation_id", id.as_str().into())]);
        }
        // From dbt to the asset, and from there to the run.
        let mut above = command;
        while above.span_id != asset.span_id {
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
    assert_ne!(ids[0], ids[1]);
    let all = Value::Array(ids.iter().map(|id| id.as_str().into()).collect());
    assert_attributes(root, &[("floe.pipeline.dbt_invocation_ids", all)]);
    for id in &ids {
        let output = setup.floe("find").arg(id).arg("--json").output().unwrap();
        let found: Json = serde_json::from_slice(&output.stdout).unwrap();
        let run = &found["runs"][0];
        assert_eq!(
            (&run["run_id"], &run["trace_id"]),
            (&json!(run_id), &json!(TRACE_ID))
        );
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
fn real_dbt() -> Option<PathBuf> {
    std::env::var_os("PIPELINE_DBT").map(PathBuf::from)
}

#[test]
fn real_dbt_builds_the_models_of_a_run() {
    let Some(dbt) = real_dbt() else { return };
    let (setup, spans) = with_dbt("local", Path::new("/no/such/dagster"), &dbt);
    assert_dbt(&setup, &spans, "floe.asset");
}

#[test]
fn real_dbt_that_fails_fails_its_model() {
    let Some(dbt) = real_dbt() else { return };
    let setup = built_by_dbt(Path::new("/no/such/dagster"), &dbt);
    let query =
        "SELECT cast('password=c4n4ry99' AS integer) AS order_id FROM {{ source('orders') }}\n";
    setup.product.write("models/stg_orders.sql", query);
    let output = setup.floe("run").args(["--orchestrator", "local"]).output();
    let output = output.unwrap();
    let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(1), "{stdout}{stderr}");
    assert!(stdout.contains("1 built, 1 failed, 1 skipped"), "{stdout}");
    let spans = setup.spans();
    assert_one_trace(&spans);
    for name in ["floe.asset.stg_orders", "dbt.run", "dbt.model.stg_orders"] {
        assert!(is_error(single(&spans, name), "Conversion Error"), "{name}");
    }
    let all = format!(
        "{stdout}{stderr}{spans:?}{}",
        setup.product.read(".floe/lineage.jsonl")
    );
    assert!(!all.contains("c4n4ry99"), "{all}");
}

#[test]
fn measured_run_in_dagster() {
    let runs = std::env::var("PIPELINE_RUNS").ok();
    let (Some(programs), Some(dbt), Some(runs)) = (real(), real_dbt(), runs) else {
        return;
    };
    println!("`floe run` of a source and two models that dbt builds, medians of {runs} runs");
    for orchestrator in ["local", "dagster"] {
        let setup = built_by_dbt(&programs.join("dagster"), &dbt);
        let mut walls = Vec::new();
        for _ in 0..runs.parse().unwrap() {
            let started = Instant::now();
            let mut floe = setup.floe("run");
            let output = floe.args(["--orchestrator", orchestrator]).output();
            let output = output.unwrap();
            assert!(output.status.success(), "{}", text(&output.stderr));
            walls.push(started.elapsed().as_secs_f64());
        }
        walls.sort_by(f64::total_cmp);
        println!(
            "--orchestrator {orchestrator:<8} {:6.3} s",
            walls[walls.len() / 2]
        );
        let spans = setup.spans();
        let last = spans.iter().rposition(|it| it.name == "floe.pipeline.run");
        let root = spans[last.unwrap()].start_unix_nano;
        let of_run = spans.iter().filter(|it| it.start_unix_nano >= root);
        for span in of_run.filter(|it| SHOWN.contains(&it.name.as_str())) {
            let seconds = (span.end_unix_nano - span.start_unix_nano) / 1_000_000;
            println!("  {:<32} {seconds:6} ms", span.name);
        }
    }
}

/// The spans whose duration is printed.
const SHOWN: [&str; 5] = [
    "floe.compile",
    "orchestrator.create_definitions",
    "orchestrator.run",
    "dbt.run",
    "floe.publish",
];
