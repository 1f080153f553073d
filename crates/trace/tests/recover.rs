//! What `floe-trace recover` writes of a process that was killed, and what it leaves in the folder.

#![cfg(all(feature = "cli", target_os = "linux"))]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::missing_panics_doc,
    clippy::print_stdout,
    reason = "tests"
)]

mod serving;

use std::env;
use std::fs;
use std::io;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::Duration;

use floe_journal::{Journal, Kind};
use floe_telemetry::config::ExporterKind;
use floe_telemetry::{TelemetryConfig, TelemetryProvider, traced};
use floe_telemetry_journal as _;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::common::v1::{AnyValue, ArrayValue, KeyValue, KeyValueList};
use opentelemetry_proto::tonic::logs::v1::{LogRecord, LogsData, ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::metrics::v1::{
    Gauge, Metric, MetricsData, NumberDataPoint, ResourceMetrics, ScopeMetrics, metric,
    number_data_point,
};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, TracesData};
use prost::Message as _;

use self::serving::Serving;

/// Set for a process that is killed: its folder.
const FOLDER: &str = "FLOE_RECOVER_FOLDER";

fn recover(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_floe-trace"))
        .arg("recover")
        .arg("telemetry")
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

fn errors(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn lines(output: &Output) -> Vec<String> {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    text.lines().map(str::to_owned).collect()
}

/// The files of the folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let files = fs::read_dir(folder.join("telemetry")).unwrap();
    files.map(|file| file.unwrap().path()).collect()
}

/// Leaves requests in the folder, as a process that has ended.
fn leave(folder: &Path, requests: &[(Kind, Vec<u8>)]) {
    let (journal, problems) = Journal::open(&folder.join("telemetry"), 1 << 20).unwrap();
    assert_eq!(problems, [""; 0]);
    for (kind, request) in requests {
        journal.append(*kind, request).unwrap();
    }
}

fn spans(names: &[&str]) -> (Kind, Vec<u8>) {
    let spans = names.iter().map(|name| Span {
        trace_id: vec![1; 16],
        span_id: vec![2; 8],
        name: (*name).to_owned(),
        start_time_unix_nano: 1,
        end_time_unix_nano: 2,
        ..Span::default()
    });
    let data = TracesData {
        resource_spans: vec![ResourceSpans {
            scope_spans: vec![ScopeSpans { spans: spans.collect(), ..ScopeSpans::default() }],
            ..ResourceSpans::default()
        }],
    };
    (Kind::Traces, data.encode_to_vec())
}

#[traced]
fn load() {}

#[traced]
fn serve(telemetry: &TelemetryProvider) {
    load();
    telemetry.force_flush(Duration::from_secs(60)).unwrap();
    println!("\nserving");
    loop {
        thread::park();
    }
}

#[test]
fn what_a_killed_process_has_left_is_written() {
    if let Some(folder) = env::var_os(FOLDER) {
        // Nobody listens there.
        let mut config = TelemetryConfig::new("orders").with_otlp_endpoint("http://127.0.0.1:1");
        config.exporters.traces = Some(vec![ExporterKind::Journal]);
        config.exporters.metrics = Some(vec![ExporterKind::None]);
        config.exporters.journal.path = folder.into();
        let builder = TelemetryProvider::builder(config);
        serve(&builder.initialize().unwrap());
    }
    let folder = tempfile::tempdir_in("/dev/shm").unwrap();
    let folder = folder.path();
    let process = Serving::start(
        "what_a_killed_process_has_left_is_written",
        FOLDER,
        folder.join("telemetry"),
    );
    let before = files(folder);
    let output = recover(folder, &[]);
    assert!(output.status.success(), "{output:?}");
    assert_eq!(errors(&output), "found nothing in telemetry; left 1 living process alone\n");
    assert_eq!(files(folder), before);
    drop(process);

    let summary =
        "2 requests of 1 ended process: 2 spans (1 of them open at the end), 0 damaged bytes";
    let kept = recover(folder, &["--keep"]);
    assert_eq!(errors(&kept), format!("read {summary}\n"));
    let kept = lines(&kept);
    assert!(kept[0].contains(r#""name":"serve""#), "{kept:?}");
    assert!(kept[1].contains(r#""name":"load""#), "{kept:?}");
    let output = recover(folder, &["-o", "out.jsonl"]);
    assert_eq!(errors(&output), format!("recovered {summary}\n"));
    let out = folder.join("out.jsonl");
    let mode = fs::metadata(&out).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let written = fs::read_to_string(&out).unwrap();
    assert_eq!(written.lines().collect::<Vec<_>>(), kept);
    assert_eq!(files(folder), [""; 0].map(PathBuf::from));

    let shown =
        Command::new(env!("CARGO_BIN_EXE_floe-trace")).arg("show").arg(out).output().unwrap();
    let shown = String::from_utf8(shown.stdout).unwrap();
    assert!(shown.contains("orders · 2 spans, 1 failed"), "{shown}");
    let crashed = "\n  the process ended while the span was open\n";
    let (serve, load) = shown.split_once(crashed).unwrap();
    assert!(serve.contains("\n✗ serve "), "{shown}");
    assert!(load.contains("─ ✓ load "), "{shown}");
}

fn text(text: &str) -> Any {
    Any::StringValue(text.to_owned())
}

fn attribute(key: &str, value: Any) -> KeyValue {
    KeyValue {
        key: key.to_owned(),
        value: Some(AnyValue { value: Some(value) }),
        ..KeyValue::default()
    }
}

/// A number that is not finite, and secrets.
fn metrics() -> MetricsData {
    MetricsData {
        resource_metrics: vec![ResourceMetrics {
            scope_metrics: vec![ScopeMetrics {
                metrics: vec![Metric {
                    name: "ratio".to_owned(),
                    data: Some(metric::Data::Gauge(Gauge {
                        data_points: vec![NumberDataPoint {
                            time_unix_nano: 4_111_111_111_111_111,
                            value: Some(number_data_point::Value::AsDouble(f64::NAN)),
                            attributes: vec![
                                attribute("db.password", text("winter")),
                                attribute("api_key", Any::IntValue(4711)),
                            ],
                            ..NumberDataPoint::default()
                        }],
                    })),
                    ..Metric::default()
                }],
                ..ScopeMetrics::default()
            }],
            ..ResourceMetrics::default()
        }],
    }
}

/// Secrets in values of all kinds.
fn logs() -> LogsData {
    let arguments =
        ["mysql", "--password", "winter", "--verbose"].map(|it| AnyValue { value: Some(text(it)) });
    let arguments = Any::ArrayValue(ArrayValue { values: arguments.into() });
    let below = KeyValueList { values: vec![attribute("password", text("winter"))] };
    LogsData {
        resource_logs: vec![ResourceLogs {
            scope_logs: vec![ScopeLogs {
                log_records: vec![LogRecord {
                    body: attribute("", text("login with password=winter")).value,
                    attributes: vec![
                        attribute("process.command_args", arguments),
                        attribute("settings", Any::KvlistValue(below)),
                        attribute("", text("password=winter")),
                        attribute("raw", Any::BytesValue(b"password=winter".to_vec())),
                    ],
                    ..LogRecord::default()
                }],
                ..ScopeLogs::default()
            }],
            ..ResourceLogs::default()
        }],
    }
}

#[test]
fn all_signals_are_written_and_redacted() {
    let folder = tempfile::tempdir_in("/dev/shm").unwrap();
    let folder = folder.path();
    let requests = [
        spans(&["token=winter"]),
        (Kind::Metrics, metrics().encode_to_vec()),
        (Kind::Logs, logs().encode_to_vec()),
    ];
    leave(folder, &requests);
    let output = recover(folder, &[]);
    let [spans, metrics, logs] = &*lines(&output) else { panic!("{output:?}") };
    for line in [spans, metrics, logs] {
        assert!(!["winter", "ludGVy", "4711"].iter().any(|it| line.contains(it)), "{line}");
        assert!(line.contains("<REDACTED>"), "{line}");
    }
    let id = format!(r#""traceId":"{}""#, "01".repeat(16));
    assert!(spans.contains(&id), "{spans}");
    assert!(metrics.contains(r#""asDouble":"NaN""#), "{metrics}");
    assert!(metrics.contains(r#""timeUnixNano":"4111111111111111""#));
    assert!(logs.contains("--verbose"), "{logs}");
    let summary = "recovered 3 requests of 1 ended process: 1 span (0 of them open at the end), 0 damaged bytes\n";
    assert_eq!(errors(&output), summary);
}

#[test]
fn what_cannot_be_written_stays_in_the_folder() {
    let folder = tempfile::tempdir_in("/dev/shm").unwrap();
    let folder = folder.path();
    symlink("none", folder.join("link")).unwrap();
    leave(folder, &[spans(&["first"]), spans(&["second"; 20])]);
    for (out, reason) in [
        ("/dev/full", "No space left on device (os error 28)"),
        ("none/out", "No such file or directory (os error 2)"),
        ("link", "expected a file, found a link"),
    ] {
        let output = recover(folder, &["-o", out]);
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        let expected = format!(
            "error: {out}: cannot be written after 0 requests: {reason}; the others stay in telemetry\n"
        );
        assert_eq!(errors(&output), expected);
    }
    let (reader, writer) = io::pipe().unwrap();
    drop(reader);
    let output = Command::new(env!("CARGO_BIN_EXE_floe-trace"))
        .args(["recover", "telemetry"])
        .current_dir(folder)
        .stdout(writer)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let expected = "error: standard output: cannot be written after 0 requests: Broken pipe";
    assert!(errors(&output).starts_with(expected), "{output:?}");

    // There is room for the first line, and for a part of the second one.
    let limited = "trap '' XFSZ; ulimit -f 1; exec \"$0\" recover telemetry -o out.jsonl";
    let output = Command::new("sh")
        .args(["-c", limited, env!("CARGO_BIN_EXE_floe-trace")])
        .current_dir(folder)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let expected = "error: out.jsonl: cannot be written after 1 request: File too large";
    assert!(errors(&output).starts_with(expected), "{output:?}");
    let output = recover(folder, &["-o", "out.jsonl"]);
    let summary = "recovered 1 request of 1 ended process: 20 spans (0 of them open at the end), 0 damaged bytes\n";
    assert_eq!(errors(&output), summary);
    let written = fs::read_to_string(folder.join("out.jsonl")).unwrap();
    let [first, second] = *written.lines().collect::<Vec<_>>() else { panic!("{written}") };
    assert!(first.contains("first") && first.ends_with("]}"), "{first}");
    assert_eq!(second.matches("second").count(), 20, "{second}");
}

/// As on a full disk: no file may have a byte more.
#[test]
fn open_spans_need_no_room_in_the_folder() {
    let folder = tempfile::tempdir_in("/dev/shm").unwrap();
    let folder = folder.path();
    let stem = folder.join("telemetry/00-1");
    fs::create_dir(folder.join("telemetry")).unwrap();
    fs::write(stem.with_extension("lock"), "").unwrap();
    // A header, and a block with a place: the ids of a trace and a span, no parent, and a time.
    let mut file = vec![0; 2 * 65536];
    file[..8].copy_from_slice(b"floespn\x01");
    file[32] = 1;
    for (at, word) in [(0, 1_u64), (8, 1), (16, 7), (32, 100)] {
        file[65536 + at..65536 + at + 8].copy_from_slice(&word.to_ne_bytes());
    }
    fs::write(stem.with_extension("spans"), file).unwrap();
    let limited = "trap '' XFSZ; ulimit -f 0; exec \"$0\" recover telemetry $1";
    for (option, verb, left) in [("--keep", "read", 2), ("", "recovered", 0)] {
        let output = Command::new("sh")
            .args(["-c", limited, env!("CARGO_BIN_EXE_floe-trace"), option])
            .current_dir(folder)
            .output()
            .unwrap();
        let summary = format!(
            "{verb} 1 request of 1 ended process: 1 span (1 of them open at the end), 0 damaged bytes\n"
        );
        assert_eq!(errors(&output), summary);
        assert!(lines(&output)[0].contains("0700000000000000"), "{output:?}");
        assert_eq!(files(folder).len(), left);
    }
}

#[test]
fn a_folder_that_cannot_be_read_is_an_error() {
    let folder = tempfile::tempdir_in("/dev/shm").unwrap();
    let folder = folder.path();
    let telemetry = folder.join("telemetry");
    let unusable = |reason: &str| {
        let output = recover(folder, &[]);
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        let expected = format!("error: telemetry: cannot be read: {reason}");
        assert!(errors(&output).starts_with(&expected), "{output:?}");
    };
    unusable("No such file");
    fs::write(&telemetry, "").unwrap();
    unusable("Not a directory");
    fs::remove_file(&telemetry).unwrap();

    fs::create_dir(&telemetry).unwrap();
    let output = recover(folder, &["-o", "out.jsonl"]);
    assert!(output.status.success(), "{output:?}");
    assert_eq!(errors(&output), "found nothing in telemetry\n");
    assert!(!folder.join("out.jsonl").exists());

    leave(folder, &[spans(&["load"])]);
    for out in ["telemetry/out.jsonl", "./telemetry/../telemetry/out"] {
        let output = recover(folder, &["--out", out]);
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        let expected = "error: expected a file outside of the folder that is read, found ";
        assert!(errors(&output).starts_with(expected), "{output:?}");
    }
    assert_eq!(lines(&recover(folder, &[])).len(), 1);
}

#[test]
fn what_is_damaged_is_counted_and_left_out() {
    let folder = tempfile::tempdir_in("/dev/shm").unwrap();
    let folder = folder.path();
    leave(folder, &[spans(&["damaged"]), (Kind::Traces, vec![0xff; 3]), spans(&["whole"])]);
    let is_journal = |file: &PathBuf| file.extension().is_some_and(|it| it == "journal");
    let path = files(folder).into_iter().find(is_journal).unwrap();
    let mut bytes = fs::read(&path).unwrap();
    let at = bytes.windows(7).position(|it| it == b"damaged").unwrap();
    bytes[at] = b'D';
    fs::write(path, bytes).unwrap();
    // Another version.
    leave(folder, &[spans(&["later"])]);
    let mut journals: Vec<_> = files(folder).into_iter().filter(is_journal).collect();
    journals.sort();
    let mut bytes = fs::read(&journals[1]).unwrap();
    bytes[7] = 0xff;
    fs::write(&journals[1], bytes).unwrap();
    // Open spans that are cut off.
    let cut = folder.join("telemetry/00-1.spans");
    fs::write(&cut, b"floespn\x01").unwrap();
    fs::write(cut.with_extension("lock"), "").unwrap();

    let output = recover(folder, &[]);
    assert!(output.status.success(), "{output:?}");
    let [line] = &*lines(&output) else { panic!("{output:?}") };
    assert!(line.contains("whole"), "{line}");
    let errors = errors(&output);
    let [spans, note, summary] = *errors.lines().collect::<Vec<_>>() else { panic!("{output:?}") };
    let expected = "/00-1.spans`: expected at least 65536 bytes, found 8";
    assert!(spans.starts_with("note: `/") && spans.ends_with(expected), "{spans}");
    assert!(note.starts_with("note: `"), "{note}");
    assert!(note.ends_with("found another kind of file"), "{note}");
    let expected = "recovered 1 request of 1 ended process: 1 span (0 of them open at the end), ";
    let damaged = summary.strip_prefix(expected).unwrap();
    assert!(damaged != "0 damaged bytes" && damaged.ends_with(" damaged bytes"));
    assert!(files(folder).contains(&journals[1]));
}
