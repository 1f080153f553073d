//! A product in Dagster, a receiver, and the assertions that several tests share.

use std::collections::HashSet;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::ZlibEncoder;
use floe_tests::{ReceivedSpan, ReceivedStatus, Receiver, tree};
pub(crate) use floe_tests::{assert_attributes, linked, single};
use serde_json::{Value as Json, json};

use crate::product::Product;

pub(crate) const TRACE_ID: &str = "0af7651916cd43dd8448eb211c80319c";

const TRACEPARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

pub(crate) const RUN_ID: &str = "52375350-6dcc-4e24-8d37-5d2d36314cb8";

/// A manifest that selects Dagster, whose program is `{dagster}`.
const MANIFEST: &str = "\
observability:
  tracing: { trace_url: 'http://jaeger:16686/trace/{trace_id}' }
plugins:
  orchestrator: { type: dagster, program: '{dagster}', retries: {retries}, retry_delay_seconds: 0 }";

/// The path of the program.
pub(crate) const FLOE: &str = env!("CARGO_BIN_EXE_floe");

pub(crate) struct Setup {
    pub(crate) product: Product,
    pub(crate) receiver: Receiver,
}

impl Setup {
    pub(crate) fn new(dagster: &Path, retries: u32) -> Self {
        let product = Product::shop();
        let manifest = MANIFEST
            .replace("{dagster}", dagster.to_str().unwrap())
            .replace("{retries}", &retries.to_string());
        product.append("manifest.yaml", &manifest);
        Self { product, receiver: Receiver::http() }
    }

    /// Creates a product that runs a shell script in place of Dagster.
    pub(crate) fn with_script(script: &str) -> Self {
        let folder = Product::shop();
        let setup = Self::new(&folder.path("dagster"), 0);
        setup.program("dagster", script);
        let manifest = setup.product.read("manifest.yaml");
        let program = setup.product.path("dagster");
        let replaced =
            manifest.replace(folder.path("dagster").to_str().unwrap(), program.to_str().unwrap());
        setup.product.write("manifest.yaml", &replaced);
        setup
    }

    pub(crate) fn program(&self, name: &str, script: &str) -> PathBuf {
        let path = self.product.path(name);
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    /// Returns the command `floe <command> <folder>`, which runs in the trace of the test.
    pub(crate) fn floe(&self, command: &str) -> Command {
        let mut floe = Command::new(FLOE);
        for (name, _) in std::env::vars() {
            let is_read = ["OTEL_", "DAGSTER_", "FLOE_"].iter().any(|it| name.starts_with(it));
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

    pub(crate) fn run(&self) -> Output {
        self.floe("run").output().unwrap()
    }

    pub(crate) fn compile(&self) {
        let output = self.floe("compile").output().unwrap();
        assert_success(&output);
    }

    /// Runs a step that builds an asset, as Dagster does. The file `messages` then contains the messages of the step.
    pub(crate) fn step(&self, key: &str, upstream: &Json) -> Output {
        self.step_in(&step_context(key, upstream))
    }

    pub(crate) fn step_in(&self, context: &Json) -> Output {
        let _ = fs::remove_file(self.product.path("messages"));
        let messages = json!({ "path": self.product.path("messages") });
        self.floe("build-asset")
            .env("DAGSTER_PIPES_CONTEXT", encode(context))
            .env("DAGSTER_PIPES_MESSAGES", encode(&messages))
            .output()
            .unwrap()
    }

    pub(crate) fn messages(&self) -> Vec<Json> {
        let text = self.product.read("messages");
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// Returns the spans without duplicates, because a request whose answer is late is sent again.
    pub(crate) fn spans(&self) -> Vec<ReceivedSpan> {
        let mut ids = HashSet::new();
        let mut spans = self.receiver.spans();
        spans.retain(|span| ids.insert(span.span_id.clone()));
        spans
    }

    pub(crate) fn tables(&self) -> Vec<String> {
        let database = self.product.open(".floe/warehouse.db");
        let query = "SELECT name FROM sqlite_schema ORDER BY name";
        let mut statement = database.prepare(query).unwrap();
        let names = statement.query_map((), |row| row.get(0)).unwrap();
        names.map(Result::unwrap).collect()
    }
}

pub(crate) fn step_context(key: &str, upstream: &Json) -> Json {
    json!({ "data": {
        "asset_keys": [key],
        "run_id": RUN_ID,
        "job_name": "shop_job",
        "retry_number": 2,
        "partition_key": "2026-01",
        "extras": { "step_key": key, "upstream": upstream },
    } })
}

pub(crate) fn encode(json: &Json) -> String {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(json.to_string().as_bytes()).unwrap();
    STANDARD.encode(encoder.finish().unwrap())
}

pub(crate) fn is_error(span: &ReceivedSpan, part: &str) -> bool {
    matches!(&span.status, ReceivedStatus::Error(message) if message.contains(part))
}

#[track_caller]
pub(crate) fn assert_success(output: &Output) {
    assert!(output.status.success(), "{}", text(&output.stderr));
}

/// Asserts the exit code, and returns standard error.
#[track_caller]
pub(crate) fn ended_with(output: &Output, code: i32) -> String {
    let stderr = text(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{stderr}");
    stderr
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Returns the name of the span's parent, or an empty text if the parent was not received.
pub(crate) fn parent<'a>(spans: &'a [ReceivedSpan], span: &ReceivedSpan) -> &'a str {
    let parent = spans.iter().find(|it| it.span_id == span.parent_span_id);
    parent.map_or("", |parent| &parent.name)
}

/// Asserts that every span belongs to the trace of the test, and that every parent was received.
pub(crate) fn assert_one_trace(spans: &[ReceivedSpan]) {
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

/// Asserts that the lineage of an asset has the run id of the asset's span, the parent `run_id`, and Dagster's run id.
pub(crate) fn assert_lineage(setup: &Setup, span: &ReceivedSpan, run_id: &str, dagster: &str) {
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
            &json!({ "lineage.run_id": event["run"]["runId"].as_str().unwrap() }),
        );
        assert_eq!(facets["parent"]["run"]["runId"], run_id);
        let tags = facets["tags"]["tags"].as_array().unwrap();
        let is_of_dagster = |tag: &&Json| tag["key"] == "dagster_run_id" && tag["value"] == dagster;
        assert_eq!(tags.iter().filter(is_of_dagster).count(), 1, "{tags:?}");
    }
    // The step has read the columns of its input, a table that another step has built.
    let input = &events[1]["inputs"][0];
    assert!(
        input.is_null() || input["facets"]["schema"]["fields"][0]["name"] == "order_id",
        "{input}"
    );
}

pub(crate) fn assert_history(setup: &Setup, assets: &[&ReceivedSpan], dagster: &str) {
    let runs = setup.product.read(".floe/runs.jsonl");
    let run: Json = serde_json::from_str(runs.lines().last().unwrap()).unwrap();
    assert_eq!(run["dagster_run_id"], dagster);
    let built = run["assets"].as_array().unwrap();
    assert_eq!(built.len(), assets.len());
    for span in assets {
        assert_lineage(setup, span, run["run_id"].as_str().unwrap(), dagster);
        let key = span.name.trim_start_matches("dagster.asset.");
        let asset = built.iter().find(|asset| asset["key"] == key).unwrap();
        let id = asset["lineage_run_id"].as_str().unwrap();
        assert_attributes(span, &json!({ "lineage.run_id": id }));
    }
}
