//! Tests sessions with Dagster's parameters. The expected messages in `recorded/` are the output of Dagster's own
//! Python package, dagster-pipes 1.13.28, for the same calls.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::io::Write as _;
use std::path::PathBuf;
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::ZlibEncoder;
use floe_dagster_pipes::{Error, Level, Metadata, Session, Severity};
use serde_json::{Value, json};
use tempfile::TempDir;

const CONTEXT: &str = include_str!("recorded/context.param");
const MESSAGES: &str = include_str!("recorded/messages.jsonl");

fn encode(json: &Value) -> String {
    compress(json.to_string().as_bytes())
}

fn compress(bytes: &[u8]) -> String {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    STANDARD.encode(encoder.finish().unwrap())
}

struct Messages(TempDir);

impl Messages {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("messages")
    }

    fn open(&self, context: &str) -> Result<Session, Error> {
        Session::open(context, &encode(&json!({ "path": self.path() })))
    }

    fn read(&self) -> Vec<Value> {
        lines(&std::fs::read_to_string(self.path()).unwrap_or_default())
    }
}

fn opened() -> (Messages, Session) {
    let messages = Messages::new();
    let session = messages.open(CONTEXT).unwrap();
    (messages, session)
}

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn messages_equal_those_of_dagsters_own_package() {
    let (messages, session) = opened();
    let key = session.context().asset_keys[0].clone();
    session.log(Level::Info, "loading").unwrap();
    session.log(Level::Warning, "slow").unwrap();
    let metadata = [
        ("int", Metadata::Int(3)),
        ("float", Metadata::Float(0.5)),
        ("bool", Metadata::Bool(true)),
        ("text", Metadata::Text("three")),
        ("url", Metadata::Url("http://jaeger/trace/1")),
    ];
    session.report_asset_materialization(&key, &metadata, Some("v1")).unwrap();
    let rows = [("rows", Metadata::Int(2))];
    session.report_asset_check(&key, "unique_id", false, Severity::Warn, &rows).unwrap();
    session.fail("ValueError", "ValueError: no rows\n").unwrap();
    let mut expected = lines(MESSAGES);
    expected.retain(|message| message["method"] != "report_custom_message");
    let metadata = expected[3]["params"]["metadata"].as_object_mut().unwrap();
    metadata.retain(|key, _| !["md", "path", "timestamp", "json", "null"].contains(&&**key));
    // A Rust process reports no Python stack.
    expected.last_mut().unwrap()["params"]["exception"]["stack"] = json!([]);
    assert_eq!(messages.read(), expected);
}

#[test]
fn the_context_has_what_dagster_passed() {
    let (_messages, session) = opened();
    let context = session.context();
    assert_eq!(context.asset_keys, ["mart/sales/revenue"]);
    assert_eq!(context.run_id, "ef568635-3e3e-40d4-8cff-9cb625bf43d6");
    assert_eq!(context.job_name.as_deref(), Some("shop_job"));
    assert_eq!(context.retry_number, 1);
    assert_eq!(context.partition_key.as_deref(), Some("2026-01"));
    assert_eq!(context.extras["step_key"], "mart__sales__revenue");
}

#[test]
fn a_context_in_a_file_may_have_nothing_but_a_run() {
    let messages = Messages::new();
    let path = messages.0.path().join("context");
    let context = json!({ "run_id": "1", "asset_keys": null, "extras": null, "partition_key": null, "since": "2.0" });
    std::fs::write(&path, context.to_string()).unwrap();
    let session = messages.open(&encode(&json!({ "path": path }))).unwrap();
    assert!(session.context().asset_keys.is_empty());
    assert_eq!(session.context().retry_number, 0);
    session.close().unwrap();
    let methods: Vec<Value> = messages.read().iter().map(|it| it["method"].clone()).collect();
    assert_eq!(methods, ["opened", "closed"]);
}

#[test]
fn credentials_are_not_reported() {
    let (messages, session) = opened();
    let url = "postgres://loader:c4n4ry99@db.example.com/orders";
    session.log(Level::Info, url).unwrap();
    let metadata = [("text", Metadata::Text(url)), ("url", Metadata::Url(url))];
    session.report_asset_materialization("orders", &metadata, None).unwrap();
    session.fail("Refused", url).unwrap();
    let text = std::fs::read_to_string(messages.path()).unwrap();
    assert!(!text.contains("c4n4ry99"), "{text}");
    assert_eq!(text.matches("<REDACTED>").count(), 4, "{text}");
}

#[test]
fn values_that_json_lacks_are_text_and_long_text_is_cut() {
    let (messages, session) = opened();
    let long = "a ".repeat(1 << 20);
    let metadata = [("nan", Metadata::Float(f64::NAN)), ("long", Metadata::Text(&long))];
    session.report_asset_materialization("orders", &metadata, None).unwrap();
    drop(session);
    let read = messages.read();
    let metadata = &read[1]["params"]["metadata"];
    assert_eq!(metadata["nan"], json!({ "raw_value": "NaN", "type": "text" }));
    let length = metadata["long"]["raw_value"].as_str().unwrap().chars().count();
    assert_eq!(length, 16 << 10);
}

#[test]
fn a_session_that_is_dropped_fails() {
    let messages = Messages::new();
    let result = std::panic::catch_unwind(|| {
        let _session = messages.open(CONTEXT).unwrap();
        // `resume_unwind` prints nothing.
        std::panic::resume_unwind(Box::new("a mistake"));
    });
    assert!(result.is_err());
    let read = messages.read();
    assert_eq!(read[1]["method"], "closed");
    assert_eq!(
        read[1]["params"]["exception"]["message"],
        "the process ended before it reported a result"
    );
}

fn refused(context: &str, messages: &str) -> String {
    Session::open(context, messages).unwrap_err().to_string()
}

#[test]
fn mistakes_in_the_parameters_are_one_error_without_their_values() {
    let refusal = |found: &str| {
        format!(
            "`DAGSTER_PIPES_CONTEXT`: expected the parameters of Dagster Pipes 0.1, at most 16 MiB of JSON, found {found}"
        )
    };
    let file = Messages::new();
    let messages = encode(&json!({ "path": file.path() }));
    let context = |value: &Value| refused(&encode(value), &messages);
    for (value, found) in [
        ("password=hunter2", "a text that is not Base64"),
        ("cGFzc3dvcmQ=", "data that is not compressed with zlib"),
        // About 64 KiB that would become 64 MiB.
        (&*compress(&vec![b' '; 64 << 20]), "more than 16 MiB"),
    ] {
        assert_eq!(refused(value, &messages), refusal(found));
    }
    assert_eq!(
        context(&json!({ "data": { "run_id": ["hunter2"] } })),
        refusal("JSON with a mistake at line 1, column 18")
    );
    let nested = compress("[".repeat(100_000).as_bytes());
    assert!(refused(&nested, &messages).contains("a mistake at line 1"));
    assert_eq!(
        context(&json!({ "path": "/no/such/file" })),
        refusal("a file: No such file or directory (os error 2)")
    );
    assert_eq!(
        context(&json!({ "path": "/dev/zero" })),
        refusal("the path of another kind of file")
    );
    for destination in [json!({}), json!({ "stdio": "stdin" }), json!({ "bucket": "a" })] {
        assert_eq!(
            refused(CONTEXT, &encode(&destination)),
            "`DAGSTER_PIPES_MESSAGES`: expected `path`, or `stdio` with `stdout` or `stderr`, found another destination"
        );
    }
    assert!(file.read().is_empty(), "nothing was written");
}

#[test]
fn messages_that_cannot_be_written_are_errors() {
    let folder = tempfile::tempdir().unwrap();
    let messages = encode(&json!({ "path": folder.path() }));
    let error = refused(CONTEXT, &messages);
    assert!(error.starts_with("cannot write a message of Dagster Pipes: "), "{error}");
}

/// The process that writes the messages runs only this test, and has the variables that Dagster sets.
#[test]
fn messages_are_lines_of_the_stream_that_dagster_reads() {
    const VARIABLE: &str = "DAGSTER_PIPES_CONTEXT";
    if std::env::var_os(VARIABLE).is_some() {
        let session = Session::from_environment().unwrap();
        session.log(Level::Info, "loading").unwrap();
        return session.close().unwrap();
    }
    let test = "messages_are_lines_of_the_stream_that_dagster_reads";
    let written = |output: &[u8]| {
        let printed = String::from_utf8_lossy(output);
        let messages = printed.lines().filter(|line| line.starts_with('{'));
        messages.flat_map(lines).map(|it| it["method"].clone()).collect::<Vec<_>>()
    };
    for stream in ["stdout", "stderr"] {
        let output = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", test, "--quiet"])
            .env(VARIABLE, CONTEXT)
            .env("DAGSTER_PIPES_MESSAGES", encode(&json!({ "stdio": stream })))
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        let (read, other) = match stream {
            "stdout" => (&output.stdout, &output.stderr),
            _ => (&output.stderr, &output.stdout),
        };
        assert_eq!(written(read), ["opened", "log", "closed"], "{stream}");
        assert_eq!(written(other), [""; 0], "{stream}");
    }
}

#[test]
fn a_process_that_dagster_did_not_start_has_an_error_of_its_own() {
    let error = Session::from_environment().unwrap_err();
    assert!(error.is_not_started_by_dagster());
    assert_eq!(
        error.to_string(),
        "expected a process started by Dagster Pipes, found no variable `DAGSTER_PIPES_CONTEXT`"
    );
}
