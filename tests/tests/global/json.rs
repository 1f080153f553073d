//! OTLP in JSON: in files and on standard output.
#![cfg(unix)]

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use floe_telemetry_otlp_file as _;

use floe_telemetry::config::ExporterKind;
use floe_telemetry::{
    MetricRecorder, TelemetryConfig, TelemetryProvider, add_event, create_span, init, traced,
};
use floe_tests::{Program, TIMEOUT, document, json_lines, program};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use serde_json::Value as Json;

use super::pipeline::start;

#[traced(attributes(table, rows = 3, ratio = f64::NAN, "tags" = ["a", "b"]))]
fn load(table: &str) -> Result<(), String> {
    add_event("retry", []);
    tracing::warn!(rows = 3, "loaded");
    MetricRecorder::new("orders").record_histogram("orders.duration", 1.5, &[]);
    Err(format!("no disk for \"{table}\""))
}

fn lines(path: &Path) -> Vec<Json> {
    let text = fs::read_to_string(path).unwrap();
    assert!(text.ends_with('\n'), "{}", path.display());
    json_lines(&text)
}

fn config(directory: &Path) -> TelemetryConfig {
    let mut config = TelemetryConfig::new("json");
    config.exporters.traces = Some(vec![ExporterKind::OtlpFile]);
    config.exporters.metrics = Some(vec![ExporterKind::OtlpFile]);
    config.exporters.logs = Some(vec![ExporterKind::OtlpFile]);
    config.exporters.directory = directory.into();
    config
}

#[alone]
fn a_file_stays_at_its_place_when_the_program_goes_elsewhere() {
    let before = tempfile::tempdir().unwrap();
    let after = tempfile::tempdir().unwrap();
    std::env::set_current_dir(&before).unwrap();
    let telemetry = start(config(Path::new("telemetry")));
    // A daemon changes its working directory in this way.
    std::env::set_current_dir(&after).unwrap();
    load("orders").unwrap_err();
    telemetry.force_flush(TIMEOUT).unwrap();
    let file = before.path().join("telemetry/traces.jsonl");
    assert_eq!(lines(&file).len(), 1);
    // A removed file is created again in the first directory, too.
    fs::remove_file(&file).unwrap();
    load("again").unwrap_err();
    telemetry.shutdown(TIMEOUT).unwrap();
    assert_eq!(lines(&file).len(), 1);
    assert_eq!(fs::read_dir(&after).unwrap().count(), 0);
}

#[alone]
fn a_configuration_file_names_the_file() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("traces.jsonl");
    let read = |stream: &str| {
        let exporter = format!("{{otlp_file/development: {{{stream}}}}}");
        let processor = format!("{{simple: {{exporter: {exporter}}}}}");
        let file = document(&format!(
            "file_format: '1.1'\ntracer_provider: {{processors: [{processor}]}}\n"
        ));
        TelemetryConfig::from_config_file(file.path()).unwrap()
    };

    for stream in ["", "output_stream: stdout"] {
        assert_eq!(read(stream).exporters.traces, Some(vec![ExporterKind::OtlpStdout]));
    }

    let telemetry = start(read(&format!("output_stream: 'file://{}'", path.display())));
    load("orders").unwrap_err();
    telemetry.shutdown(TIMEOUT).unwrap();
    assert_eq!(lines(&path).len(), 1);
}

#[alone]
fn each_signal_has_a_file_of_its_own() {
    let place = tempfile::tempdir().unwrap();
    let directory = place.path().join("below/telemetry");
    let telemetry = start(config(&directory));
    floe_telemetry::logs::configure_logging_with_writer(
        &floe_telemetry::config::LoggingConfig::default(),
        std::io::sink,
    )
    .unwrap();
    load("orders").unwrap_err();
    telemetry.force_flush(TIMEOUT).unwrap();
    load("again").unwrap_err();
    telemetry.shutdown(TIMEOUT).unwrap();

    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&directory), 0o700);
    for name in ["traces", "metrics", "logs"] {
        assert_eq!(mode(&directory.join(format!("{name}.jsonl"))), 0o600);
    }

    let traces = lines(&directory.join("traces.jsonl"));
    assert_eq!(traces.len(), 2, "each request is one line");
    let span = &traces[0]["resourceSpans"][0]["scopeSpans"][0]["spans"][0];
    assert_eq!(span["name"], "load");
    assert_eq!(span["kind"], 1);
    assert_eq!(span["traceId"].as_str().unwrap().len(), 32);
    assert!(span["startTimeUnixNano"].is_string());
    assert_eq!(span["status"]["code"], 2);
    let attributes = span["attributes"].as_array().unwrap();
    let rows = attributes.iter().find(|it| it["key"] == "rows").unwrap();
    assert_eq!(rows["value"]["intValue"], "3");
    // JSON has no number for NaN.
    let ratio = attributes.iter().find(|it| it["key"] == "ratio").unwrap();
    assert_eq!(ratio["value"], serde_json::json!({}));
    // `opentelemetry-proto` reads the line.
    let request: ExportTraceServiceRequest = serde_json::from_value(traces[1].clone()).unwrap();
    assert_eq!(request.resource_spans[0].scope_spans[0].spans[0].name, "load");

    let logs = lines(&directory.join("logs.jsonl"));
    let log = &logs[0]["resourceLogs"][0]["scopeLogs"][0]["logRecords"][0];
    assert_eq!(log["body"]["stringValue"], "loaded");
    assert_eq!(log["severityNumber"], 13);
    assert_eq!(log["spanId"], span["spanId"]);
    let metrics = fs::read_to_string(directory.join("metrics.jsonl")).unwrap();
    assert!(metrics.contains(r#""name":"orders.duration""#), "{metrics}");

    // Another provider appends to the file.
    let telemetry = start(config(&directory));
    drop(create_span("third"));
    telemetry.shutdown(TIMEOUT).unwrap();
    assert_eq!(lines(&directory.join("traces.jsonl")).len(), 3);
}

#[alone]
fn a_removed_file_is_created_again() {
    let place = tempfile::tempdir().unwrap();
    let directory = place.path().join("telemetry");
    let telemetry = start(config(&directory));
    let export = || {
        drop(create_span("work"));
        telemetry.force_flush(TIMEOUT)
    };

    let written = || lines(&directory.join("traces.jsonl")).len();
    export().unwrap();
    fs::remove_dir_all(&directory).unwrap();
    export().unwrap();
    assert_eq!(written(), 1);
    fs::rename(directory.join("traces.jsonl"), directory.join("other")).unwrap();
    export().unwrap();
    assert_eq!((written(), lines(&directory.join("other")).len()), (1, 1));
    // If the file cannot be created, the spans count as failed.
    fs::remove_dir_all(&directory).unwrap();
    fs::write(&directory, "a file").unwrap();
    let error = export().unwrap_err().to_string();
    assert!(error.contains("traces.jsonl`: "), "{error}");
    let statistics = telemetry.statistics();
    assert_eq!((statistics.exported, statistics.failed), (3, 1));
    fs::remove_file(&directory).unwrap();
    export().unwrap();
    assert_eq!(written(), 1);
    telemetry.shutdown(TIMEOUT).unwrap();
}

/// The file is open, but its path is no longer accessible, as after the process has changed its user.
#[cfg(target_os = "linux")]
#[test]
fn a_file_is_written_after_its_folder_becomes_inaccessible() {
    let program = program!({
        let place = tempfile::tempdir().unwrap();
        let telemetry = start(config(place.path()));
        let file = place.path().join("traces.jsonl");
        let set = |mode| fs::set_permissions(&place, fs::Permissions::from_mode(mode)).unwrap();
        set(0);
        let found = fs::metadata(&file);
        let written = [(); 2].map(|()| {
            drop(create_span("work"));
            telemetry.force_flush(TIMEOUT)
        });
        set(0o700);
        found.unwrap_err();
        written.into_iter().for_each(Result::unwrap);
        assert_eq!(lines(&file).len(), 2);
    });
    let mut child = program.command();
    if fs::metadata("/proc/self").unwrap().uid() == 0 {
        // The superuser may open everything, so the child gives up this right.
        let test = child;
        child = Command::new("setpriv");
        child
            .args(["--bounding-set", "-dac_override,-dac_read_search"])
            .arg(test.get_program())
            .args(test.get_args())
            .envs(test.get_envs().filter_map(|(name, value)| Some((name, value?))));
    }

    let output = child.output().unwrap();
    assert!(output.status.success(), "{output:?}");
}

/// Runs the program with a pipe as standard output. The pipe is read after the program's line on standard error.
#[cfg(target_os = "linux")]
fn through_a_full_pipe(program: &Program) -> String {
    let (mut reader, writer) = std::io::pipe().unwrap();
    let mut command = program.command();
    command
        .env("OTEL_TRACES_EXPORTER", "otlp/stdout")
        .env("OTEL_METRICS_EXPORTER", "none")
        .env("OTEL_LOGS_EXPORTER", "none")
        .env("OTEL_EXPORTER_OTLP_TIMEOUT", "30000");
    let mut child = command.stdout(writer).stderr(Stdio::piped()).spawn().unwrap();
    // The command holds the writer of the pipe.
    drop(command);
    let stderr = BufReader::new(child.stderr.take().unwrap());
    assert!(stderr.lines().map_while(Result::ok).any(|line| line.ends_with("printed")));
    let mut text = String::new();
    reader.read_to_string(&mut text).unwrap();
    assert!(child.wait().unwrap().success());
    text
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_pipe_does_not_delay_what_the_program_prints() {
    let program = program!({
        let telemetry = init().unwrap();
        for size in [100, 30_000] {
            for _ in 0..512 {
                create_span("work").set_attribute("text", "x".repeat(size));
            }
            // The exporter writes until the pipe is full, and then waits for a reader.
            let _ = telemetry.force_flush(Duration::from_millis(500));
            println!("program: {size}");
        }
        // Tells the test to read.
        eprintln!("printed");
        telemetry.force_flush(TIMEOUT).unwrap();
    });
    let stdout = through_a_full_pipe(&program);
    let spans = |line: &Json| {
        let spans = line["resourceSpans"][0]["scopeSpans"][0]["spans"].as_array()?;
        Some(spans.len())
    };

    let spans: usize = json_lines(&stdout).iter().filter_map(spans).sum();
    assert!(spans >= 512, "{spans}");
    assert!(stdout.contains("program: 100\n"));
    assert!(stdout.contains("program: 30000\n"));
}

#[alone]
fn a_place_that_is_not_writable_is_an_error_at_the_start() {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("file");
    fs::write(&file, "").unwrap();
    let error = TelemetryProvider::builder(config(&file)).initialize().unwrap_err().to_string();
    assert!(error.contains("exporters.traces: `otlp_file`"), "{error}");
    assert!(error.contains("/file`"), "{error}");

    fs::create_dir(place.path().join("traces.jsonl")).unwrap();
    let error =
        TelemetryProvider::builder(config(place.path())).initialize().unwrap_err().to_string();
    assert!(error.contains("traces.jsonl`: it is not a regular file"), "{error}");
}

#[test]
fn lines_go_to_the_standard_output() {
    let program = program!({
        let _telemetry = init().unwrap();
        load("orders").unwrap_err();
    });
    let (stdout, stderr) = program
        .run(&[("OTEL_TRACES_EXPORTER", "otlp/stdout"), ("OTEL_LOGS_EXPORTER", "otlp/stdout")]);
    assert!(stderr.lines().all(|line| line.starts_with('{')), "{stderr}");
    let lines = json_lines(&stdout);
    assert_eq!(lines.len(), 2, "{stdout}");
    let names: Vec<_> = lines.iter().flat_map(|it| it.as_object().unwrap().keys()).collect();
    assert!(names.iter().any(|name| *name == "resourceSpans"), "{names:?}");
    assert!(names.iter().any(|name| *name == "resourceLogs"), "{names:?}");
}
