//! `init`: what one call starts, and how it ends. Each case is a process.
#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "tests"
)]

use std::panic::catch_unwind;
use std::process::Command;
use std::time::Duration;

use floe_telemetry::{MetricRecorder, init, init_or_noop, propagation, traced};
use floe_tests::{Receiver, Value, is_child, run_in_child, tree};
use opentelemetry::global;
use opentelemetry::trace::Tracer as _;
use serde_json::Value as Json;
use tracing_subscriber::prelude::*;

#[traced(attributes(table))]
fn load(table: &str) {
    tracing::info!(rows = 3, "loaded");
    log::warn!("by log");
    tracing::debug!("detail");
    tracing::info_span!("query").in_scope(|| tracing::debug_span!("page").in_scope(|| ()));
    global::tracer("driver").in_span("send", |_| ());
    MetricRecorder::new("orders").increment("orders.loaded", 1, &[]);
}

/// The log lines that a child process of this test wrote, and its standard error.
fn run(test: &str, variables: &[(&str, &str)]) -> (Vec<Json>, String) {
    let (stdout, stderr) = run_in_child(test, variables);
    let lines = stdout.lines().filter(|line| line.starts_with('{'));
    let lines = lines.map(|line| serde_json::from_str(line).unwrap());
    (lines.collect(), stderr)
}

fn events(lines: &[Json]) -> Vec<&str> {
    lines
        .iter()
        .map(|line| line["event"].as_str().unwrap())
        .collect()
}

#[test]
fn one_call_starts_every_signal_and_the_guard_exports_them() {
    const TEST: &str = "init::one_call_starts_every_signal_and_the_guard_exports_them";
    if is_child() {
        let _telemetry = init().unwrap();
        load("orders");
        let mut carrier = std::collections::HashMap::<String, String>::new();
        let span = floe_telemetry::create_span("request");
        propagation::inject_context(&mut carrier);
        assert!(carrier.contains_key("traceparent"), "{carrier:?}");
        drop(span);
        return;
    }
    let receiver = Receiver::grpc();
    let (lines, stderr) = run(
        TEST,
        &[
            ("OTEL_SERVICE_NAME", "orders"),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", &receiver.endpoint()),
        ],
    );
    assert_eq!(stderr, "", "nothing is printed with an endpoint");
    let spans = receiver.spans();
    assert_eq!(tree(&spans), "load\n  query\n  send\n\nrequest");
    let loaded = spans.iter().find(|span| span.name == "load").unwrap();
    assert_eq!(loaded.attributes["table"], Value::from("orders"));
    assert_eq!(loaded.resource["service.name"], Value::from("orders"));
    assert_eq!(loaded.events.len(), 2, "{:?}", loaded.events);

    assert_eq!(events(&lines), ["loaded", "by log"]);
    assert_eq!(lines[0]["trace_id"], lines[1]["trace_id"]);
    assert_eq!(lines[0]["trace_id"].as_str().unwrap().len(), 32);
    let logs = receiver.logs();
    let bodies: Vec<_> = logs.iter().map(|log| log.body.clone().unwrap()).collect();
    assert_eq!(bodies, ["loaded".into(), Value::from("by log")]);

    let points = receiver.points();
    assert!(
        points.iter().any(|point| point.name == "orders.loaded"),
        "{points:?}"
    );
}

#[test]
fn variables_filter_lines_and_spans() {
    const TEST: &str = "init::variables_filter_lines_and_spans";
    if is_child() {
        let _telemetry = init().unwrap();
        load("orders");
        return;
    }
    let run = |variables: &[(&str, &str)]| {
        let receiver = Receiver::grpc();
        let endpoint = receiver.endpoint();
        let mut all = vec![("OTEL_EXPORTER_OTLP_ENDPOINT", &*endpoint)];
        all.extend(variables);
        let (lines, stderr) = run(TEST, &all);
        let of_test = lines.iter().filter(|line| line["target"] == "global::init");
        let count = of_test.count();
        (count, tree(&receiver.spans()), stderr)
    };
    let all = "load\n  query\n    page\n  send".to_owned();
    let default = "load\n  query\n  send".to_owned();
    let neither = "load\n  send".to_owned();

    let directives = "error,global::init=debug,[span]=off";
    let (lines, spans, stderr) = run(&[("RUST_LOG", directives)]);
    assert_eq!((lines, spans), (3, all.clone()));
    let warning = "warning: RUST_LOG: found `[span]=off`, which filters by span or field, \
         accepted are a level, `target=level` or a target; the entry is ignored\n";
    assert_eq!(stderr, warning);

    assert_eq!(run(&[("RUST_LOG", "warn")]), (1, neither, String::new()));
    let both = [("RUST_LOG", "debug"), ("FLOE_LOG_LEVEL", "error")];
    assert_eq!(run(&both), (0, all, String::new()));
    let both = [("RUST_LOG", "debug"), ("FLOE_SPAN_FILTER", "info")];
    assert_eq!(run(&both), (3, default, String::new()));
}

#[test]
fn traces_are_printed_on_a_terminal_only() {
    const TEST: &str = "init::traces_are_printed_on_a_terminal_only";
    if is_child() {
        let telemetry = init().unwrap();
        assert!(!telemetry.is_noop());
        load("orders");
        return;
    }
    let (lines, stderr) = run(TEST, &[]);
    assert_eq!(events(&lines), ["loaded", "by log"]);
    assert_eq!(lines[0]["trace_id"].as_str().unwrap().len(), 32);
    assert_eq!(stderr, "");

    let executable = std::env::current_exe().unwrap();
    let command = format!("'{}' --exact {TEST} --nocapture", executable.display());
    let terminal = Command::new("script")
        .args(["--quiet", "--return", "--command", &command, "/dev/null"])
        .env("FLOE_TEST_CHILD", "1")
        .env("NO_COLOR", "1")
        .output()
        .unwrap();
    let screen = String::from_utf8(terminal.stdout).unwrap();
    assert!(terminal.status.success(), "{screen}");
    assert!(screen.contains("· 3 spans"), "{screen}");
    assert!(
        screen.contains("INFO  global::init: loaded rows=3"),
        "{screen}"
    );
}

#[test]
fn a_second_call_fails_and_the_other_form_does_not() {
    const TEST: &str = "init::a_second_call_fails_and_the_other_form_does_not";
    if is_child() {
        let telemetry = init().unwrap();
        assert!(init().unwrap_err().is_state());
        let second = init_or_noop();
        assert!(second.is_noop());
        drop(second);
        drop(floe_telemetry::create_span("after the second"));
        telemetry.force_flush(Duration::from_secs(20)).unwrap();
        assert_eq!(telemetry.statistics().exported, 1);
        drop(telemetry);
        assert!(!init_or_noop().is_noop());
        return;
    }
    let receiver = Receiver::grpc();
    let endpoint = receiver.endpoint();
    let (lines, stderr) = run(TEST, &[("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint)]);
    assert_eq!(stderr, "");
    assert_eq!(
        events(&lines),
        [
            "telemetry configuration: nothing is recorded: a telemetry provider is in use: \
             shut it down before another is initialized"
        ]
    );
}

#[test]
fn an_exporter_that_cannot_be_created_is_an_error() {
    const TEST: &str = "init::an_exporter_that_cannot_be_created_is_an_error";
    if is_child() {
        let error = init().unwrap_err();
        assert!(error.is_config(), "{error}");
        assert!(error.to_string().contains("/no/such/file"), "{error}");
        assert!(init_or_noop().is_noop());
        load("orders");
        return;
    }
    let (lines, _) = run(
        TEST,
        &[
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1"),
            (
                "OTEL_EXPORTER_OTLP_HEADERS",
                "authorization=${file:/no/such/file}",
            ),
        ],
    );
    assert_eq!(lines.len(), 3, "{lines:?}");
    assert_eq!(
        events(&lines)[1..],
        ["loaded", "by log"],
        "lines are written"
    );
}

#[test]
fn the_exit_of_a_process_exports() {
    const TEST: &str = "init::the_exit_of_a_process_exports";
    if is_child() {
        let _telemetry = init().unwrap();
        load("orders");
        std::process::exit(0);
    }
    let receiver = Receiver::grpc();
    let endpoint = receiver.endpoint();
    run(TEST, &[("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint)]);
    assert_eq!(tree(&receiver.spans()), "load\n  query\n  send");
}

#[test]
fn a_receiver_that_does_not_answer_does_not_hold_the_guard() {
    const TEST: &str = "init::a_receiver_that_does_not_answer_does_not_hold_the_guard";
    if is_child() {
        let telemetry = init().unwrap();
        let telemetry = telemetry.with_shutdown_timeout(Duration::from_secs(1));
        load("orders");
        let start = std::time::Instant::now();
        drop(telemetry);
        assert!(start.elapsed() < Duration::from_secs(5));
        return;
    }
    // Accepts connections, and never answers.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", silent.local_addr().unwrap());
    let (lines, _) = run(TEST, &[("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint)]);
    let errors: Vec<_> = lines
        .iter()
        .filter_map(|line| line["error"].as_str())
        .collect();
    let is_complete = |error: &str| error.contains(&endpoint) && error.contains("no response");
    assert!(errors.iter().any(|error| is_complete(error)), "{lines:?}");
}

#[test]
fn a_panic_is_logged_in_its_span() {
    const TEST: &str = "init::a_panic_is_logged_in_its_span";
    if is_child() {
        let _telemetry = init().unwrap();
        let span = floe_telemetry::create_span("request");
        let caught = catch_unwind(|| panic!("no connection to postgresql://shop:hunter2@db/x"));
        caught.unwrap_err();
        drop(span);
        return;
    }
    let receiver = Receiver::grpc();
    let endpoint = receiver.endpoint();
    let (lines, stderr) = run(TEST, &[("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint)]);
    assert!(
        stderr.contains("no connection to"),
        "the hook of the standard library"
    );
    assert_eq!(events(&lines), ["a thread panicked"]);
    let line = &lines[0];
    assert_eq!(line["level"], "error");
    assert_eq!(line["exception.type"], "panic");
    assert_eq!(
        line["exception.message"],
        "no connection to postgresql://<REDACTED>@db/x"
    );
    assert_eq!(line["code.file.path"], file!());
    assert!(line["trace_id"].is_string());
    assert_eq!(receiver.logs()[0].body, Some("a thread panicked".into()));
    let spans = receiver.spans();
    assert_eq!(spans[0].events, [], "the span is not ended by the panic");
}

#[test]
fn a_subscriber_of_the_program_stays() {
    const TEST: &str = "init::a_subscriber_of_the_program_stays";
    if is_child() {
        let layer = tracing_subscriber::fmt::layer().without_time();
        tracing_subscriber::registry().with(layer).init();
        let _telemetry = init().unwrap();
        load("orders");
        println!("done");
        return;
    }
    let receiver = Receiver::grpc();
    let endpoint = receiver.endpoint();
    let (stdout, _) = run_in_child(
        TEST,
        &[
            ("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint),
            ("NO_COLOR", "1"),
        ],
    );
    let warning =
        "the process already has a global `tracing` subscriber: its spans are recorded only if";
    assert_eq!(stdout.matches(warning).count(), 1, "{stdout}");
    assert!(
        stdout.contains("INFO global::init: loaded rows=3"),
        "{stdout}"
    );
    assert_eq!(tree(&receiver.spans()), "load\n  send");
}
