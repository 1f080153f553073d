//! The effects of `init`, and the end of the telemetry that it starts. Each case runs in its own process.
#![cfg(unix)]

use std::panic::catch_unwind;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};

use super::no_exporter::LINE as NO_EXPORTER;
use floe_telemetry::config::{ExporterKind, LoggingConfig};
use floe_telemetry::exporter::MemoryExporter;
use floe_telemetry::{
    EndingSpan, MetricRecorder, TelemetryConfig, TelemetryProvider, builder, init, init_or_noop,
    init_with, logs, propagation, traced,
};
use floe_tests::{Program, Receiver, TIMEOUT, json_lines, program, tree};
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

/// Runs a child process, and returns its log lines and the rest of its standard error. Standard output has no log line.
fn run(program: &Program, variables: &[(&str, &str)]) -> (Vec<Json>, String) {
    lines_of(program.run(variables))
}

fn lines_of((stdout, stderr): (String, String)) -> (Vec<Json>, String) {
    assert!(!stdout.contains('{'), "{stdout}");
    let rest = stderr.split_inclusive('\n').filter(|line| !line.starts_with('{'));
    (json_lines(&stderr), rest.collect())
}

fn events(lines: &[Json]) -> Vec<&str> {
    lines.iter().map(|line| line["event"].as_str().unwrap()).collect()
}

#[test]
fn one_call_starts_every_signal_and_the_guard_exports_them() {
    static HOOKED: AtomicBool = AtomicBool::new(false);

    let program = program!({
        std::panic::set_hook(Box::new(|_| HOOKED.store(true, Ordering::Relaxed)));
        let _telemetry = start_form();
        load("orders");
        let mut carrier = std::collections::HashMap::<String, String>::new();
        let span = floe_telemetry::create_span("request");
        propagation::inject_context(&mut carrier);
        assert!(carrier.contains_key("traceparent"), "{carrier:?}");
        let caught = catch_unwind(|| panic!("no connection to postgresql://shop:hunter2@db/x"));
        caught.unwrap_err();
        assert!(HOOKED.load(Ordering::Relaxed), "the hook of the program has run");
        drop(span);
    });
    for form in FORMS {
        let receiver = Receiver::grpc();
        let variables = [("OTEL_SERVICE_NAME", "orders"), (FORM, form)];
        let (lines, stderr) = lines_of(program.against(&receiver, &variables));
        assert_eq!(stderr, "", "with an endpoint, `init` prints nothing");
        assert_every_signal(&receiver, &lines);
    }
}

fn assert_every_signal(receiver: &Receiver, lines: &[Json]) {
    assert_eq!(tree(&receiver.spans()), "load\n  query\n  send\n\nrequest");
    let loaded = receiver.span("load");
    assert_eq!(loaded.attributes["table"], "orders");
    assert_eq!(loaded.resource["service.name"], "orders");
    assert_eq!(loaded.events, [], "events are log records");

    let expected = ["loaded", "by log", "a thread panicked"];
    assert_eq!(events(lines), expected);
    assert_eq!(lines[0]["trace_id"], lines[1]["trace_id"]);
    assert_eq!(lines[0]["trace_id"].as_str().unwrap().len(), 32);
    let panic = &lines[2];
    assert_eq!(panic["level"], "error");
    assert_eq!(panic["exception.type"], "panic");
    assert_eq!(panic["exception.message"], "no connection to postgresql://<REDACTED>@db/x");
    assert_eq!(panic["code.file.path"], file!());
    let request = receiver.span("request");
    assert_eq!(panic["span_id"], request.span_id);
    assert_eq!(request.events, [], "the span is not ended by the panic");
    let logs = receiver.logs();
    let bodies: Vec<_> = logs.iter().map(|log| log.body.clone().unwrap()).collect();
    assert_eq!(bodies, expected.map(Json::from));

    let points = receiver.points();
    assert!(points.iter().any(|point| point.name == "orders.loaded"), "{points:?}");
}

#[test]
fn variables_filter_lines_and_spans() {
    let program = program!({
        let _telemetry = init().unwrap();
        load("orders");
    });
    let all = "load\n  query\n    page\n  send";
    let warning = "warning: RUST_LOG: entry 3: expected a level, `target=level` or a target, found `[span=off`, which filters by \
         span or field; the entry is ignored\n";
    for (variables, lines, spans, rest) in [
        (&[("RUST_LOG", "error,global::init=debug,[span=off")][..], 3, all, warning),
        (&[("RUST_LOG", "warn")], 1, "load\n  query\n  send", ""),
        (&[("RUST_LOG", "off")], 0, "load\n  query\n  send", ""),
        (&[("RUST_LOG", "other=trace")], 0, "load\n  query\n  send", ""),
        (&[("FLOE_SPAN_FILTER", "warn")], 2, "send", ""),
        (&[("RUST_LOG", "debug"), ("FLOE_LOG_LEVEL", "error")], 0, all, ""),
        (&[("RUST_LOG", "debug"), ("FLOE_SPAN_FILTER", "info")], 3, "load\n  query\n  send", ""),
    ] {
        let receiver = Receiver::grpc();
        let (found, stderr) = lines_of(program.against(&receiver, variables));
        let of_test = found.iter().filter(|line| line["target"] == "global::init");
        assert_eq!(of_test.count(), lines, "{variables:?}");
        assert_eq!(tree(&receiver.spans()), spans, "{variables:?}");
        assert_eq!(stderr, rest, "{variables:?}");
    }
}

#[test]
fn traces_are_printed_on_a_terminal_only() {
    let program = program!({
        let telemetry = start_form();
        assert!(!telemetry.is_noop());
        load("orders");
    });
    for form in FORMS {
        let (lines, stderr) = run(&program, &[(FORM, form)]);
        assert_eq!(events(&lines), ["loaded", "by log"]);
        assert_eq!(lines[0]["trace_id"].as_str().unwrap().len(), 32);
        assert_eq!(stderr, NO_EXPORTER);

        let child = program.command();
        let executable = child.get_program().display();
        let command = format!("'{executable}' --exact {} --nocapture", program.test());
        let terminal = Command::new("script")
            .args(["--quiet", "--return", "--command", &command, "/dev/null"])
            .env("FLOE_TEST_CHILD", "1")
            .env(FORM, form)
            .env("NO_COLOR", "1")
            .output()
            .unwrap();
        let screen = String::from_utf8(terminal.stdout).unwrap();
        assert!(terminal.status.success(), "{screen}");
        assert!(screen.contains("· 3 spans"), "{screen}");
        assert!(screen.contains("INFO  global::init: loaded rows=3"), "{screen}");
    }
}

#[test]
fn a_second_subscriber_or_logger_names_the_first() {
    let program = program!({
        let _telemetry = init().unwrap();
        if std::env::var_os("LOGGER").is_some() {
            tracing_log::LogTracer::init().unwrap();
        }
        tracing_subscriber::fmt::init();
    });
    let hint = "error: `init` installs the `tracing` subscriber and the `log` logger of the process: remove the \
                program's own, or start with `builder().without_subscriber()`\n";
    for variables in [vec![], vec![("LOGGER", "1")]] {
        let ended = program.command().envs(variables).output().unwrap();
        assert!(!ended.status.success(), "{ended:?}");
        let stderr = String::from_utf8_lossy(&ended.stderr);
        assert_eq!(stderr.matches(hint).count(), 1, "{stderr}");
    }
}

#[test]
fn a_second_init_fails_and_init_or_noop_does_not() {
    let program = program!({
        let telemetry = init().unwrap();
        assert!(init().unwrap_err().is_state());
        let second = init_or_noop();
        assert!(second.is_noop());
        drop(second);
        drop(floe_telemetry::create_span("after the second"));
        telemetry.force_flush(TIMEOUT).unwrap();
        assert_eq!(telemetry.statistics().exported, 1);
        drop(telemetry);
        assert!(!init_or_noop().is_noop());
    });
    let receiver = Receiver::grpc();
    let (lines, stderr) = lines_of(program.against(&receiver, &[]));
    assert_eq!(stderr, "");
    assert_eq!(
        events(&lines),
        ["nothing is recorded: a telemetry provider is in use: \
             shut it down before another is initialized"]
    );
}

#[test]
fn a_panic_is_written_once_and_redacted_on_request() {
    let program = program!({
        std::panic::set_hook(Box::new(|_| eprintln!("the hook of the program")));
        let _telemetry = builder()
            .configure(|config| config.redaction.patterns.push("CUST-[0-9]+".to_owned()))
            .init()
            .unwrap();
        let panics = || panic!("no password=hunter2\x1b[2J\nfor CUST-4711");
        std::thread::spawn(panics).join().unwrap_err();
    });
    let redacted = ("FLOE_PANIC_OUTPUT", "redacted");
    let message = "no password=<REDACTED>\\u{1b}[2J\nfor <REDACTED>\n";
    let run = |variables: &[(&str, &str)]| {
        let receiver = Receiver::grpc();
        let (stdout, stderr) = program.against(&receiver, &[&[redacted], variables].concat());
        for text in [&stdout, &stderr] {
            assert!(!text.contains("hunter2"), "{text}");
            assert!(!text.contains("CUST-4711"), "{text}");
            assert!(!text.contains("the hook of the program"), "{text}");
        }

        receiver.log("a thread panicked");
        (stdout, stderr)
    };

    let quiet = ("RUST_BACKTRACE", "0");
    // Standard error gets the log line of the panic.
    let (_, stderr) = run(&[quiet]);
    let line: Json = serde_json::from_str(&stderr).unwrap();
    assert_eq!(line["event"], "a thread panicked");
    assert_eq!(line["exception.message"], "no password=<REDACTED>\u{1b}[2J\nfor <REDACTED>");
    assert_eq!(line.get("thread.name"), None);
    // If log lines go elsewhere, standard error gets plain text.
    for output in ["stdout", "none"] {
        let (stdout, stderr) = run(&[quiet, ("FLOE_LOG_OUTPUT", output)]);
        let start = format!("\npanicked at {}:", file!());
        assert!(stderr.starts_with(&start), "{stderr}");
        assert!(stderr.ends_with(&format!(":\n{message}")), "{stderr}");
        let lines = stdout.matches("a thread panicked").count();
        assert_eq!(lines, usize::from(output == "stdout"), "{stdout}");
    }

    for (style, paths) in [("1", false), ("full", true)] {
        let (_, stderr) = run(&[("RUST_BACKTRACE", style), ("FLOE_LOG_OUTPUT", "none")]);
        let (_, stack) = stderr.split_once(&format!("{message}stack backtrace:\n")).unwrap();
        assert!(stack.contains("a_panic_is_written_once"), "{stack}");
        assert_eq!(stack.contains(" - "), paths, "{stack}");
    }
}

/// A value whose `Debug` is a mistake of the program.
struct Bad;

impl std::fmt::Debug for Bad {
    fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        panic!("no text")
    }
}

/// A layer of the program that panics under its own lock, once.
struct Counting(std::sync::Mutex<u32>);

impl<S: tracing::Subscriber> tracing_subscriber::Layer<S> for Counting {
    fn on_event(&self, event: &tracing::Event<'_>, _: tracing_subscriber::layer::Context<'_, S>) {
        let mut events = self.0.lock().unwrap();
        *events += 1;
        assert_ne!(event.metadata().name(), "bad", "{events}");
    }
}

/// A layer of the program that panics at each error.
struct Strict;

impl<S: tracing::Subscriber> tracing_subscriber::Layer<S> for Strict {
    fn on_event(&self, event: &tracing::Event<'_>, _: tracing_subscriber::layer::Context<'_, S>) {
        assert_ne!(*event.metadata().level(), tracing::Level::ERROR);
    }
}

/// Keeps the events of transports from the layers, which would panic on the threads of exporters, too.
const INFO: tracing::level_filters::LevelFilter = tracing::level_filters::LevelFilter::INFO;

/// Runs `work`, which panics, on a thread, and checks that the thread ends and the program continues.
fn panic_on_a_thread(work: fn()) {
    std::thread::spawn(work).join().unwrap_err();
    println!("the program continues");
}

/// Checks that a program lives, and that its panics are lines and records.
fn assert_lives(program: &Program, panics: usize) {
    let receiver = Receiver::grpc();
    let (stdout, stderr) = program.against(&receiver, &[("FLOE_LOG_JSON", "true")]);
    assert_eq!(stdout.matches("the program continues").count(), panics, "{stderr}");
    assert_eq!(stderr.matches("\"event\":\"a thread panicked\"").count(), panics, "{stderr}");

    let records = receiver.logs();
    let of_panics = records.iter().filter(|it| it.body == Some("a thread panicked".into()));
    assert_eq!(of_panics.count(), panics, "{stderr}");
}

/// `fmt` formats fields under the lock of the span, which an event in the panic hook would wait for.
#[test]
fn a_panic_of_a_value_under_the_lock_of_a_layer_of_the_program_hangs_nothing() {
    let program = program!({
        let lines = tracing_subscriber::fmt::layer().with_writer(std::io::sink);
        let _telemetry = builder().with_layer(lines.with_filter(INFO)).init().unwrap();
        panic_on_a_thread(|| {
            let span = tracing::info_span!("request", user = tracing::field::Empty);
            let _entered = span.enter();
            span.record("user", tracing::field::debug(Bad));
        });
    });
    assert_lives(&program, 1);
}

#[test]
fn a_layer_of_the_program_with_a_lock_neither_hangs_nor_aborts_a_panic() {
    let program = program!({
        let layer = Counting(std::sync::Mutex::default());
        let _telemetry = builder().with_layer(layer.with_filter(INFO)).init().unwrap();
        panic_on_a_thread(|| tracing::info!(name: "bad", "under the lock"));
        // From here on, the lock is poisoned.
        panic_on_a_thread(|| panic!("another one"));
    });
    assert_lives(&program, 2);
}

#[test]
fn a_layer_of_the_program_that_panics_at_an_error_does_not_abort() {
    let program = program!({
        let _telemetry = builder().with_layer(Strict).init().unwrap();
        panic_on_a_thread(|| tracing::error!(name: "strict", "of the program"));
    });
    assert_lives(&program, 1);
}

/// With a subscriber of the program without our lines, the previous hook alone writes the panic, and its record is
/// exported.
#[test]
fn a_panic_below_a_subscriber_of_the_program_is_exported() {
    let program = program!({
        tracing_subscriber::registry().with(Strict).init();
        let _telemetry = init().unwrap();
        panic_on_a_thread(|| panic!("password=hunter2"));
    });
    let receiver = Receiver::grpc();
    let (_, stderr) = program.against(&receiver, &[]);
    assert!(!stderr.contains("a thread panicked"), "{stderr}");
    let record = receiver.log("a thread panicked");
    assert_eq!(record.attributes["exception.message"], "password=<REDACTED>");
}

/// A layer for lines in the program's own subscriber gets the panic as a line, too.
#[test]
fn a_panic_is_a_line_of_the_layer_in_a_subscriber_of_the_program() {
    let program = program!({
        let lines = logs::layer(&LoggingConfig::default());
        tracing_subscriber::registry().with(Strict).with(lines.unwrap()).init();
        let _telemetry = init().unwrap();
        panic_on_a_thread(|| panic!("no text"));
    });
    assert_lives(&program, 1);
}

#[test]
fn a_subscriber_of_the_program_is_kept() {
    let program = program!({
        let layer = tracing_subscriber::fmt::layer().without_time();
        tracing_subscriber::registry().with(layer).init();
        let _telemetry = init().unwrap();
        load("orders");
        println!("done");
    });
    let receiver = Receiver::grpc();
    let (stdout, _) = program.against(&receiver, &[("NO_COLOR", "1")]);
    let warning =
        "the process already has a global `tracing` subscriber: its spans are recorded only if";
    assert_eq!(stdout.matches(warning).count(), 1, "{stdout}");
    assert!(stdout.contains("INFO global::init: loaded rows=3"), "{stdout}");
    assert_eq!(tree(&receiver.spans()), "load\n  send");
}

#[test]
fn a_start_is_no_event_for_a_subscriber_without_a_filter() {
    let program = program!({
        let lines = tracing_subscriber::fmt::layer();
        tracing_subscriber::registry().with(floe_telemetry::tracing_layer()).with(lines).init();
        drop(init().unwrap());
    });
    let (stdout, stderr) = program.run(&[]);
    assert!(!stdout.contains("DEBUG"), "{stdout}");
    assert!(!stdout.contains("INFO"), "{stdout}");
    assert_eq!(stderr, "");
}

#[test]
fn a_request_is_no_event_for_a_subscriber_without_a_filter() {
    let program = program!({
        let lines = tracing_subscriber::fmt::layer().with_ansi(false);
        tracing_subscriber::registry().with(floe_telemetry::tracing_layer()).with(lines).init();
        let _telemetry = init().unwrap();
        load("orders");
    });
    for receiver in [Receiver::http(), Receiver::grpc()] {
        let (stdout, stderr) = program.against(&receiver, &[]);
        // Another crate may turn on the events of OpenTelemetry's SDK, `internal-logs`.
        let is_foreign = |it: &&str| {
            let is_known = it.contains("global::init") || it.contains(" opentelemetry_sdk: ");
            !is_known && (it.contains("DEBUG") || it.contains("TRACE"))
        };
        let lines: Vec<_> = stdout.lines().filter(is_foreign).collect();
        assert_eq!(lines, Vec::<&str>::new());
        assert_eq!(stderr, "");
        assert_eq!(receiver.span("load").name, "load");
    }
}

/// README's two lines in a program with the usual filter of lines. A warning that no layer reads is a line.
#[test]
fn warnings_and_spans_that_a_filter_of_the_program_excludes_are_reported() {
    let program = program!({
        let lines = tracing_subscriber::fmt::layer().without_time().with_writer(std::io::sink);
        let filter = tracing_subscriber::EnvFilter::from_default_env();
        let registry = tracing_subscriber::registry();
        let spans = floe_telemetry::tracing_layer();
        match std::env::var(FORM).as_deref() {
            Ok("of lines") => registry.with(spans).with(lines.with_filter(filter)).init(),
            Ok("of spans") => registry.with(spans.with_filter(filter)).init(),
            _ => registry.with(spans).with(lines).with(filter).init(),
        }
        let _telemetry = init().unwrap();
        load("orders");
    });
    let excluded = "warning: spans of `tracing` at the level `info` are not recorded, except from targets that a \
                    filter of the program's `tracing` subscriber names: add `info` to `RUST_LOG`, or move the \
                    filter to the layer of log lines with `with_filter`\n";
    let unknown =
        "warning: OTEL_BSP_MAX_QUEUE: unknown variable; did you mean `OTEL_BSP_MAX_QUEUE_SIZE`?\n";
    let none = "load\n  send";
    let all = "load\n  query\n  send";
    let lines = (FORM, "of lines");
    let spans = (FORM, "of spans");
    let typed = ("OTEL_BSP_MAX_QUEUE", "1");
    for (variables, recorded, expected) in [
        (&[][..], none, excluded),
        (&[("RUST_LOG", "off")], none, excluded),
        (&[("RUST_LOG", "info"), typed], all, ""),
        (&[("RUST_LOG", "global=info")], all, excluded),
        (&[lines, typed], "load\n  query\n    page\n  send", unknown),
        (&[spans], none, ""),
        (&[spans, ("RUST_LOG", "info"), typed], all, unknown),
    ] {
        let receiver = Receiver::grpc();
        let (_, stderr) = program.against(&receiver, variables);
        assert_eq!(tree(&receiver.spans()), recorded, "{variables:?}");
        assert_eq!(stderr, expected, "{variables:?}");
    }

    let receiver = Receiver::grpc();
    let (_, stderr) = program.against(&receiver, &[("OTEL_LOG_LEVEL", "error"), typed]);
    assert_eq!(stderr, "");
}

#[test]
fn a_subscriber_of_the_program_gets_the_records_of_log() {
    let program = program!({
        let lines = logs::layer(&LoggingConfig::default()).unwrap();
        let subscriber = tracing_subscriber::registry().with(lines);
        tracing::subscriber::set_global_default(subscriber).unwrap();
        let _telemetry = init().unwrap();
        log::info!("by log");
        log::debug!("not by log");
    });
    let (_, stderr) = program.run(&[]);
    assert_eq!(stderr.matches("by log").count(), 1, "{stderr}");
}

const FORM: &str = "FLOE_TEST_FORM";

/// The calls that read the configuration from the environment.
const FORMS: [&str; 4] = ["init", "init_with", "builder", "the builder of a provider"];

fn start_form() -> TelemetryProvider {
    let started = match std::env::var(FORM).unwrap().as_str() {
        "init" => init(),
        "init_with" => init_with(from_env()),
        "builder" => builder().init(),
        "the builder of a provider" => TelemetryProvider::builder(from_env()).init(),
        form => panic!("{form}"),
    };

    started.unwrap()
}

fn from_env() -> TelemetryConfig {
    TelemetryConfig::from_env().unwrap()
}

#[test]
fn variables_filter_a_configuration_in_code_where_it_has_the_default() {
    let program = program!({
        let mut config = TelemetryConfig::new("orders");
        config.exporters.traces = Some(vec![ExporterKind::None]);
        if let Ok(level) = std::env::var("FLOE_TEST_LEVEL") {
            config.logging.log_level = level;
        }
        let _telemetry = init_with(config).unwrap();
        load("orders");
    });
    for (variables, expected) in [
        (&[][..], 2),
        (&[("RUST_LOG", "error,global::init=debug")], 3),
        (&[("FLOE_LOG_LEVEL", "WARNING")], 1),
        (&[("RUST_LOG", "debug"), ("FLOE_LOG_LEVEL", "INFO")], 2),
        (&[("RUST_LOG", "debug"), ("FLOE_TEST_LEVEL", "WARNING")], 1),
        (&[("FLOE_LOG_LEVEL", "DEBUG"), ("FLOE_TEST_LEVEL", "WARNING")], 1),
    ] {
        let (lines, stderr) = run(&program, variables);
        assert_eq!((lines.len(), &*stderr), (expected, ""), "{variables:?}");
    }

    let invalid = [("RUST_LOG", "error"), ("FLOE_LOG_LEVEL", "orders=lots")];
    let (lines, stderr) = run(&program, &invalid);
    assert_eq!(lines.len(), 0, "{stderr}");
    assert_eq!(stderr.matches("FLOE_LOG_LEVEL").count(), 1, "{stderr}");
}

#[test]
fn the_builder_takes_layers_exporters_processors_samplers_and_settings() {
    let program = program!({
        let memory = MemoryExporter::new();
        let fmt = tracing_subscriber::fmt::layer()
            .without_time()
            .with_ansi(false)
            .with_filter(tracing::level_filters::LevelFilter::WARN);
        let errors = tracing_subscriber::fmt::layer()
            .without_time()
            .with_ansi(false)
            .with_writer(std::io::stderr)
            .with_filter(tracing::level_filters::LevelFilter::ERROR);
        let telemetry = builder()
            .configure(|config| {
                config.otlp_endpoint = Some(std::env::var("FLOE_TEST_ENDPOINT").unwrap());
                config.resource_attributes.service_name = "checkout".to_owned();
                config.span_attributes.insert("team".to_owned(), "sales".to_owned());
                config.redaction.patterns.push("CUST-[0-9]+".to_owned());
            })
            .with_layer(fmt)
            .with_layer(errors)
            .with_span_exporter(memory.clone())
            .with_span_processor(|span: &mut EndingSpan<'_>| span.set_attribute("seen", true))
            .with_sampler(opentelemetry_sdk::trace::Sampler::AlwaysOn)
            .init()
            .unwrap();
        load("CUST-4711");
        tracing::error!("to both");
        drop(telemetry);
        let spans = memory.spans();
        assert_eq!(spans.len(), 3, "{spans:?}");
    });
    let receiver = Receiver::http();
    let (stdout, stderr) = program.run(&[("FLOE_TEST_ENDPOINT", &receiver.endpoint())]);
    assert!(stdout.contains(" WARN global::init: by log"), "{stdout}");
    assert!(!stdout.contains("INFO"), "the layer has a filter of its own: {stdout}");
    assert!(
        stderr.contains("\"event\":\"loaded\""),
        "log lines have a filter of their own, too: {stderr}"
    );

    assert!(stderr.contains("\nERROR global::init: to both\n"), "{stderr}");
    let spans = receiver.spans();
    assert_eq!(tree(&spans), "load\n  query\n  send");
    for span in &spans {
        assert_eq!(span.resource["service.name"], "checkout");
        assert_eq!(span.attributes["team"], "sales");
        assert_eq!(span.attributes["seen"], true);
    }

    assert_eq!(receiver.span("load").attributes["table"], "<REDACTED>");
}

/// A filter that is added as a layer refuses events for the whole subscriber, as in any subscriber of `tracing`.
#[test]
fn a_filter_as_a_layer_holds_for_log_lines() {
    let program = program!({
        let telemetry =
            builder().with_layer(tracing::level_filters::LevelFilter::WARN).init().unwrap();
        tracing::info!("refused");
        tracing::warn!("accepted");
        drop(telemetry);
    });
    let (_, stderr) = program.run(&[("OTEL_TRACES_EXPORTER", "none")]);
    assert!(stderr.contains("\"event\":\"accepted\""), "{stderr}");
    assert!(!stderr.contains("refused"), "{stderr}");
}

#[alone]
fn a_layer_that_cannot_be_installed_is_an_error() {
    let layer = tracing_subscriber::fmt::layer;
    let config = || TelemetryConfig::new("orders");
    let builder = TelemetryProvider::builder(config()).with_layer(layer());
    let error = builder.initialize().unwrap_err();
    assert!(error.is_state(), "{error}");
    assert!(error.to_string().contains("found `initialize`"), "{error}");

    tracing_subscriber::registry().init();
    let builder = TelemetryProvider::builder(config()).with_layer(layer());
    let error = builder.init().unwrap_err();
    assert!(error.is_state(), "{error}");
    let expected = "expected no global `tracing` subscriber, found one";
    assert!(error.to_string().contains(expected), "{error}");
    assert!(!init_with(config()).unwrap().is_noop());
}

#[test]
fn a_program_can_refuse_the_subscriber() {
    let program = program!({
        let telemetry = builder().without_subscriber().init().unwrap();
        load("orders");
        drop(telemetry);
        assert!(!tracing::dispatcher::has_been_set());
    });
    let receiver = Receiver::grpc();
    let (lines, stderr) = lines_of(program.against(&receiver, &[]));
    assert_eq!((lines, stderr), (Vec::new(), String::new()));
    assert_eq!(tree(&receiver.spans()), "load\n  send");
}

/// An integration that enabled `logs` or `tracing` would change `init` for every program that depends on it.
#[test]
fn no_integration_enables_a_feature_that_changes_the_call() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut manifests = vec![root.join("platform/plugin/Cargo.toml")];
    for folder in std::fs::read_dir(root.join("integrations")).unwrap() {
        manifests.push(folder.unwrap().path().join("Cargo.toml"));
    }
    // Beside the crates is their list.
    manifests.retain(|manifest| manifest.exists());

    let mut dependents = 0;
    for manifest in manifests {
        let text = std::fs::read_to_string(&manifest).unwrap();
        let (text, _) = text.split_once("[dev-dependencies]").unwrap_or((&text, ""));
        for line in text.lines().filter(|line| line.starts_with("floe-telemetry")) {
            dependents += 1;
            let enables = ["\"logs\"", "\"tracing\""].map(|feature| line.contains(feature));
            assert_eq!(enables, [false, false], "{}", manifest.display());
        }
    }

    assert!(dependents >= 5, "{dependents}");
}

#[test]
fn lines_go_where_the_program_needs_them() {
    let program = program!({
        let _telemetry = init().unwrap();
        load("orders");
        println!("a result");
    });
    for (output, stdout_lines, stderr_lines) in
        [("", 0, 2), ("stderr", 0, 2), ("stdout", 2, 0), ("none", 0, 0)]
    {
        let receiver = Receiver::grpc();
        let (stdout, stderr) = program.against(&receiver, &[("FLOE_LOG_OUTPUT", output)]);
        assert!(stdout.contains("a result"));
        assert_eq!(stdout.matches("\"event\":").count(), stdout_lines, "{stdout}");
        assert_eq!(stderr.matches("\"event\":").count(), stderr_lines, "{stderr}");
        assert_eq!(receiver.logs().len(), 2, "log records are exported");
    }
}
