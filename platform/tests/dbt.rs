//! `floe trace-dbt`: with a program in dbt's place that plays recorded events, and with real dbt if `PIPELINE_DBT`
//! is the folder of its program, which `.ci/pipeline` sets. With `PIPELINE_RUNS`, what it costs is measured.
//!
//! The events in `dbt/` were recorded with dbt-core 1.11.16 and dbt-duckdb 1.11.1 on the project beside them.

#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "tests, some of which print what they measure"
)]

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use floe_tests::{ReceivedLog, ReceivedSpan, ReceivedStatus, Receiver, Value, tree};
use serde_json::Value as Json;
use tempfile::TempDir;

const TRACE_ID: &str = "0af7651916cd43dd8448eb211c80319c";
const TRACEPARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

/// The id of the invocation in `fusion.jsonl`.
const INVOCATION: &str = "019fb7d4-ce89-7712-8d06-5ad013a23be9";

/// Plays events into dbt's log.
const PLAY: &str = "cat \"$EVENTS\" >> \"$DBT_LOG_PATH/dbt.log\"";

/// A folder with a program `dbt`, and a receiver.
struct Setup {
    folder: TempDir,
    receiver: Receiver,
}

fn recorded(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/dbt")
        .join(name)
}

/// `floe` without the variables of this process that it reads.
fn floe() -> Command {
    let built = || env!("CARGO_BIN_EXE_floe").to_owned();
    let mut floe = Command::new(std::env::var("PIPELINE_FLOE").unwrap_or_else(|_| built()));
    for (name, _) in std::env::vars() {
        if ["OTEL_", "DBT_", "DAGSTER_", "FLOE_", "TRACEPARENT"]
            .iter()
            .any(|it| name.starts_with(it))
        {
            floe.env_remove(name);
        }
    }
    floe
}

impl Setup {
    /// A program `dbt` that runs the lines of a shell script.
    fn new(script: &str) -> Self {
        let setup = Self {
            folder: tempfile::tempdir().unwrap(),
            receiver: Receiver::grpc(),
        };
        setup.program("dbt", script);
        setup
    }

    /// A program that plays recorded events, beside their manifest, and returns `code`.
    fn playing(name: &str, code: i32) -> Self {
        let setup = Self::new(&format!("{PLAY}\nexit {code}"));
        fs::create_dir(setup.path("target")).unwrap();
        let manifest = recorded(&format!("{name}.manifest.json"));
        if manifest.exists() {
            fs::copy(manifest, setup.path("target/manifest.json")).unwrap();
        }
        setup
    }

    fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    fn program(&self, name: &str, script: &str) {
        fs::write(self.path(name), format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(self.path(name), fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// `floe trace-dbt -- ./dbt <arguments>` in the folder.
    fn command(&self, arguments: &[&str]) -> Command {
        let mut floe = floe();
        floe.args(["trace-dbt", "--", "./dbt"])
            .args(arguments)
            .current_dir(self.folder.path())
            .env("OTEL_EXPORTER_OTLP_ENDPOINT", self.receiver.endpoint());
        floe
    }

    fn build(&self, events: &str) -> Output {
        let mut command = self.command(&["build"]);
        command.env("EVENTS", recorded(events));
        command.output().unwrap()
    }

    fn spans(&self) -> Vec<ReceivedSpan> {
        self.receiver.spans()
    }

    fn span(&self, name: &str) -> ReceivedSpan {
        single(&self.spans(), name).clone()
    }
}

#[track_caller]
fn single<'a>(spans: &'a [ReceivedSpan], name: &str) -> &'a ReceivedSpan {
    let found: Vec<_> = spans.iter().filter(|span| span.name == name).collect();
    match found[..] {
        [span] => span,
        _ => panic!("{} spans are named `{name}`:\n{}", found.len(), tree(spans)),
    }
}

fn text(span: &ReceivedSpan, key: &str) -> Option<String> {
    match span.attributes.get(key)? {
        Value::String(text) => Some(text.clone()),
        other => Some(format!("{other:?}")),
    }
}

/// The names of the spans that a span links to.
fn linked<'a>(spans: &'a [ReceivedSpan], span: &ReceivedSpan) -> Vec<&'a str> {
    let name = |id: &String| {
        spans
            .iter()
            .find(|it| it.span_id == *id)
            .map(|it| it.name.as_str())
    };
    let mut names: Vec<_> = span
        .links
        .iter()
        .filter_map(|link| name(&link.span_id))
        .collect();
    names.sort_unstable();
    names
}

/// Every byte that was received.
fn bytes(receiver: &Receiver) -> String {
    let requests = receiver.every_request();
    let bodies: Vec<u8> = requests
        .into_iter()
        .flat_map(|request| request.body)
        .collect();
    String::from_utf8_lossy(&bodies).into_owned()
}

fn text_of(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Nanoseconds since 1970 of a time of 21 November 2026, for example `23:51:30.256628`.
fn nanos(time: &str) -> u64 {
    let (time, fraction) = time.split_once('.').unwrap();
    let seconds = time
        .split(':')
        .fold(0, |sum, part| sum * 60 + part.parse::<u64>().unwrap());
    1_795_219_200_000_000_000 + seconds * 1_000_000_000 + fraction.parse::<u64>().unwrap() * 1000
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn nodes_have_their_place_times_and_attributes() {
    let setup = Setup::playing("build_ok", 0);
    let output = setup.build("build_ok.jsonl");
    assert_eq!(
        (output.status.code(), text_of(&output.stderr)),
        (Some(0), String::new())
    );
    let spans = setup.spans();
    assert_eq!(
        tree(&spans),
        "\
dbt.build
  dbt.operation.corner_shop-on-run-start-0
  dbt.seed.raw_customers
  dbt.seed.raw_orders
  dbt.model.stg_orders
  dbt.model.stg_customers
  dbt.test.not_null_stg_orders_order_id
  dbt.test.unique_stg_orders_order_id
  dbt.model.named_customers
  dbt.model.orders_by_month
    dbt.batch.orders_by_month
    dbt.batch.orders_by_month
  dbt.snapshot.orders_snapshot
  dbt.model.customer_orders
  dbt.unit_test.revenue_is_a_sum
  dbt.model.city_revenue
  dbt.test.accepted_values_city_revenue_city__York
  dbt.test.no_negative_revenue
  dbt.operation.corner_shop-on-run-end-0"
    );
    let root = single(&spans, "dbt.build");
    assert_eq!(
        (root.scope.as_str(), &root.status),
        ("floe.dbt.core", &ReceivedStatus::Ok)
    );
    assert_eq!(root.resource.get("service.name"), Some(&"dbt".into()));
    assert_eq!(text(root, "dbt.invocation_id").map(|id| id.len()), Some(36));
    assert_attributes(
        root,
        &[
            ("dbt.command", "build".into()),
            ("dbt.operation", "build".into()),
            ("dbt.project_name", "corner_shop".into()),
            ("dbt.target", "dev".into()),
            ("dbt.version", "1.11.16".into()),
            ("dbt.adapter_type", "duckdb".into()),
            ("dbt.models_run", 6.into()),
            ("dbt.tests_run", 5.into()),
            ("dbt.failures", 0.into()),
            ("process.exit.code", 0.into()),
        ],
    );

    let orders = single(&spans, "dbt.model.stg_orders");
    assert_eq!(orders.status, ReceivedStatus::Ok);
    assert_eq!(
        (orders.start_unix_nano, orders.end_unix_nano),
        (nanos("23:51:30.256628"), nanos("23:51:30.802981"))
    );
    let events: Vec<_> = orders
        .events
        .iter()
        .map(|event| (event.name.as_str(), event.unix_nano))
        .collect();
    assert_eq!(
        events,
        [
            ("dbt.compile", nanos("23:51:30.301118")),
            ("dbt.execute", nanos("23:51:30.335681"))
        ]
    );
    assert_attributes(
        orders,
        &[
            ("dbt.unique_id", "model.corner_shop.stg_orders".into()),
            ("dbt.node_type", "model".into()),
            ("dbt.model_name", "stg_orders".into()),
            ("dbt.materialization", "view".into()),
            (
                "dbt.relation",
                "\"corner_shop\".\"main\".\"stg_orders\"".into(),
            ),
            ("dbt.relative_path", "models/staging/stg_orders.sql".into()),
            ("dbt.status", "success".into()),
            ("dbt.node_outcome", "success".into()),
            ("dbt.adapter.message", "OK".into()),
            ("thread.name", "Thread-2 (worker)".into()),
            ("db.system.name", "duckdb".into()),
            ("db.namespace", "corner_shop|main".into()),
            ("db.collection.name", "stg_orders".into()),
        ],
    );
    assert_attributes(
        single(&spans, "dbt.seed.raw_orders"),
        &[
            ("dbt.rows_affected", 40.into()),
            ("dbt.adapter.code", "INSERT".into()),
            ("dbt.materialization", "seed".into()),
        ],
    );
    for (name, parents) in [
        ("dbt.seed.raw_orders", &[][..]),
        ("dbt.model.stg_orders", &["dbt.seed.raw_orders"]),
        (
            "dbt.model.customer_orders",
            &["dbt.model.named_customers", "dbt.model.stg_orders"],
        ),
        ("dbt.test.no_negative_revenue", &["dbt.model.city_revenue"]),
        ("dbt.snapshot.orders_snapshot", &["dbt.model.stg_orders"]),
    ] {
        assert_eq!(linked(&spans, single(&spans, name)), parents, "{name}");
    }
    let test = single(&spans, "dbt.test.unique_stg_orders_order_id");
    assert_eq!(test.attributes.get("db.collection.name"), None);
    assert_attributes(
        test,
        &[
            ("dbt.test_outcome", "passed".into()),
            ("dbt.failing_rows", 0.into()),
            ("quality.data_source", "model.corner_shop.stg_orders".into()),
            ("quality.pass_count", 1.into()),
            ("quality.fail_count", 0.into()),
        ],
    );
}

#[track_caller]
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

#[track_caller]
fn error_message(span: &ReceivedSpan) -> &str {
    match &span.status {
        ReceivedStatus::Error(message) => message,
        status => panic!("{} has the status {status:?}", span.name),
    }
}

#[test]
fn failed_skipped_and_warned_nodes() {
    let setup = Setup::playing("build_failed", 1);
    assert_eq!(setup.build("build_failed.jsonl").status.code(), Some(1));
    let spans = setup.spans();
    let root = single(&spans, "dbt.build");
    assert_eq!(error_message(root), "2 nodes failed");
    assert_attributes(
        root,
        &[
            ("error.type", "exit_1".into()),
            ("dbt.models_run", 8.into()),
            ("dbt.tests_run", 6.into()),
            ("dbt.failures", 2.into()),
            ("process.exit.code", 1.into()),
        ],
    );

    let leaky = single(&spans, "dbt.model.leaky");
    let message = error_message(leaky);
    assert!(
        message.starts_with("Runtime Error in model leaky (models/broken/leaky.sql)"),
        "{message}"
    );
    assert_attributes(
        leaky,
        &[
            ("error.type", "Runtime Error".into()),
            ("dbt.status", "error".into()),
        ],
    );
    assert_attributes(leaky, &[("exception.message", message.into())]);
    let received = bytes(&setup.receiver);
    for secret in ["sk_live_12345", "jane@example.com"] {
        assert!(!received.contains(secret), "{secret} was sent");
    }

    for (name, parent) in [
        ("dbt.model.below_leaky", "dbt.model.leaky"),
        ("dbt.model.below_tested", "dbt.model.tested"),
    ] {
        let skipped = single(&spans, name);
        assert_eq!(skipped.status, ReceivedStatus::Unset);
        assert_attributes(
            skipped,
            &[
                ("dbt.node_outcome", "skipped".into()),
                ("dbt.node_skip_reason", "upstream".into()),
            ],
        );
        assert_eq!(linked(&spans, skipped), [parent]);
        assert!(skipped.end_unix_nano - skipped.start_unix_nano < 1_000_000_000);
    }

    let failed = single(&spans, "dbt.test.accepted_values_tested_order_id__1");
    assert_eq!(
        error_message(failed),
        "Got 39 results, configured to fail if != 0"
    );
    assert_attributes(
        failed,
        &[
            ("error.type", "test_failed".into()),
            ("dbt.status", "fail".into()),
            ("dbt.test_outcome", "failed".into()),
            ("dbt.failing_rows", 39.into()),
            ("quality.provider", "dbt".into()),
            (
                "quality.check_name",
                "accepted_values_tested_order_id__1".into(),
            ),
            ("quality.data_source", "model.corner_shop.tested".into()),
            ("quality.fail_count", 1.into()),
            ("quality.pass_count", 0.into()),
        ],
    );
    let warned = single(&spans, "dbt.test.accepted_values_city_revenue_city__York");
    assert_eq!(warned.status, ReceivedStatus::Ok);
    assert_attributes(
        warned,
        &[
            ("dbt.test_outcome", "warned".into()),
            ("dbt.failing_rows", 2.into()),
        ],
    );
}

#[test]
fn a_build_that_fails_fast_has_all_nodes_and_the_messages_of_its_hooks() {
    let setup = Setup::playing("fail_fast", 1);
    let results = fs::read_to_string(recorded("fail_fast.run_results.json")).unwrap();
    fs::write(setup.path("target/run_results.json"), &results).unwrap();
    let output = setup.build("fail_fast.jsonl");
    assert_eq!(text_of(&output.stderr), "");
    let spans = setup.spans();
    assert_failed_hook(&spans);
    assert!(!bytes(&setup.receiver).contains("jane@example.com"));
    let last_hook = single(&spans, "dbt.operation.corner_shop-on-run-end-0");
    let message = error_message(last_hook);
    assert!(message.starts_with("Catalog Error: Table"), "{message}");
    assert_attributes(last_hook, &[("error.type", "Catalog Error".into())]);
    let root = single(&spans, "dbt.build");
    for (name, links) in [
        ("dbt.model.below_leaky", &["dbt.model.leaky"][..]),
        ("dbt.model.city_revenue", &["dbt.model.customer_orders"]),
        ("dbt.test.no_negative_revenue", &["dbt.model.city_revenue"]),
        ("dbt.snapshot.orders_snapshot", &["dbt.model.stg_orders"]),
    ] {
        let skipped = single(&spans, name);
        assert_eq!(skipped.status, ReceivedStatus::Unset);
        assert_eq!(skipped.start_unix_nano, skipped.end_unix_nano);
        assert_eq!(skipped.parent_span_id, root.span_id);
        assert_eq!(linked(&spans, skipped), links, "{name}");
        assert_attributes(
            skipped,
            &[
                ("dbt.status", "skipped".into()),
                ("dbt.node_outcome", "skipped".into()),
                ("dbt.node_skip_reason", "fail_fast".into()),
            ],
        );
    }

    // The results of another invocation are not used.
    let id = text(root, "dbt.invocation_id").unwrap();
    let setup = Setup::playing("fail_fast", 1);
    let stale = results.replace(&id, "04dd0b83-7c76-4723-bc9e-b2fffbb90263");
    fs::write(setup.path("target/run_results.json"), stale).unwrap();
    setup.build("fail_fast.jsonl");
    let spans = setup.spans();
    single(&spans, "dbt.model.leaky");
    assert!(
        spans
            .iter()
            .all(|span| span.name != "dbt.model.below_leaky")
    );
}

/// The first hook has failed, so dbt does not run the second one.
fn assert_failed_hook(spans: &[ReceivedSpan]) {
    let failed = single(spans, "dbt.operation.corner_shop-on-run-start-0");
    let message = error_message(failed);
    assert!(message.contains("Conversion Error"), "{message}");
    assert!(!message.contains("on-run-start"), "{message}");
    assert_attributes(
        failed,
        &[
            ("dbt.status", "error".into()),
            ("exception.message", message.into()),
            ("thread.name", "MainThread".into()),
        ],
    );
    let skipped = single(spans, "dbt.operation.corner_shop-on-run-start-1");
    assert_eq!(skipped.status, ReceivedStatus::Unset);
    assert_attributes(skipped, &[("dbt.node_outcome", "skipped".into())]);
}

#[test]
fn a_source_that_is_stale_is_an_error_without_lineage() {
    let setup = Setup::playing("freshness", 1);
    let (output, events) = lineage(&setup, "freshness.jsonl");
    assert_eq!(text_of(&output.stderr), "");
    let source = setup.span("dbt.source.raw_orders");
    assert_eq!(error_message(&source), "the source is stale");
    assert_attributes(&source, &[("dbt.status", "error".into())]);
    assert_eq!(events.len(), 2, "those of the command: {events:#?}");
}

#[test]
fn log_records_belong_to_the_spans_and_the_trace() {
    let setup = Setup::playing("build_failed", 1);
    let mut command = setup.command(&["build"]);
    let events = recorded("build_failed.jsonl");
    command
        .env("EVENTS", events)
        .env("TRACEPARENT", TRACEPARENT)
        .env("FLOE_LOG_LEVEL", "DEBUG");
    let output = command.output().unwrap();
    assert_eq!(text_of(&output.stderr), "");
    let (spans, mut logs) = (setup.spans(), setup.receiver.logs());
    // It logs its own work at this level, outside of any span, if another crate of the build enables that.
    logs.retain(|log| log.scope != "opentelemetry_sdk");
    assert!(spans.iter().all(|span| span.trace_id == TRACE_ID));
    let root = single(&spans, "dbt.build");
    assert_eq!(root.parent_span_id, "b7ad6b7169203331");
    assert!(logs.iter().all(|log| log.trace_id == TRACE_ID));
    let find = |message: &str| -> &ReceivedLog {
        let is_it = |log: &&ReceivedLog| matches!(&log.body, Some(Value::String(body)) if body.contains(message));
        logs.iter()
            .find(is_it)
            .unwrap_or_else(|| panic!("no record contains `{message}`"))
    };
    assert_eq!(find("Concurrency: 2 threads").span_id, root.span_id);
    for (message, span, severity) in [
        (
            "Began running node model.corner_shop.stg_orders",
            "dbt.model.stg_orders",
            "DEBUG",
        ),
        (
            "Finished running node model.corner_shop.stg_orders",
            "dbt.model.stg_orders",
            "DEBUG",
        ),
        (
            "1 of 1 START hook: corner_shop.on-run-start.0",
            "dbt.operation.corner_shop-on-run-start-0",
            "INFO",
        ),
        (
            "Failure in test accepted_values_tested",
            "dbt.test.accepted_values_tested_order_id__1",
            "ERROR",
        ),
    ] {
        let log = find(message);
        assert_eq!(log.span_id, single(&spans, span).span_id, "{message}");
        assert_eq!(
            (log.severity_text.as_str(), log.scope.as_str()),
            (severity, "dbt"),
            "{message}"
        );
        assert!(
            !format!("{:?}", log.body).contains("\\u{1b}"),
            "{:?}",
            log.body
        );
        assert!(log.attributes.contains_key("dbt.unique_id"), "{message}");
    }
    // The batches of a model are spans below it, and their records belong to them.
    let batches: Vec<_> = spans
        .iter()
        .filter(|span| span.name == "dbt.batch.orders_by_month")
        .collect();
    let model = single(&spans, "dbt.model.orders_by_month");
    assert_eq!(batches.len(), 2);
    assert!(
        batches
            .iter()
            .all(|batch| batch.parent_span_id == model.span_id)
    );
    let of_batches = |log: &&ReceivedLog| batches.iter().any(|batch| batch.span_id == log.span_id);
    assert_eq!(logs.iter().filter(of_batches).count(), 4);
}

#[test]
fn streams_environment_and_exit_code_are_those_of_dbt() {
    let setup = Setup::new(
        "read line; echo \"got $line\"; printf '\\033[31mred\\033[0m' >&2\n\
         echo \"$TRACEPARENT $DBT_ENV_CUSTOM_ENV_TRACEPARENT $*\" > seen; exit 7",
    );
    let mut command = setup.command(&["--quiet", "run", "--vars", "{a: b}", "-s", "x y"]);
    command.env("TRACEPARENT", TRACEPARENT);
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"hello\n").unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(7));
    assert_eq!(text_of(&output.stdout), "got hello\n");
    assert_eq!(text_of(&output.stderr), "\x1b[31mred\x1b[0m");
    let root = setup.span("dbt.run");
    assert_eq!(error_message(&root), "dbt exited with code 7");
    let own = format!("00-{TRACE_ID}-{}-01", root.span_id);
    let seen = fs::read_to_string(setup.path("seen")).unwrap();
    assert_eq!(
        seen,
        format!("{own} {own} --quiet run --vars {{a: b}} -s x y\n")
    );
}

#[test]
fn nothing_is_changed_when_telemetry_is_disabled() {
    let setup = Setup::new("echo \"${DBT_LOG_PATH-none} $TRACEPARENT $*\"; exit 3");
    let mut command = setup.command(&["run", "--log-path", "logs"]);
    command
        .env("OTEL_SDK_DISABLED", "true")
        .env("TRACEPARENT", TRACEPARENT);
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(3));
    assert_eq!(
        text_of(&output.stdout),
        format!("none {TRACEPARENT} run --log-path logs\n")
    );
    assert_eq!(setup.spans(), []);
}

#[test]
fn a_node_is_exported_while_dbt_runs() {
    let setup = Setup::playing("build_ok", 0);
    setup.program("dbt", &format!("{PLAY}\nread line"));
    let mut command = setup.command(&["build"]);
    command
        .env("EVENTS", recorded("build_ok.jsonl"))
        .env("OTEL_BSP_SCHEDULE_DELAY", "50")
        .stdin(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let nodes = setup.receiver.wait_for_spans(18, Duration::from_secs(60));
    assert_eq!(nodes.len(), 18);
    assert!(nodes.iter().all(|span| span.name != "dbt.build"));
    // dbt ends when its input does.
    drop(child.stdin.take());
    child.wait().unwrap();
    assert_eq!(setup.spans().len(), 19);
}

#[test]
fn the_manifest_of_a_project_in_another_folder_is_found() {
    let setup = Setup::new(PLAY);
    fs::create_dir_all(setup.path("sub/target")).unwrap();
    fs::copy(
        recorded("build_ok.manifest.json"),
        setup.path("sub/target/manifest.json"),
    )
    .unwrap();
    let events = fs::read_to_string(recorded("build_ok.jsonl")).unwrap();
    for target in ["./target/", "sub/target/"] {
        let events = events.replace("./target/", target);
        fs::write(setup.path("events.jsonl"), events).unwrap();
        let mut command = setup.command(&["build", "--project-dir", "sub"]);
        let output = command.env("EVENTS", "events.jsonl").output().unwrap();
        assert_eq!(text_of(&output.stderr), "", "{target}");
        let spans = setup.spans();
        let orders = spans.iter().rfind(|it| it.name == "dbt.model.stg_orders");
        let linked = linked(&spans, orders.unwrap());
        assert_eq!(linked, ["dbt.seed.raw_orders"], "{target}");
    }
}

#[test]
fn a_manifest_that_is_being_written_is_read_again() {
    // dbt announces the manifest, replaces it at its end without a word, and does not write it atomically.
    let setup = Setup::new(&format!(
        "{PLAY}; read line; mv target/whole.json target/manifest.json"
    ));
    fs::create_dir(setup.path("target")).unwrap();
    let manifest = fs::read(recorded("build_ok.manifest.json")).unwrap();
    let half = &manifest[..manifest.len() / 2];
    fs::write(setup.path("target/manifest.json"), half).unwrap();
    fs::write(setup.path("target/whole.json"), &manifest).unwrap();
    let mut command = setup.command(&["build"]);
    let mut child = command
        .env("EVENTS", recorded("build_ok.jsonl"))
        .env("OTEL_BSP_SCHEDULE_DELAY", "50")
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // All events were read, with the half of the manifest.
    setup.receiver.wait_for_spans(18, Duration::from_secs(60));
    drop(child.stdin.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(text_of(&output.stderr), "");
    assert_eq!(
        text(&setup.span("dbt.build"), "dbt.project_name").as_deref(),
        Some("corner_shop")
    );
}

#[test]
fn a_command_with_two_invocations_of_dbt_is_one_trace() {
    let setup = in_a_node(&format!("EVENTS=\"$SECOND\"; {PLAY}"));
    let manifest = recorded("build_ok.manifest.json");
    fs::create_dir(setup.path("target")).unwrap();
    fs::copy(manifest, setup.path("target/manifest.json")).unwrap();
    // dbt writes the manifest again at its end, when no node needs it.
    let events = fs::read_to_string(recorded("build_ok.jsonl")).unwrap();
    let last = events.rfind("./target/manifest.json").unwrap();
    let (before, after) = events.split_at(last);
    let second = format!("{before}{}", after.replace("target/manifest", "nosuch"));
    assert!(before.contains("./target/manifest.json"));
    fs::write(setup.path("second.jsonl"), second).unwrap();
    let mut command = setup.command(&["build"]);
    command
        .env("EVENTS", "begun.jsonl")
        .env("SECOND", "second.jsonl");
    let output = command.output().unwrap();
    assert_eq!(text_of(&output.stderr), "");
    let spans = setup.spans();
    let root = single(&spans, "dbt.build");
    for name in ["dbt.seed.raw_customers", "dbt.seed.raw_orders"] {
        let mut seeds: Vec<_> = spans.iter().filter(|span| span.name == name).collect();
        seeds.sort_by_key(|span| text(span, "dbt.status"));
        let [first, second] = seeds[..] else {
            panic!("{}", tree(&spans));
        };
        assert_eq!(error_message(first), "dbt ended before the node did");
        assert_eq!(second.status, ReceivedStatus::Ok);
        assert_eq!(first.parent_span_id, root.span_id);
        assert_eq!(second.parent_span_id, root.span_id);
    }
    let orders = single(&spans, "dbt.model.stg_orders");
    assert_eq!(linked(&spans, orders), ["dbt.seed.raw_orders"]);
}

#[test]
fn a_command_with_two_invocations_of_dbt_fusion_is_one_trace() {
    let setup = Setup::playing("build_ok", 1);
    setup.program(
        "dbt",
        "cat begun.jsonl \"$FUSION\" >> \"$DBT_LOG_PATH/$DBT_OTEL_FILE_NAME\"; exit 1",
    );
    // The first one is killed while it evaluates a node, and has ids of its own.
    let records = fs::read_to_string(recorded("fusion.jsonl")).unwrap();
    let begun: Vec<_> = records
        .split_inclusive('\n')
        .take_while(|line| !line.contains("\"Query executed\""))
        .collect();
    let mut begun = begun.concat();
    for (second, first) in [
        ("\"a0", "\"c0"),
        ("\"b0", "\"d0"),
        ("\"179", "\"178"),
        (INVOCATION, "019fb7d4-0000-7712-8d06-5ad013a23be9"),
    ] {
        begun = begun.replace(second, first);
    }
    fs::write(setup.path("begun.jsonl"), begun).unwrap();
    let mut command = setup.command(&["build"]);
    command.env("FUSION", recorded("fusion.jsonl"));
    let output = command.output().unwrap();
    assert_eq!(text_of(&output.stderr), "");
    let spans = setup.spans();
    let root = single(&spans, "dbt.build");
    assert_attributes(root, &[("dbt.invocation_id", INVOCATION.into())]);
    let two = |name: &str| {
        let mut found: Vec<_> = spans.iter().filter(|span| span.name == name).collect();
        found.sort_by_key(|span| span.start_unix_nano);
        match found[..] {
            [first, second] => [first, second],
            _ => panic!("{}", tree(&spans)),
        }
    };
    for name in [
        "dbt.model.stg_orders",
        "Node evaluated (model.corner_shop.stg_orders)",
    ] {
        let [first, second] = two(name);
        assert_eq!(error_message(first), "dbt ended before the node did");
        assert_eq!(first.end_unix_nano, 1_790_000_000_000_000_000);
        assert_eq!(second.status, ReceivedStatus::Ok);
    }
    let [_, orders] = two("dbt.model.stg_orders");
    let [_, phase] = two("Phase: RUN (nodes: 3)");
    assert_eq!(orders.parent_span_id, phase.span_id);
    let test = single(&spans, "dbt.test.unique_stg_orders_order_id");
    assert_eq!(test.links[0].span_id, orders.span_id);
}

#[test]
fn an_error_of_dbt_fusion_without_a_message_has_its_status() {
    let setup = Setup::playing("build_ok", 1);
    setup.program(
        "dbt",
        "cat \"$FUSION\" >> \"$DBT_LOG_PATH/$DBT_OTEL_FILE_NAME\"; exit 1",
    );
    let records = fs::read_to_string(recorded("fusion.jsonl")).unwrap();
    let records = records.replace("\"1 row failed\"", "null");
    fs::write(setup.path("fusion.jsonl"), records).unwrap();
    let (_, events) = lineage_in(&setup, "build_ok.jsonl", &[("FUSION", "fusion.jsonl")]);
    let span = setup.span("dbt.test.unique_stg_orders_order_id");
    assert_eq!(error_message(&span), "fail");
    let job = "test.corner_shop.unique_stg_orders_order_id.e3b841c71a";
    let facets = &event(&events, job, "FAIL")["run"]["facets"];
    assert_eq!(facets["errorMessage"]["message"], "fail");
}

#[test]
fn a_hook_of_dbt_fusion_that_failed_has_its_own_message() {
    let setup = Setup::new("cat hook.jsonl >> \"$DBT_LOG_PATH/$DBT_OTEL_FILE_NAME\"; exit 1");
    let id = "operation.corner_shop.corner_shop-on-run-start-0";
    let records = ["SpanStart", "SpanEnd"].map(|kind| {
        let record = serde_json::json!({
            "record_type": kind,
            "span_id": "b000000000000070",
            "span_name": format!("Node processed ({id})"),
            "start_time_unix_nano": "1790000000001000000",
            "end_time_unix_nano": "1790000000002000000",
            "event_type": "v1.public.events.fusion.node.NodeProcessed",
            "attributes": {
                "unique_id": id,
                "name": "corner_shop-on-run-start-0",
                "node_type": "NODE_TYPE_OPERATION",
                "node_outcome": "NODE_OUTCOME_ERROR",
            },
            "status": { "code": 2, "message": "Database Error: no such table" },
        });
        format!("{record}\n")
    });
    fs::write(setup.path("hook.jsonl"), records.concat()).unwrap();
    setup.command(&["build"]).output().unwrap();
    let hook = setup.span("dbt.operation.corner_shop-on-run-start-0");
    assert_eq!(error_message(&hook), "Database Error: no such table");
    assert_eq!(hook.end_unix_nano, 1_790_000_000_002_000_000);
}

#[test]
fn a_command_in_a_step_of_dagster_has_the_id_of_its_run() {
    const STEP: &str =
        include_str!("../../integrations/floe-dagster-pipes/tests/recorded/context.param");
    const RUN_ID: &str = "ef568635-3e3e-40d4-8cff-9cb625bf43d6";
    let setup = Setup::playing("build_ok", 0);
    let (_, events) = lineage_in(&setup, "build_ok.jsonl", &[("DAGSTER_PIPES_CONTEXT", STEP)]);
    let root = setup.span("dbt.build");
    assert_eq!(text(&root, "dagster.run_id").as_deref(), Some(RUN_ID));
    let tags = &event(&events, "dbt-run-corner_shop", "START")["run"]["facets"]["tags"]["tags"];
    let is_of_dagster = |tag: &&Json| tag["key"] == "dagster_run_id" && tag["value"] == RUN_ID;
    assert_eq!(
        tags.as_array()
            .unwrap()
            .iter()
            .filter(is_of_dagster)
            .count(),
        1
    );
}

/// A program that has begun two nodes and then does what `rest` does.
fn in_a_node(rest: &str) -> Setup {
    let setup = Setup::new(&format!("{PLAY}\n{rest}"));
    let lines = fs::read_to_string(recorded("build_ok.jsonl")).unwrap();
    let begun: Vec<_> = lines
        .lines()
        .take_while(|line| !line.contains("\"NodeFinished\""))
        .filter(|line| !line.contains("\"ArtifactWritten\""))
        .collect();
    fs::write(setup.path("begun.jsonl"), format!("{}\n", begun.join("\n"))).unwrap();
    setup
}

#[track_caller]
fn assert_canceled(setup: &Setup, root: &str) {
    let spans = setup.spans();
    for name in ["dbt.seed.raw_customers", "dbt.seed.raw_orders"] {
        let node = single(&spans, name);
        assert_eq!(error_message(node), "dbt ended before the node did");
        assert_attributes(
            node,
            &[
                ("dbt.node_outcome", "canceled".into()),
                ("error.type", "canceled".into()),
            ],
        );
        assert!(text(node, "thread.name").unwrap().starts_with("Thread-"));
        assert!(node.end_unix_nano <= single(&spans, "dbt.build").end_unix_nano);
    }
    assert_eq!(error_message(single(&spans, "dbt.build")), root);
}

#[test]
fn a_killed_dbt_leaves_no_span_open() {
    let setup = in_a_node("kill -KILL $$");
    let mut command = setup.command(&["build"]);
    let status = command.env("EVENTS", "begun.jsonl").status().unwrap();
    assert_eq!(status.signal(), Some(9));
    assert_canceled(&setup, "signal 9 ended dbt");
}

/// The command with the default reaction to signals. A shell starts background commands with some signals ignored,
/// and `floe` respects that.
fn with_default_signals(command: &Command) -> Command {
    let mut env = Command::new("env");
    env.arg("--default-signal=HUP,INT,TERM")
        .arg(command.get_program())
        .args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => env.env(name, value),
            None => env.env_remove(name),
        };
    }
    if let Some(folder) = command.get_current_dir() {
        env.current_dir(folder);
    }
    env
}

/// Starts, waits for a line `ready`, and sends a signal to `floe` alone.
fn interrupted(setup: &Setup, signal: &str) -> (Child, String) {
    let mut command = with_default_signals(&setup.command(&["build"]));
    command
        .env("EVENTS", "begun.jsonl")
        .current_dir(setup.folder.path())
        .stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    stdout.read_line(&mut line).unwrap();
    assert_eq!(line, "ready\n");
    send(&child, signal);
    let mut rest = String::new();
    stdout.read_to_string(&mut rest).unwrap();
    (child, rest)
}

fn send(child: &Child, signal: &str) {
    let id = child.id().to_string();
    let status = Command::new("kill")
        .args([&format!("-{signal}"), &id])
        .status();
    assert!(status.unwrap().success());
}

#[test]
fn signals_are_forwarded_and_dbt_decides() {
    for signal in ["INT", "TERM", "HUP"] {
        let setup = in_a_node(&format!(
            "trap 'echo stopping; kill -KILL $!; exit 5' {signal}\nsleep 1000 >/dev/null &\necho ready\nwait"
        ));
        let (mut child, rest) = interrupted(&setup, signal);
        assert_eq!(
            (child.wait().unwrap().code(), rest.as_str()),
            (Some(5), "stopping\n")
        );
        assert_canceled(&setup, "dbt exited with code 5");
    }
}

#[test]
fn a_signal_that_ends_dbt_ends_floe() {
    let setup = in_a_node("echo ready\nexec sleep 1000");
    let (mut child, _) = interrupted(&setup, "TERM");
    assert_eq!(child.wait().unwrap().signal(), Some(15));
    assert_canceled(&setup, "signal 15 ended dbt");
}

#[test]
fn a_program_that_cannot_be_started_has_the_exit_code_of_a_shell() {
    let setup = Setup::new("exit 0");
    fs::write(setup.path("text"), "no program").unwrap();
    let messages = [
        "cannot run `./nosuch`: there is no such program",
        "cannot run `./text`: permission denied",
    ];
    for (program, code, message) in [("./nosuch", 127, messages[0]), ("./text", 126, messages[1])] {
        let mut command = floe();
        command
            .args(["trace-dbt", "--", program, "build"])
            .current_dir(setup.folder.path());
        command.env("OTEL_EXPORTER_OTLP_ENDPOINT", setup.receiver.endpoint());
        let output = command.output().unwrap();
        assert_eq!(
            (output.status.code(), text_of(&output.stderr)),
            (Some(code), format!("error: {message}\n"))
        );
    }
    let spans = setup.spans();
    let found: Vec<_> = spans
        .iter()
        .map(|span| (span.name.as_str(), error_message(span)))
        .collect();
    assert_eq!(found, messages.map(|message| ("dbt.build", message)));
}

#[test]
fn a_project_that_does_not_parse_has_its_message_and_no_nodes() {
    let setup = Setup::playing("parse_error", 2);
    // The results of an earlier run.
    fs::write(
        setup.path("target/run_results.json"),
        r#"{"results": [{"unique_id": "model.corner_shop.stale", "status": "success"}]}"#,
    )
    .unwrap();
    assert_eq!(setup.build("parse_error.jsonl").status.code(), Some(2));
    let spans = setup.spans();
    assert_eq!(tree(&spans), "dbt.build");
    let message = error_message(&spans[0]);
    assert!(
        message.contains("depends on a node named 'nosuch' which was not found"),
        "{message}"
    );
    assert!(!bytes(&setup.receiver).contains("stale"));
}

#[test]
fn lines_that_are_not_events_are_skipped() {
    let setup = Setup::playing("build_ok", 0);
    setup.program(
        "dbt",
        &format!(
            "exec 3>>\"$DBT_LOG_PATH/dbt.log\"\n\
             echo 'Running with dbt=1.3.0' >&3; echo '[1, 2' >&3; echo '{{\"info\": 3}}' >&3; echo '{{}}' >&3\n\
             head -c 5000000 /dev/zero | tr '\\0' 'x' >&3; echo >&3\n\
             {PLAY}; printf '{{\"info\": {{\"na' >&3"
        ),
    );
    let output = setup.build("build_ok.jsonl");
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(
        text_of(&output.stderr),
        "warning: found 4 lines in dbt's log that are not events, accepted: dbt's JSON log\n\
         warning: 1 lines of dbt's log were dropped, accepted: lines of at most 1024 KiB that wait for 64 MiB of others at most\n"
    );
    assert_eq!(setup.spans().len(), 19);
    assert_eq!(setup.span("dbt.build").status, ReceivedStatus::Ok);
}

#[test]
fn a_process_that_dbt_leaves_behind_is_not_waited_for() {
    let setup = Setup::new(
        "exec 3>>\"$DBT_LOG_PATH/dbt.log\"; sleep 1000 <&- >/dev/null 2>&1 &\necho $! > left; exit 0",
    );
    let output = setup.build("build_ok.jsonl");
    let left = fs::read_to_string(setup.path("left")).unwrap();
    let killed = Command::new("kill").arg(left.trim()).status().unwrap();
    assert!(killed.success(), "the process had ended");
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn the_log_file_is_written_as_dbt_would() {
    let setup = Setup::playing("parse_error", 2);
    setup.build("parse_error.jsonl");
    let log = fs::read_to_string(setup.path("logs/dbt.log")).unwrap();
    let expected = "\n\n============================== 23:52:50.393084 | 9b894ee9-c7b9-433b-a791-fbd1b7bd697e \
        ==============================\n\
        \x1b[0m23:52:50.393084 [info ] [MainThread]: Running with dbt=1.11.16\n\
        \x1b[0m23:52:55.732280 [info ] [MainThread]: Registered adapter: duckdb=1.11.1\n";
    assert!(log.starts_with(expected), "{log}");
    assert_eq!(log.lines().count(), 9);

    // In the format, level and folder of the command line.
    let own = [
        "build",
        "--log-path",
        "own",
        "--log-format-file=json",
        "--log-level-file",
        "error",
    ];
    setup
        .command(&own)
        .env("EVENTS", recorded("parse_error.jsonl"))
        .output()
        .unwrap();
    let log = fs::read_to_string(setup.path("own/dbt.log")).unwrap();
    let events = fs::read_to_string(recorded("parse_error.jsonl")).unwrap();
    let errors: Vec<_> = events
        .lines()
        .filter(|line| line.contains("\"level\": \"error\""))
        .collect();
    assert_eq!(log.lines().collect::<Vec<_>>(), errors);

    // A new file is begun where dbt begins one; each of the four lines is too long here.
    let small = [
        "build",
        "--log-path=own",
        "--log-file-max-bytes",
        "10",
        "--no-use-colors-file",
    ];
    setup
        .command(&small)
        .env("EVENTS", recorded("parse_error.jsonl"))
        .output()
        .unwrap();
    assert_eq!(
        fs::read_to_string(setup.path("own/dbt.log.4")).unwrap(),
        log
    );
    assert!(!setup.path("own/dbt.log.5").exists());
    let last = fs::read_to_string(setup.path("own/dbt.log")).unwrap();
    assert!(
        last.starts_with("23:53:17.070682 [debug] [MainThread]: Command `dbt build` failed"),
        "{last}"
    );
}

#[test]
fn a_log_file_that_cannot_be_written_costs_the_log_file_only() {
    const ACCEPTED: &str = "accepted: a file or folder of the product, without symbolic links\n";
    for (link, project, found) in [
        ("logs/dbt.log", "", "logs/dbt.log: it is a symbolic link, "),
        ("logs", "", "logs: it is a symbolic link, "),
        (
            "x",
            "log-path: ../logs\n",
            "../logs: it is outside of the folder, ",
        ),
    ] {
        let setup = Setup::playing("build_ok", 0);
        fs::write(setup.path("dbt_project.yml"), project).unwrap();
        fs::create_dir_all(setup.path(link).parent().unwrap()).unwrap();
        let outside = tempfile::tempdir().unwrap();
        symlink(outside.path(), setup.path(link)).unwrap();
        let output = setup.build("build_ok.jsonl");
        assert_eq!(output.status.code(), Some(0));
        let stderr = text_of(&output.stderr);
        assert!(stderr.starts_with("warning: "), "{stderr}");
        assert!(stderr.ends_with(&format!("{found}{ACCEPTED}")), "{stderr}");
        assert_eq!(stderr.lines().count(), 1, "{stderr}");
        assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 0, "{link}");
        assert_eq!(setup.spans().len(), 19);
    }
    let setup = Setup::playing("build_ok", 0);
    setup.build("build_ok.jsonl");
    let log = fs::metadata(setup.path("logs/dbt.log")).unwrap();
    assert_eq!(log.permissions().mode() & 0o777, 0o600);

    // Without room for the pipes, dbt runs with its own log, and its artifacts have the ids of the trace.
    let mut command = setup.command(&["build", "--log-path", "x"]);
    command
        .env("TMPDIR", "/nonexistent")
        .env("TRACEPARENT", TRACEPARENT);
    setup.program(
        "dbt",
        "echo \"${DBT_LOG_PATH-none} $*\"; echo $DBT_ENV_CUSTOM_ENV_TRACEPARENT; exit 4",
    );
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(4));
    let spans = setup.spans();
    let root = spans.iter().find(|span| span.trace_id == TRACE_ID).unwrap();
    assert_eq!(
        text_of(&output.stdout),
        format!(
            "none build --log-path x\n00-{TRACE_ID}-{}-01\n",
            root.span_id
        )
    );
    let stderr = text_of(&output.stderr);
    assert!(
        stderr.starts_with("warning: the trace has no nodes: cannot open a pipe"),
        "{stderr}"
    );
}

#[test]
fn a_disk_that_is_full_costs_the_files_only() {
    let setup = Setup::playing("build_ok", 0);
    let product = "name: shop\nversion: 1.0.0\nmodels:\n  - { name: totals, layer: gold }\n";
    fs::write(setup.path("floe.yaml"), product).unwrap();
    // A write fails in its middle, as on a disk that is full: no file may be longer than 1 KiB.
    let limited = "trap '' XFSZ; ulimit -f 2; exec \"$@\"";
    let floe = setup.command(&["build"]);
    let mut command = Command::new("sh");
    command.args(["-c", limited, "sh"]).arg(floe.get_program());
    command.args(floe.get_args());
    for (name, value) in floe.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    let output = command
        .current_dir(setup.folder.path())
        .env("EVENTS", recorded("build_ok.jsonl"))
        .env("OPENLINEAGE__TRANSPORT__TYPE", "file")
        .env("OPENLINEAGE__TRANSPORT__LOG_FILE_PATH", "events.jsonl")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0));
    let stderr = text_of(&output.stderr);
    let warnings: Vec<_> = stderr.lines().collect();
    assert!(warnings.iter().all(|line| line.starts_with("warning: ")));
    for file in ["dbt.log", "lineage events were not sent"] {
        let of_file = warnings.iter().filter(|line| line.contains(file));
        assert_eq!(of_file.count(), 1, "{stderr}");
    }
    let nodes = setup.spans();
    let nodes = nodes.iter().filter(|span| span.name.starts_with("dbt."));
    assert_eq!(nodes.count(), 19);
}

#[test]
fn without_a_destination_the_trace_is_printed_to_standard_error() {
    let setup = Setup::playing("build_ok", 0);
    let mut command = setup.command(&["build"]);
    command
        .env_remove("OTEL_EXPORTER_OTLP_ENDPOINT")
        .env("EVENTS", recorded("build_ok.jsonl"));
    let output = command.output().unwrap();
    assert_eq!(text_of(&output.stdout), "");
    let stderr = text_of(&output.stderr);
    assert!(
        stderr.contains("· 19 spans ·") && stderr.contains("✓ dbt.model.stg_orders"),
        "{stderr}"
    );
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn spans_of_dbt_fusion_become_part_of_the_trace() {
    let setup = Setup::playing("build_ok", 1);
    // Fusion writes an event log like dbt Core's, too.
    setup.program(
        "dbt",
        &format!(
            "cat \"$FUSION\" >> \"$DBT_LOG_PATH/$DBT_OTEL_FILE_NAME\"; {PLAY}\n\
             echo x > \"$DBT_LOG_PATH/query_log.sql\"; exit 1"
        ),
    );
    let events = fs::read_to_string(recorded("build_ok.jsonl")).unwrap();
    let first = events.lines().next().unwrap();
    let core: Json = serde_json::from_str(first).unwrap();
    let first = first.replace(core["info"]["invocation_id"].as_str().unwrap(), INVOCATION);
    fs::write(setup.path("core.jsonl"), first).unwrap();
    let (core, fusion) = (setup.path("core.jsonl"), recorded("fusion.jsonl"));
    let variables = [("FUSION", fusion.to_str().unwrap())];
    let (output, events) = lineage_in(&setup, core.to_str().unwrap(), &variables);
    assert_eq!(
        (output.status.code(), text_of(&output.stderr)),
        (Some(1), String::new())
    );
    let mut spans = setup.spans();
    spans.retain(|span| !span.name.starts_with("lineage."));
    assert_eq!(
        tree(&spans),
        "\
dbt.build
  Artifact: target/manifest.json
  Phase: RUN (nodes: 3)
    dbt.model.stg_orders
      Node evaluated (model.corner_shop.stg_orders)
        Query executed
    dbt.test.unique_stg_orders_order_id
      Node evaluated (test.corner_shop.unique_stg_orders_order_id.e3b841c71a)
    dbt.model.city_revenue
      Node evaluated (model.corner_shop.city_revenue)
        Query executed
    dbt.model.customer_orders
    dbt.model.named_customers
    dbt.model.orders_by_month"
    );
    let root = single(&spans, "dbt.build");
    assert_eq!(
        root.status,
        ReceivedStatus::Error("2 nodes failed".to_owned())
    );
    assert_attributes(
        root,
        &[
            ("dbt.invocation_id", INVOCATION.into()),
            ("dbt.models_run", 2.into()),
            ("dbt.tests_run", 1.into()),
            ("dbt.adapter_type", "snowflake".into()),
        ],
    );
    let orders = single(&spans, "dbt.model.stg_orders");
    assert_eq!(orders.status, ReceivedStatus::Ok);
    assert_eq!(orders.start_unix_nano, 1_790_000_000_011_000_000);
    assert_eq!(orders.end_unix_nano, 1_790_000_000_060_000_000);
    assert_attributes(
        orders,
        &[
            ("dbt.unique_id", "model.corner_shop.stg_orders".into()),
            ("dbt.node_type", "model".into()),
            ("dbt.materialization", "view".into()),
            ("dbt.status", "success".into()),
            ("dbt.node_outcome", "success".into()),
            ("dbt.rows_affected", 40.into()),
            ("dbt.in_selection", true.into()),
            ("db.collection.name", "stg_orders".into()),
        ],
    );
    let test = single(&spans, "dbt.test.unique_stg_orders_order_id");
    assert_attributes(
        test,
        &[
            ("dbt.status", "fail".into()),
            ("dbt.test_outcome", "failed".into()),
            ("dbt.failing_rows", 3.into()),
            ("error.type", "test_failed".into()),
            ("quality.data_source", "model.corner_shop.stg_orders".into()),
            ("quality.fail_count", 1.into()),
        ],
    );
    assert_eq!(linked(&spans, test), ["dbt.model.stg_orders"]);
    let revenue = single(&spans, "dbt.model.city_revenue");
    assert_attributes(
        revenue,
        &[
            ("error.type", "Database Error".into()),
            ("dbt.node_error_type", "external".into()),
        ],
    );
    for (name, message) in [
        ("dbt.model.customer_orders", "dbt ended before the node did"),
        ("dbt.model.orders_by_month", "dbt canceled the node"),
    ] {
        let span = single(&spans, name);
        assert_eq!(error_message(span), message);
        assert_attributes(span, &[("dbt.node_outcome", "canceled".into())]);
    }
    let skipped = single(&spans, "dbt.model.named_customers");
    assert_eq!(skipped.status, ReceivedStatus::Unset);
    assert_attributes(skipped, &[("dbt.node_skip_reason", "upstream".into())]);
    let query = spans.iter().find(|it| it.name == "Query executed").unwrap();
    assert_attributes(query, &[("db.system.name", "snowflake".into())]);
    assert_lineage_of_fusion(&spans, &events);
    // A record belongs to the span that it was written in.
    let logs = setup.receiver.logs();
    let log = logs
        .iter()
        .find(|log| log.body == Some("success stg_orders".into()))
        .unwrap();
    let evaluated = single(&spans, "Node evaluated (model.corner_shop.stg_orders)");
    assert_eq!(
        (&log.span_id, &log.trace_id),
        (&evaluated.span_id, &root.trace_id)
    );
    assert_eq!(log.attributes["dbt.invocation_id"], INVOCATION.into());
    let run_id = text(root, "lineage.run_id").unwrap();
    assert_eq!(log.attributes["lineage.run_id"], run_id.as_str().into());
    let received = bytes(&setup.receiver);
    for secret in ["hunter2horse", "hunter2@", "select 'hunter"] {
        assert!(!received.contains(secret), "{secret} was sent");
    }
    // What dbt writes beside its log is in its log folder.
    assert_eq!(
        fs::read_to_string(setup.path("logs/query_log.sql")).unwrap(),
        "x\n"
    );
}

/// The nodes of dbt Fusion have the lineage of those of dbt Core.
fn assert_lineage_of_fusion(spans: &[ReceivedSpan], events: &[Json]) {
    let test = "test.corner_shop.unique_stg_orders_order_id.e3b841c71a";
    for (job, state, span) in [
        (
            "model.corner_shop.stg_orders",
            "COMPLETE",
            "dbt.model.stg_orders",
        ),
        (test, "FAIL", "dbt.test.unique_stg_orders_order_id"),
        (
            "model.corner_shop.city_revenue",
            "FAIL",
            "dbt.model.city_revenue",
        ),
        (
            "model.corner_shop.customer_orders",
            "ABORT",
            "dbt.model.customer_orders",
        ),
        (
            "model.corner_shop.orders_by_month",
            "ABORT",
            "dbt.model.orders_by_month",
        ),
        (
            "model.corner_shop.named_customers",
            "ABORT",
            "dbt.model.named_customers",
        ),
    ] {
        let run = &event(events, job, state)["run"];
        let span = single(spans, span);
        let error = match &span.status {
            ReceivedStatus::Error(message) => message.as_str().into(),
            _ => Json::Null,
        };
        assert_eq!(run["facets"]["errorMessage"]["message"], error);
        assert_eq!(event(events, job, "START")["run"]["runId"], run["runId"]);
        assert_eq!(
            text(span, "lineage.run_id").as_deref(),
            run["runId"].as_str()
        );
        assert_eq!(run["facets"]["dbt_run"]["invocation_id"], INVOCATION);
        assert_eq!(run["facets"]["traceCorrelation"]["span_id"], span.span_id);
    }
    let orders = event(events, "model.corner_shop.stg_orders", "COMPLETE");
    let rows = &orders["outputs"][0]["outputFacets"]["outputStatistics"]["rowCount"];
    assert_eq!(*rows, 40);
    let checks = &event(events, test, "FAIL")["inputs"][0]["inputFacets"]["dataQualityAssertions"];
    assert_eq!(checks["assertions"][0]["success"], false);
    event(events, "dbt-run-corner_shop", "FAIL");
}

/// The lineage of a command that plays recorded events, in a file.
fn lineage(setup: &Setup, events: &str) -> (Output, Vec<Json>) {
    lineage_in(setup, events, &[])
}

/// The same with other variables in the environment.
fn lineage_in(setup: &Setup, events: &str, variables: &[(&str, &str)]) -> (Output, Vec<Json>) {
    fs::copy(recorded("project/profiles.yml"), setup.path("profiles.yml")).unwrap();
    fs::copy(
        recorded("project/dbt_project.yml"),
        setup.path("dbt_project.yml"),
    )
    .unwrap();
    let mut command = setup.command(&["build"]);
    let output = command
        .envs(variables.iter().copied())
        .env("EVENTS", recorded(events))
        .env("OPENLINEAGE__TRANSPORT__TYPE", "file")
        .env("OPENLINEAGE__TRANSPORT__LOG_FILE_PATH", "events.jsonl")
        .env(
            "OPENLINEAGE_PARENT_ID",
            "prod/nightly/2866553f-1347-41ca-bd56-95659a3e1c5d",
        )
        .output()
        .unwrap();
    let text = fs::read_to_string(setup.path("events.jsonl")).unwrap();
    let events = text.lines().map(|line| serde_json::from_str(line).unwrap());
    (output, events.collect())
}

#[track_caller]
fn event<'a>(events: &'a [Json], job: &str, state: &str) -> &'a Json {
    let found: Vec<_> = events
        .iter()
        .filter(|event| event["job"]["name"] == job && event["eventType"] == state)
        .collect();
    match found[..] {
        [event] => event,
        _ => panic!("{} events of {job} {state}", found.len()),
    }
}

#[test]
fn lineage_has_the_nodes_their_data_and_their_spans() {
    let setup = Setup::playing("build_ok", 0);
    let (output, events) = lineage(&setup, "build_ok.jsonl");
    assert_eq!(
        (output.status.code(), text_of(&output.stderr)),
        (Some(0), String::new())
    );
    let spans = setup.spans();
    let root = single(&spans, "dbt.build");
    // With those of the start and the end of the backend.
    let is_of_trace = |span: &&ReceivedSpan| span.trace_id == root.trace_id;
    assert_eq!(spans.iter().filter(is_of_trace).count(), spans.len());
    let started = event(&events, "dbt-run-corner_shop", "START");
    let run_id = started["run"]["runId"].as_str().unwrap();
    assert_eq!(text(root, "lineage.run_id").as_deref(), Some(run_id));
    assert_eq!(
        event(&events, "dbt-run-corner_shop", "COMPLETE")["run"]["runId"],
        run_id
    );
    assert_eq!(started["run"]["facets"]["parent"]["job"]["name"], "nightly");
    // Two of the command, and two of each of 2 seeds, 6 models, 4 tests, a unit test and a snapshot.
    assert_eq!(events.len(), 2 + 2 * 14);

    let orders = event(&events, "model.corner_shop.stg_orders", "COMPLETE");
    let span = single(&spans, "dbt.model.stg_orders");
    let facets = &orders["run"]["facets"];
    assert_eq!(
        orders["run"]["runId"],
        text(span, "lineage.run_id").unwrap().as_str()
    );
    assert_eq!(facets["traceCorrelation"]["span_id"], span.span_id.as_str());
    assert_eq!(facets["parent"]["run"]["runId"], run_id);
    assert_eq!(facets["parent"]["root"]["job"]["name"], "nightly");
    let invocation = text(root, "dbt.invocation_id").unwrap();
    let tags = facets["tags"]["tags"].as_array().unwrap();
    let tag = |key: &str| tags.iter().find(|tag| tag["key"] == key).unwrap()["value"].clone();
    assert_eq!(tag("dbt_invocation_id"), invocation.as_str());
    assert_eq!(
        tag("traceparent"),
        format!("00-{}-{}-01", span.trace_id, span.span_id)
    );
    assert_eq!(orders["eventTime"], "2026-11-21T23:51:30.802Z");
    let data = |data: &Json| format!("{} {}", data["namespace"], data["name"]).replace('"', "");
    assert_eq!(
        data(&orders["inputs"][0]),
        "duckdb://corner_shop.duckdb corner_shop.main.raw_orders"
    );
    assert_eq!(
        data(&orders["outputs"][0]),
        "duckdb://corner_shop.duckdb corner_shop.main.stg_orders"
    );
    assert_eq!(
        orders["outputs"][0]["facets"]["schema"]["fields"][0]["name"],
        "order_id"
    );
    let seed = event(&events, "seed.corner_shop.raw_orders", "COMPLETE");
    let rows = &seed["outputs"][0]["outputFacets"]["outputStatistics"]["rowCount"];
    assert_eq!(*rows, 40);

    let test = "test.corner_shop.unique_stg_orders_order_id.e3b841c71a";
    let test = event(&events, test, "COMPLETE");
    assert_eq!(test["outputs"], serde_json::json!([]));
    let checks = &test["inputs"][0]["inputFacets"]["dataQualityAssertions"]["assertions"];
    let expected = serde_json::json!([{
        "assertion": "unique",
        "name": "unique_stg_orders_order_id",
        "success": true,
        "column": "order_id",
        "severity": "error",
        "actual": "0",
    }]);
    assert_eq!(*checks, expected);
    let emitted = spans
        .iter()
        .filter(|span| span.name == "lineage.emit_event");
    assert_eq!(emitted.count(), events.len());
}

#[test]
fn lineage_of_failed_skipped_and_unfinished_nodes() {
    let setup = Setup::playing("build_failed", 1);
    let (output, events) = lineage(&setup, "build_failed.jsonl");
    assert_eq!(
        (output.status.code(), text_of(&output.stderr)),
        (Some(1), String::new())
    );
    let failed = event(&events, "dbt-run-corner_shop", "FAIL");
    let message = |event: &Json| event["run"]["facets"]["errorMessage"]["message"].clone();
    assert_eq!(message(failed), "2 nodes failed");
    let leaky = setup.span("dbt.model.leaky");
    let of_leaky = event(&events, "model.corner_shop.leaky", "FAIL");
    assert_eq!(message(of_leaky), error_message(&leaky));
    let states: Vec<_> = events
        .iter()
        .map(|event| event["eventType"].as_str().unwrap())
        .collect();
    let count = |state| states.iter().filter(|it| **it == state).count();
    assert_eq!(count("START"), events.len() / 2);
    let (skipped, errors) = (count("ABORT"), count("FAIL"));
    let of_status = |status: &str| {
        let spans = setup.spans();
        let found = spans
            .iter()
            .filter(|span| text(span, "dbt.status").as_deref() == Some(status));
        found.count()
    };
    assert_eq!(skipped, of_status("skipped"));
    assert_eq!(errors, 1 + of_status("error") + of_status("fail"));
    let all = serde_json::to_string(&events).unwrap();
    for secret in ["sk_live_12345", "jane@example.com"] {
        assert!(!all.contains(secret), "{secret}");
    }

    // dbt is killed while a node runs.
    let setup = in_a_node("kill -KILL $$");
    let (output, events) = lineage(&setup, setup.path("begun.jsonl").to_str().unwrap());
    assert_eq!(output.status.signal(), Some(9));
    let last = events.last().unwrap();
    assert_eq!(
        (&last["job"]["name"], &last["eventType"]),
        (&"dbt-run-corner_shop".into(), &"ABORT".into())
    );
    let open = |event: &&Json| event["eventType"] == "START";
    assert_eq!(events.iter().filter(open).count() * 2, events.len());
    let aborted = event(&events, "seed.corner_shop.raw_orders", "ABORT");
    let ids = &aborted["run"]["facets"]["traceCorrelation"];
    let seed = setup.span("dbt.seed.raw_orders");
    assert_eq!(ids["span_id"], seed.span_id.as_str());
    let run_id = text(&seed, "lineage.run_id");
    assert_eq!(aborted["run"]["runId"].as_str(), run_id.as_deref());
}

#[test]
fn a_lineage_backend_that_fails_costs_its_events_only() {
    let setup = Setup::playing("build_ok", 0);
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", closed.local_addr().unwrap());
    drop(closed);
    let mut command = setup.command(&["build"]);
    command.env("EVENTS", recorded("build_ok.jsonl"));
    let output = command.env("OPENLINEAGE_URL", url).output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    let stderr = text_of(&output.stderr);
    assert!(
        stderr.starts_with("warning: 30 lineage events were not sent: "),
        "{stderr}"
    );
    // After three failures, no other event is tried.
    let spans = setup.spans();
    let emitted = spans
        .iter()
        .filter(|span| span.name == "lineage.emit_event");
    assert_eq!(emitted.count(), 3);
    assert_eq!(single(&spans, "dbt.build").status, ReceivedStatus::Ok);

    let mut command = setup.command(&["build"]);
    command.env("EVENTS", recorded("build_ok.jsonl"));
    let output = command
        .env("OPENLINEAGE__TRANSPORT__TYPE", "kafka")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(
        text_of(&output.stderr),
        "warning: lineage: found the transport `kafka`, accepted: http, file, console\n"
    );
}

#[test]
fn the_ids_of_a_command_in_a_product_are_found() {
    const DAGSTER: &str = "8b4c1f0e-6b0c-4a5e-9d3b-0c9a4ef2b111";
    let setup = Setup::playing("build_ok", 0);
    let product = "name: shop\nversion: 1.0.0\nmodels:\n  - { name: totals, layer: gold }\n";
    fs::write(setup.path("floe.yaml"), product).unwrap();
    let variables = [("DAGSTER_RUN_ID", DAGSTER)];
    let (output, events) = lineage_in(&setup, "build_ok.jsonl", &variables);
    assert_eq!(text_of(&output.stderr), "");
    let spans = setup.spans();
    let root = single(&spans, "dbt.build");
    let invocation = text(root, "dbt.invocation_id").unwrap();
    let node = event(&events, "model.corner_shop.stg_orders", "START")["run"]["runId"].clone();
    let lineage = text(root, "lineage.run_id").unwrap();
    for id in [
        &invocation,
        &root.trace_id,
        &root.span_id,
        &lineage,
        DAGSTER,
        node.as_str().unwrap(),
    ] {
        let found = floe()
            .args(["find", setup.folder.path().to_str().unwrap(), id, "--json"])
            .output()
            .unwrap();
        assert_eq!(text_of(&found.stderr), "", "{id}");
        let found: Json = serde_json::from_slice(&found.stdout).unwrap();
        let run = &found["runs"][0];
        assert_eq!(run["command"], "dbt build");
        assert_eq!(run["trace_id"], root.trace_id.as_str());
        assert_eq!(run["dbt_invocation_id"], invocation.as_str());
        assert_eq!(run["lineage_run_id"], lineage.as_str());
        assert_eq!(run["dagster_run_id"], DAGSTER);
        assert_eq!(run["jobs"].as_array().unwrap().len(), 14);
    }
    // The records of dbt's log have the same ids.
    let logs = setup.receiver.logs();
    let of_log = |message: &str| {
        let is_it = |log: &&ReceivedLog| matches!(&log.body, Some(Value::String(body)) if body.contains(message));
        logs.iter().find(is_it).unwrap()
    };
    for (message, run_id) in [
        ("Concurrency: 2 threads", lineage.as_str()),
        (
            "OK created sql view model main.stg_orders",
            node.as_str().unwrap(),
        ),
    ] {
        let log = of_log(message);
        assert_eq!(log.attributes["lineage.run_id"], run_id.into(), "{message}");
        assert_eq!(log.attributes["dagster.run_id"], DAGSTER.into());
        assert_eq!(
            log.attributes["dbt.invocation_id"],
            invocation.as_str().into()
        );
    }
}

/// Real dbt, if `PIPELINE_DBT` is the folder of its program.
fn real() -> Option<String> {
    let folder = std::env::var("PIPELINE_DBT").ok()?;
    Some(format!("{folder}:{}", std::env::var("PATH").unwrap()))
}

/// Two months, so that the batches of a model are two.
const WINDOW: [&str; 4] = [
    "--event-time-start",
    "2026-01-01",
    "--event-time-end",
    "2026-03-01",
];

/// A copy of the project beside the recorded events.
fn project() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let status = Command::new("cp")
        .arg("-r")
        .arg(recorded("project/."))
        .arg(folder.path())
        .status();
    assert!(status.unwrap().success());
    folder
}

/// `dbt <words>` in a folder, as an argument of `floe trace-dbt` if there is a receiver.
fn dbt(path: &str, folder: &Path, receiver: Option<&Receiver>, words: &[&str]) -> Command {
    let mut command = floe();
    if let Some(receiver) = receiver {
        command.args(["trace-dbt", "--", "dbt"]);
        command.env("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.endpoint());
    } else {
        let of_floe = std::mem::replace(&mut command, Command::new("dbt"));
        for (name, value) in of_floe.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
    }
    command
        .args(words)
        .env("PATH", path)
        .env("DBT_PROFILES_DIR", ".")
        .current_dir(folder);
    command
}

/// The results of a run without and of one with a receiver, at the same time.
fn both<T: Send>(receiver: &Receiver, run: impl Fn(Option<&Receiver>) -> T + Sync) -> [T; 2] {
    thread::scope(|scope| {
        let bare = scope.spawn(|| run(None));
        let traced = run(Some(receiver));
        [bare.join().unwrap(), traced]
    })
}

fn json(path: &Path) -> Json {
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

fn unix_nanos(time: &str) -> u64 {
    let (date, time) = time.trim_end_matches('Z').split_once('T').unwrap();
    let seconds = Command::new("date")
        .args(["-u", "-d", date, "+%s"])
        .output()
        .unwrap()
        .stdout;
    let of_day = nanos(time) - nanos("00:00:00.000000");
    text_of(&seconds).trim().parse::<u64>().unwrap() * 1_000_000_000 + of_day
}

/// Compares the span of a node with its result in `run_results.json`. Returns what is wrong.
fn compare(
    spans: &[ReceivedSpan],
    manifest: &Json,
    finished: &BTreeMap<String, Json>,
    result: &Json,
) -> Option<String> {
    let id = result["unique_id"].as_str().unwrap();
    let mut found = spans.iter().filter(|span| {
        text(span, "dbt.unique_id").as_deref() == Some(id) && !span.name.starts_with("dbt.batch.")
    });
    let (Some(span), None) = (found.next(), found.next()) else {
        return Some(format!("{id}: not one span"));
    };
    if span.parent_span_id != single(spans, "dbt.build").span_id {
        return Some(format!("{id}: wrong parent"));
    }
    let mut status = result["status"].as_str().unwrap();
    if let Some(info) = finished.get(id)
        && result["message"] == "Skipping due to fail_fast"
    {
        // It has run: it was canceled, or is an ephemeral model.
        status = info["node_status"].as_str().unwrap();
    }
    let expected = match status {
        "error" | "fail" | "partial success" => matches!(span.status, ReceivedStatus::Error(_)),
        "skipped" => span.status == ReceivedStatus::Unset,
        _ => span.status == ReceivedStatus::Ok,
    };
    if !expected || text(span, "dbt.status").as_deref() != Some(status) {
        return Some(format!("{id}: status {status}, found {:?}", span.status));
    }
    let timing = result["timing"].as_array().unwrap();
    for phase in timing {
        let time = |key: &str| unix_nanos(phase[key].as_str().unwrap());
        let (start, end) = (time("started_at"), time("completed_at"));
        if span.start_unix_nano > start || span.end_unix_nano < end {
            return Some(format!("{id}: the phase is not inside of the span"));
        }
        // The events of hooks have no phases.
        let name = format!("dbt.{}", phase["name"].as_str().unwrap());
        let event = span.events.iter().find(|event| event.name == name);
        if !id.starts_with("operation.") && event.is_none_or(|event| event.unix_nano != start) {
            return Some(format!("{id}: {name} at {event:?}, expected {start}"));
        }
    }
    // `run_results.json` has the times of phases only; those of nodes are in the log.
    if let Some(info) = finished.get(id) {
        let time = |key: &str| info[key].as_str().filter(|time| !time.is_empty());
        let (start, end) = (time("node_started_at"), time("node_finished_at"));
        if start.is_some_and(|start| unix_nanos(start) != span.start_unix_nano)
            || end.is_some_and(|end| unix_nanos(end) != span.end_unix_nano)
        {
            return Some(format!("{id}: times {info}"));
        }
    }
    let rows = result["adapter_response"]["rows_affected"]
        .as_i64()
        .map(Value::Int);
    if span.attributes.get("dbt.rows_affected") != rows.as_ref() {
        return Some(format!("{id}: rows {rows:?}"));
    }
    // An ephemeral model has a span and no result; a unit test runs before the model that it tests.
    let ran_before = |parent: &&Json| {
        spans.iter().any(|span_of_parent| {
            text(span_of_parent, "dbt.unique_id").as_deref() == parent.as_str()
                && span_of_parent.end_unix_nano <= span.start_unix_nano
        })
    };
    let parents = manifest["parent_map"][id]
        .as_array()
        .cloned()
        .unwrap_or_default();
    let mut expected: Vec<_> = parents.iter().filter(ran_before).collect();
    let mut links: Vec<Json> = Vec::new();
    for link in &span.links {
        let to = spans.iter().find(|span| span.span_id == link.span_id);
        let Some(to) = to.and_then(|to| text(to, "dbt.unique_id")) else {
            return Some(format!("{id}: a link to another span: {link:?}"));
        };
        links.push(to.into());
    }
    links.sort_by_key(Json::to_string);
    expected.sort_by_key(ToString::to_string);
    (links.iter().collect::<Vec<_>>() != expected).then(|| format!("{id}: links {links:?}"))
}

/// Builds a project in the trace of the test.
fn build_in_trace(mut build: Command, code: i32) {
    let output = build.env("TRACEPARENT", TRACEPARENT).output().unwrap();
    let stdout = text_of(&output.stdout);
    assert_eq!(output.status.code(), Some(code), "{stdout}");
    assert_eq!(text_of(&output.stderr), "", "{stdout}");
}

/// Compares the spans of a command with what dbt has written into its folder.
#[expect(clippy::print_stdout, reason = "a figure for the log of CI")]
fn assert_results(folder: &Path, receiver: &Receiver) {
    let spans = receiver.spans();
    let root = single(&spans, "dbt.build");
    let run_results = json(&folder.join("target/run_results.json"));
    let id = &run_results["metadata"]["invocation_id"];
    assert_eq!(text(root, "dbt.invocation_id").as_deref(), id.as_str());
    let traceparent = format!("00-{TRACE_ID}-{}-01", root.span_id);
    assert_eq!(run_results["metadata"]["env"]["TRACEPARENT"], traceparent);
    let results = run_results["results"].as_array().unwrap();
    let manifest = json(&folder.join("target/manifest.json"));
    // The last event of a node that is built in batches is its own.
    let finished: BTreeMap<String, Json> = fs::read_to_string(folder.join("logs/dbt.log"))
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str::<Json>(line).unwrap())
        .filter(|event| event["info"]["name"] == "NodeFinished")
        .map(|event| event["data"]["node_info"].clone())
        .map(|info| (info["unique_id"].as_str().unwrap().to_owned(), info))
        .collect();
    assert!(!finished.is_empty());
    let wrong: Vec<_> = results
        .iter()
        .filter_map(|result| compare(&spans, &manifest, &finished, result))
        .collect();
    let all = results.len();
    println!("nodes right: {} of {all}", all - wrong.len());
    assert_eq!(wrong, [""; 0]);
    assert!(spans.iter().all(|span| span.trace_id == TRACE_ID));
    let logs = receiver.logs();
    assert!(logs.len() > 20 && logs.iter().all(|log| log.trace_id == TRACE_ID));
    assert!(!bytes(receiver).contains("jane@example.com"));
}

/// `dbt build` with a log that is compared with the trace.
const BUILD: [&str; 3] = ["build", "--log-format-file", "json"];

#[test]
fn real_dbt_that_fails_fast_after_a_hook_that_failed() {
    let Some(path) = real() else { return };
    let (folder, receiver) = (project(), Receiver::grpc());
    let file = folder.path().join("dbt_project.yml");
    let hooks =
        "on-run-start: [\"select cast('jane@example.com' as integer)\", \"select 1\"]\non-run-end:";
    let text = fs::read_to_string(&file).unwrap();
    let of_project: Vec<_> = text
        .lines()
        .filter(|it| !it.starts_with("on-run-start"))
        .collect();
    fs::write(file, of_project.join("\n").replace("on-run-end:", hooks)).unwrap();
    let others = ["--vars", "{broken: true}", "--fail-fast", "--threads", "1"];
    // From another folder, where the path of the project has no meaning below the project itself.
    let outside = tempfile::tempdir().unwrap();
    let inner = outside.path().join("inner");
    fs::create_dir(&inner).unwrap();
    let inside = Path::new("../..").join(folder.path().file_name().unwrap());
    let inside = ["--project-dir", inside.to_str().unwrap()];
    let words = [&BUILD[..], &others, &WINDOW, &inside].concat();
    let mut build = dbt(&path, &inner, Some(&receiver), &words);
    build.env("DBT_PROFILES_DIR", folder.path());
    build_in_trace(build, 1);
    assert_results(folder.path(), &receiver);
    assert_failed_hook(&receiver.spans());
}

/// Digits are times and durations.
fn without_digits(bytes: &[u8]) -> String {
    text_of(bytes).replace(|sign: char| sign.is_ascii_digit(), "0")
}

#[test]
fn real_dbt_writes_the_same() {
    let Some(path) = real() else { return };
    let receiver = Receiver::grpc();
    // In a terminal, as `pty.spawn` provides one.
    let terminal =
        "import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))";
    let [bare, traced] = both(&receiver, |receiver| {
        let folder = project();
        let words = ["--no-partial-parse", "seed", "--threads", "1"];
        let inner = dbt(&path, folder.path(), receiver, &words);
        let mut command = Command::new("python3");
        command
            .args(["-c", terminal])
            .arg(inner.get_program())
            .args(inner.get_args());
        for (name, value) in inner.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        let output = command
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let log = fs::read(folder.path().join("logs/dbt.log")).unwrap();
        (
            output.status.code(),
            without_digits(&output.stdout),
            without_digits(&log).lines().count(),
        )
    });
    assert_eq!(bare.0, Some(0), "{}", bare.1);
    assert_eq!((bare.0, &bare.1), (traced.0, &traced.1));
    assert!(
        bare.2.abs_diff(traced.2) < 5,
        "{} lines in the log file, {} of floe",
        bare.2,
        traced.2
    );
}

#[test]
fn real_dbt_is_interrupted() {
    let Some(path) = real() else { return };
    for signal in ["INT", "TERM"] {
        let receiver = Receiver::grpc();
        let [bare, traced] = both(&receiver, |receiver| {
            let folder = project();
            let words = ["run", "--vars", "{slow: true}", "-s", "slow"];
            let mut command = with_default_signals(&dbt(&path, folder.path(), receiver, &words));
            let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
            let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
            let begun = lines.find(|line| {
                line.as_ref()
                    .is_ok_and(|it| it.contains("START sql table model main.slow"))
            });
            assert!(begun.is_some());
            let kill = Command::new("kill")
                .args([&format!("-{signal}"), &child.id().to_string()])
                .status();
            assert!(kill.unwrap().success());
            lines.for_each(drop);
            let status = child.wait().unwrap();
            (status.code(), status.signal())
        });
        println!("SIG{signal}: dbt {bare:?}, floe {traced:?}");
        assert_eq!(bare, traced);
        let spans = receiver.spans();
        // After SIGINT, dbt tries to interrupt the query and reports the node. SIGTERM ends it at once.
        let slow = single(&spans, "dbt.model.slow");
        if signal == "TERM" {
            assert_eq!(error_message(slow), "dbt ended before the node did");
        } else {
            let status = text(slow, "dbt.status").unwrap();
            assert!(
                ["canceled", "error", "success"].contains(&status.as_str()),
                "{status}"
            );
        }
        assert!(matches!(
            single(&spans, "dbt.run").status,
            ReceivedStatus::Error(_)
        ));
    }
}

#[test]
fn real_dbt_without_a_project_or_a_command() {
    let Some(path) = real() else { return };
    let receiver = Receiver::grpc();
    for words in [
        &["build", "--nosuch"][..],
        &["run", "-s", "nosuch"],
        &["build"],
    ] {
        // A folder each: a project that was parsed before is parsed in part.
        let [bare, traced] = both(&receiver, |receiver| {
            let folder = project();
            if words.len() == 1 {
                fs::write(
                    folder.path().join("models/x.sql"),
                    "select {{ ref('nosuch') }}",
                )
                .unwrap();
            }
            dbt(&path, folder.path(), receiver, words).output().unwrap()
        });
        assert_eq!(bare.status.code(), traced.status.code(), "{words:?}");
        assert_eq!(
            without_digits(&bare.stdout),
            without_digits(&traced.stdout),
            "{words:?}"
        );
        assert_eq!(
            without_digits(&bare.stderr),
            without_digits(&traced.stderr),
            "{words:?}"
        );
    }
    let roots: Vec<_> = receiver
        .spans()
        .into_iter()
        .map(|span| (span.name, span.status))
        .collect();
    let message = |status: &ReceivedStatus| match status {
        ReceivedStatus::Error(message) => message.clone(),
        _ => String::new(),
    };
    assert_eq!(roots.len(), 3, "{roots:?}");
    assert_eq!(message(&roots[0].1), "dbt exited with code 2");
    assert_eq!(roots[1], ("dbt.run".to_owned(), ReceivedStatus::Ok));
    assert!(
        message(&roots[2].1).contains("'nosuch' which was not found"),
        "{roots:?}"
    );
}

/// The processor time of all children that have ended, in ticks of 10 ms.
fn child_ticks() -> u32 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<_> = stat
        .rsplit(')')
        .next()
        .unwrap()
        .split_whitespace()
        .collect();
    fields[13].parse::<u32>().unwrap() + fields[14].parse::<u32>().unwrap()
}

/// The lower quartile, the median and the upper quartile.
fn quartiles(values: impl Iterator<Item = f64>) -> [f64; 3] {
    let mut values: Vec<_> = values.collect();
    values.sort_by(f64::total_cmp);
    [1, 2, 3].map(|quarter| values[(values.len() - 1) * quarter / 4])
}

#[test]
fn measured_dbt_build() {
    let runs = std::env::var("PIPELINE_RUNS").ok();
    let (Some(path), Some(runs)) = (real(), runs) else {
        return;
    };
    let runs: usize = runs.parse().unwrap();
    let receiver = Receiver::grpc();
    let folders = [project(), project()];
    let words = [&["build"], &WINDOW[..]].concat();
    // The wall time in seconds, and the processor time of dbt and `floe` in user and system mode.
    let build = |is_traced: bool| {
        let receiver = Some(&receiver).filter(|_| is_traced);
        let folder = folders[usize::from(is_traced)].path();
        let (start, ticks) = (Instant::now(), child_ticks());
        let output = dbt(&path, folder, receiver, &words).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", text_of(&output.stdout));
        let cpu = f64::from(child_ticks() - ticks) / 100.0;
        [start.elapsed().as_secs_f64(), cpu]
    };
    // The first run parses the project.
    let _ = [false, true].map(build);
    // In turn, and each first in every other pair.
    let pairs: Vec<_> = (0..runs)
        .map(|run| {
            if run % 2 == 0 {
                return [false, true].map(build);
            }
            let [traced, bare] = [true, false].map(build);
            [bare, traced]
        })
        .collect();
    println!(
        "`dbt build` of 15 nodes, {runs} pairs: medians, and the quartiles of the difference of a pair"
    );
    for (index, what) in ["wall time", "processor time"].into_iter().enumerate() {
        let [bare, traced] =
            [0, 1].map(|kind| quartiles(pairs.iter().map(|pair| pair[kind][index])));
        let of_pairs = pairs
            .iter()
            .map(|[bare, traced]| (traced[index] / bare[index] - 1.0) * 100.0);
        let [low, middle, high] = quartiles(of_pairs);
        println!(
            "{what:<15} bare {:.2} s, traced {:.2} s, {middle:+.1} % ({low:+.1} to {high:+.1} %)",
            bare[1], traced[1]
        );
    }
}

/// A backend for lineage that reads events with the classes of openlineage-python, and prints them.
struct OpenLineage {
    server: Child,
    /// Reads what the server prints, until it ends.
    printed: Option<thread::JoinHandle<String>>,
    url: String,
}

impl Drop for OpenLineage {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

impl OpenLineage {
    fn start(path: &str) -> Self {
        let script =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/services/openlineage_server.py");
        let python = Path::new(path.split(':').next().unwrap()).join("python");
        let mut server = Command::new(python)
            .arg(script)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(server.stdout.take().unwrap());
        let mut port = String::new();
        lines.read_line(&mut port).unwrap();
        let url = format!("http://127.0.0.1:{}", port.trim());
        let printed = thread::spawn(move || {
            let mut text = String::new();
            lines.read_to_string(&mut text).unwrap();
            text
        });
        Self {
            server,
            printed: Some(printed),
            url,
        }
    }

    /// The events so far.
    fn events(mut self) -> Vec<Json> {
        self.server.kill().unwrap();
        self.server.wait().unwrap();
        let text = self.printed.take().unwrap().join().unwrap();
        let event = |line: &str| serde_json::from_str::<Json>(line).unwrap()["event"].clone();
        text.lines().map(event).collect()
    }
}

/// What `dbt-ol` writes for the same command.
fn events_of_dbt_ol(path: &str, words: &[&str]) -> Vec<Json> {
    let folder = project();
    let file = folder.path().join("events.jsonl");
    let mut dbt_ol = Command::new("dbt-ol");
    dbt_ol
        .args(["build", "--consume-structured-logs"])
        .args(words)
        .args(WINDOW)
        .env("PATH", path)
        .env("DBT_PROFILES_DIR", ".")
        .env("OPENLINEAGE__TRANSPORT__TYPE", "file")
        .env("OPENLINEAGE__TRANSPORT__LOG_FILE_PATH", &file)
        .env("OPENLINEAGE__TRANSPORT__APPEND", "true")
        .current_dir(folder.path());
    let output = dbt_ol.output().unwrap();
    let text = fs::read_to_string(&file);
    let text = text.unwrap_or_else(|_| panic!("{}", text_of(&output.stderr)));
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// The events by the names of their jobs and their states, without those of single statements. A model that is
/// built in batches has more than one in `dbt-ol`.
fn by_job(events: Vec<Json>) -> BTreeMap<(String, String), Json> {
    let text = |value: &Json| value.as_str().unwrap().to_owned();
    let of_nodes = events
        .into_iter()
        .filter(|it| !text(&it["job"]["name"]).contains(".sql."));
    of_nodes
        .map(|event| {
            (
                (text(&event["job"]["name"]), text(&event["eventType"])),
                event,
            )
        })
        .collect()
}

/// The names of facets, without those of `others`.
fn facets(value: &Json, others: &[&str]) -> Vec<String> {
    let facets = value.as_object().into_iter().flatten();
    let names = facets.map(|(name, _)| name.clone());
    names
        .filter(|name| !others.contains(&name.as_str()))
        .collect()
}

/// The namespace, the name, the columns and the checks of data.
fn data(value: &Json) -> Vec<(String, Json, Json)> {
    let parts = |text: &Json| text.as_str().unwrap_or_default().to_owned();
    let fields = |data: &Json| -> Json {
        let fields = data["facets"]["schema"]["fields"].as_array();
        let mut fields: Vec<_> = fields
            .into_iter()
            .flatten()
            .map(|field| serde_json::json!([field["name"], field["type"]]))
            .collect();
        fields.sort_by_key(Json::to_string);
        fields.into()
    };
    let checks = |data: &Json| -> Json {
        let [own, of_dbt_ol] =
            ["inputFacets", "facets"].map(|facets| &data[facets]["dataQualityAssertions"]);
        let found = if own.is_null() { of_dbt_ol } else { own };
        let checks = found["assertions"].as_array().into_iter().flatten();
        let keys = [
            "assertion",
            "name",
            "success",
            "column",
            "severity",
            "actual",
        ];
        checks
            .map(|check| Json::from_iter(keys.map(|key| (key, check[key].clone()))))
            .collect()
    };
    let mut data: Vec<_> = value
        .as_array()
        .into_iter()
        .flatten()
        .map(|data| {
            let name = format!("{} {}", parts(&data["namespace"]), parts(&data["name"]));
            (name, fields(data), checks(data))
        })
        .collect();
    data.sort_by(|one, other| one.0.cmp(&other.0));
    data
}

/// What differs between an event of `dbt-ol` and ours. `docs/lineage.md` lists what is left out here.
fn differences(theirs: &Json, ours: &Json) -> Vec<String> {
    let job = theirs["job"]["name"].as_str().unwrap();
    let [is_test, is_unit_test] = ["test.", "unit_test."].map(|it| job.starts_with(it));
    let mut wrong = Vec::new();
    let mut compare = |what: &str, theirs: Json, ours: Json| {
        if theirs != ours {
            wrong.push(format!("{job}: {what}: {theirs} and {ours}"));
        }
    };
    let both =
        |pointer: &str| [theirs, ours].map(|it| it.pointer(pointer).cloned().unwrap_or_default());
    for pointer in [
        "/job/namespace",
        "/schemaURL",
        "/job/facets/jobType/integration",
        "/job/facets/jobType/processingType",
        "/run/facets/parent/job/namespace",
        "/run/facets/parent/job/name",
        "/run/facets/parent/root/job/namespace",
        "/run/facets/parent/root/job/name",
        "/run/facets/processing_engine/name",
        "/run/facets/processing_engine/version",
        "/run/facets/dbt_run/project_name",
        "/run/facets/dbt_run/profile_name",
        "/run/facets/dbt_run/dbt_runtime",
    ] {
        let [theirs, ours] = both(pointer);
        compare(pointer, theirs, ours);
    }
    if !is_unit_test {
        for pointer in ["/job/facets/jobType/jobType", "/job/facets/dbt_node"] {
            let [mut theirs, mut ours] = both(pointer);
            for facet in [&mut theirs, &mut ours] {
                if let Some(fields) = facet.as_object_mut() {
                    fields.retain(|key, value| !key.starts_with('_') && !value.is_null());
                }
            }
            compare(pointer, theirs, ours);
        }
        let [of_theirs, of_ours] = [theirs, ours].map(|event| data(&event["inputs"]));
        compare(
            "inputs",
            serde_json::json!(of_theirs),
            serde_json::json!(of_ours),
        );
    }
    if !is_test {
        let [of_theirs, of_ours] = [theirs, ours].map(|event| data(&event["outputs"]));
        compare(
            "outputs",
            serde_json::json!(of_theirs),
            serde_json::json!(of_ours),
        );
    }
    let of_run = |event: &Json, others: &[&str]| facets(&event["run"]["facets"], others).into();
    compare(
        "facets of the run",
        of_run(theirs, &["dbt_version", "extractionError", "test"]),
        of_run(ours, &["traceCorrelation"]),
    );
    wrong
}

#[test]
fn real_dbt_matches_its_own_results_and_the_lineage_of_dbt_ol() {
    compare_with_dbt_ol("{}", 0);
}

#[test]
fn real_dbt_that_fails_matches_its_own_results_and_the_lineage_of_dbt_ol() {
    compare_with_dbt_ol("{broken: true}", 1);
}

#[expect(clippy::print_stdout, reason = "a figure for the log of CI")]
fn compare_with_dbt_ol(vars: &str, code: i32) {
    let Some(path) = real() else { return };
    let receiver = Receiver::grpc();
    let openlineage = OpenLineage::start(&path);
    let (folder, variables) = (project(), ["--vars", vars]);
    let words = [&BUILD[..], &variables, &WINDOW].concat();
    let mut build = dbt(&path, folder.path(), Some(&receiver), &words);
    build.env("OPENLINEAGE_URL", &openlineage.url);
    let theirs = thread::scope(|scope| {
        let theirs = scope.spawn(|| events_of_dbt_ol(&path, &variables));
        build_in_trace(build, code);
        theirs.join().unwrap()
    });
    assert_results(folder.path(), &receiver);
    let (ours, spans) = (openlineage.events(), receiver.spans());
    for event in &ours {
        let run_id = event["run"]["runId"].as_str();
        let of_trace = &event["run"]["facets"]["traceCorrelation"];
        let is_of_event =
            |span: &&ReceivedSpan| Some(span.span_id.as_str()) == of_trace["span_id"].as_str();
        let span = spans.iter().find(is_of_event);
        let span = span.unwrap_or_else(|| panic!("no span: {event:#}"));
        assert_eq!(text(span, "lineage.run_id").as_deref(), run_id, "{event:#}");
        assert_eq!(of_trace["trace_id"], span.trace_id.as_str());
    }
    let (theirs, ours) = (by_job(theirs), by_job(ours));
    let jobs =
        |events: &BTreeMap<(String, String), Json>| events.keys().cloned().collect::<Vec<_>>();
    assert_eq!(jobs(&theirs), jobs(&ours));
    let wrong: Vec<_> = theirs
        .iter()
        .flat_map(|(job, event)| differences(event, &ours[job]))
        .collect();
    assert_eq!(wrong, [""; 0]);
    println!("lineage events as in dbt-ol: {}", theirs.len());
    let ours = ours.into_values().collect::<Json>().to_string();
    assert!(!ours.contains("jane@example.com"));
}
