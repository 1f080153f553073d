//! The logs of a process: standard error, both logging facades, the environment, and the provider.

use std::cell::RefCell;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use floe_telemetry::config::LoggingConfig;
use floe_telemetry::exporter::MemoryExporter;
use floe_telemetry::{FloeSpanAttributes, Mode, TelemetryConfig, TelemetryProvider, logs, traced};
use floe_tests::{Program, TIMEOUT, Written, json_lines, program};
use opentelemetry::logs::{LogRecord as _, Logger as _, LoggerProvider as _};
use opentelemetry_sdk::logs::InMemoryLogExporter;
use serde_json::Value;
use tracing::Level;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::{Targets, filter_fn};
use tracing_subscriber::fmt;
use tracing_subscriber::prelude::*;
use tracing_subscriber::reload;

/// Runs the program in a child process, and parses the lines of its standard error.
fn lines(program: &Program, variables: &[(&str, &str)]) -> Vec<Value> {
    let (stdout, stderr) = program.run(variables);
    assert!(!stdout.contains('{'), "{stdout}");
    json_lines(&stderr)
}

fn events(lines: &[Value]) -> Vec<&str> {
    lines.iter().map(|line| line["event"].as_str().unwrap()).collect()
}

#[traced]
fn load() {
    tracing::warn!(rows = 5, "by tracing");
    log::warn!(target: "orders::load", "by {}", "log");
}

#[traced]
async fn load_later() {
    std::future::ready(()).await;
    tracing::info!("async");
}

/// The other layers have no level: a closure decides, or nothing does.
#[test]
fn the_level_of_lines_is_not_that_of_other_layers() {
    let program = program!({
        let lines = logs::layer(&LoggingConfig::default()).unwrap();
        let by_closure = Written::default();
        let unfiltered = Written::default();
        let at_most_debug = filter_fn(|metadata| *metadata.level() <= Level::DEBUG);
        tracing_subscriber::registry()
            .with(lines)
            .with(fmt::layer().with_writer(unfiltered.writer()))
            .with(fmt::layer().with_writer(by_closure.writer()).with_filter(at_most_debug))
            .init();
        tracing::info!("of info");
        tracing::debug!("of debug");
        tracing::trace!("of trace");
        assert_eq!(by_closure.text().lines().count(), 2, "{}", by_closure.text());
        assert_eq!(unfiltered.text().lines().count(), 3, "{}", unfiltered.text());
        assert_eq!(LevelFilter::current(), LevelFilter::TRACE);
    });
    assert_eq!(events(&lines(&program, &[])), ["of info"]);
}

#[test]
fn both_facades_carry_trace_context_and_identity() {
    let program = program!({
        logs::configure_logging(&LoggingConfig::default()).unwrap();
        tracing::info!("before");
        let config = TelemetryConfig::new("customer-360");
        let identity = FloeSpanAttributes::new("sales", "customer-360", "1.2.0", Mode::Prod);
        let config = config.with_identity(&identity);
        let telemetry = TelemetryProvider::builder(config)
            .with_span_exporter(MemoryExporter::new())
            .initialize()
            .unwrap();
        load();
        futures_executor::block_on(load_later());
        tracing::info!("outside");
        telemetry.shutdown(TIMEOUT).unwrap();
        tracing::info!("after");
    });
    let lines = lines(&program, &[]);
    assert_eq!(events(&lines), ["before", "by tracing", "by log", "async", "outside", "after"]);
    let [before, tracing, log, later, outside, after] = &*lines else {
        panic!("{lines:?}");
    };

    assert_eq!(tracing["level"], "warning");
    assert_eq!(tracing["target"], "global::logs");
    assert_eq!(log["target"], "orders::load");
    assert_eq!(log.as_object().unwrap().len(), 10, "{log}");
    assert_eq!(tracing["trace_id"], log["trace_id"]);
    assert_eq!(tracing["span_id"], log["span_id"]);
    assert_eq!(tracing["trace_id"].as_str().unwrap().len(), 32);
    assert_eq!(later["span_id"].as_str().unwrap().len(), 16);
    assert_ne!(later["span_id"], log["span_id"]);
    for line in [tracing, log, later, outside, after] {
        assert_eq!(line["floe.namespace"], "sales", "{line}");
        assert_eq!(line["floe.product.name"], "customer-360");
        assert_eq!(line["floe.product.version"], "1.2.0");
        assert_eq!(line["floe.mode"], "prod");
    }

    for line in [before, outside, after] {
        assert!(line.get("trace_id").is_none());
        assert!(line.get("span_id").is_none());
    }

    assert!(before.get("floe.mode").is_none());
}

#[test]
fn the_environment_sets_level_and_format() {
    let program = program!({
        let mut config = TelemetryConfig::new("orders");
        config.apply_env().unwrap();
        logs::configure_logging(&config.logging).unwrap();
        tracing::debug!("debug");
        tracing::warn!(target: "hyper::client", "hyper");
        log::debug!(target: "hyper::client", "log of hyper");
        log::debug!("log");
    });
    assert_eq!(events(&lines(&program, &[])), ["hyper"]);
    let all = [("FLOE_LOG_LEVEL", "debug")];
    assert_eq!(events(&lines(&program, &all)), ["debug", "hyper", "log of hyper", "log"]);
    let by_target = [("FLOE_LOG_LEVEL", "debug,hyper=error")];
    assert_eq!(events(&lines(&program, &by_target)), ["debug", "log"]);

    let (_, stderr) = program.run(&[("FLOE_LOG_JSON", "no")]);
    assert!(stderr.contains(" WARN  hyper::client: hyper\n"), "{stderr}");
    assert!(!stderr.contains('\u{1b}'), "{stderr}");
}

/// Emits a line at each of two levels, twice, with a change of the levels between.
fn emit_around(change: impl FnOnce()) {
    let emit = || {
        tracing::info!(target: "orders", "info");
        tracing::debug!(target: "orders", "debug");
        tracing::debug!(target: "hyper", "never");
        log::debug!(target: "orders", "of log");
        log::debug!(target: "hyper", "never");
    };

    emit();
    change();
    emit();
}

const EVENTS: [&str; 4] = ["info", "info", "debug", "of log"];

#[test]
fn a_filter_is_replaced_while_the_program_runs() {
    let program = program!({
        let mut config = LoggingConfig::default();
        config.log_level = "trace".to_owned();
        let levels = |text: &str| text.parse::<Targets>().unwrap();
        let (filter, handle) = reload::Layer::new(levels("info"));
        let lines = logs::layer(&config).unwrap().with_filter(filter);
        tracing_subscriber::registry().with(lines).init();
        emit_around(|| handle.reload(levels("info,orders=debug")).unwrap());
    });
    assert_eq!(events(&lines(&program, &[])), EVENTS);
}

#[test]
fn the_layer_is_replaced_while_the_program_runs() {
    let program = program!({
        let levels = |text: &str| {
            let mut config = LoggingConfig::default();
            config.log_level = text.to_owned();
            logs::layer(&config).unwrap()
        };
        let (lines, handle) = reload::Layer::new(levels("info"));
        tracing_subscriber::registry().with(lines).init();
        emit_around(|| handle.reload(levels("info,orders=debug")).unwrap());
    });
    assert_eq!(events(&lines(&program, &[])), EVENTS);
}

#[test]
fn a_process_has_one_subscriber() {
    let program = program!({
        let config = LoggingConfig::default();
        logs::configure_logging(&config).unwrap();
        let error = logs::configure_logging_with_writer(&config, io::stderr).unwrap_err();
        assert!(error.is_state());
        assert_eq!(
            error.to_string(),
            "the process already has a global `tracing` subscriber: add `floe_telemetry::logs::layer()` to it"
        );
        tracing::info!("first");
    });
    assert_eq!(events(&lines(&program, &[])), ["first"]);
}

#[test]
fn the_redaction_of_the_provider_applies_after_its_shutdown() {
    let program = program!({
        logs::configure_logging(&LoggingConfig::default()).unwrap();
        let mut config = TelemetryConfig::new("orders");
        config.redaction.patterns = vec!["CUST-[0-9]{6}".to_owned()];
        config.redaction.keys = vec!["customer_ref".to_owned()];
        config.resource_attributes.floe_product_name = Some("orders".to_owned());
        let telemetry = TelemetryProvider::builder(config)
            .with_span_exporter(MemoryExporter::new())
            .initialize()
            .unwrap();
        let log = || {
            tracing::info!(target: "CUST-123456", customer_ref = 7, "of CUST-123456");
        };
        log();
        thread::spawn(log).join().unwrap();
        telemetry.shutdown(TIMEOUT).unwrap();
        log();
    });
    // A disabled provider configures the redaction and the identity of lines, too.
    for disabled in ["false", "true"] {
        let lines = lines(&program, &[("OTEL_SDK_DISABLED", disabled)]);
        assert_eq!(lines.len(), 3);
        for line in lines {
            assert_eq!(line["event"], "of <REDACTED>", "{line}");
            assert_eq!(line["customer_ref"], "<REDACTED>");
            assert_eq!(line["target"], "<REDACTED>");
            assert_eq!(line["floe.product.name"], "orders");
        }
    }
}

#[derive(Debug)]
struct LogsWhenDropped;

impl Drop for LogsWhenDropped {
    fn drop(&mut self) {
        tracing::info!("in a destructor");
        let logger = TelemetryProvider::logger_provider().logger("orders");
        let mut record = logger.create_log_record();
        record.set_body("of the API".into());
        logger.emit(record);
    }
}

thread_local! {
    static FIRST: RefCell<Option<LogsWhenDropped>> = const { RefCell::new(None) };
    static SECOND: RefCell<Option<LogsWhenDropped>> = const { RefCell::new(None) };
}

/// Of two values that log when they are dropped, one is dropped before the library's thread-locals and one after them.
#[test]
fn a_destructor_of_a_thread_may_log() {
    let program = program!({
        logs::configure_logging(&LoggingConfig::default()).unwrap();
        let memory = InMemoryLogExporter::default();
        let telemetry = TelemetryProvider::builder(TelemetryConfig::new("orders"))
            .with_log_exporter(memory.clone())
            .initialize()
            .unwrap();
        thread::spawn(|| {
            FIRST.with(|cell| *cell.borrow_mut() = Some(LogsWhenDropped));
            tracing::info!("first");
            SECOND.with(|cell| *cell.borrow_mut() = Some(LogsWhenDropped));
        })
        .join()
        .unwrap();
        telemetry.force_flush(TIMEOUT).unwrap();
        // Each value also logs through OpenTelemetry's API.
        let emitted = memory.get_emitted_logs().unwrap();
        assert_eq!(emitted.len(), 1 + 2 * 2);
        let service = emitted[0].resource.get(&"service.name".into());
        assert_eq!(service, Some("orders".into()));
        assert_eq!(telemetry.statistics().logs_exported, 1 + 2 * 2);
    });
    let lines = lines(&program, &[]);
    let written = events(&lines).iter().filter(|event| **event == "in a destructor").count();
    assert_eq!(written, 2);
}

#[alone]
fn a_failing_writer_does_not_fail_the_program() {
    struct Broken(bool);

    impl io::Write for Broken {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            assert!(!self.0, "a writer that panics");
            Err(io::Error::other("broken"))
        }

        fn flush(&mut self) -> io::Result<()> {
            Err(io::Error::other("broken"))
        }
    }

    let panics = AtomicBool::new(false);
    let writer = move || Broken(panics.swap(true, Ordering::Relaxed));
    logs::configure_logging_with_writer(&LoggingConfig::default(), writer).unwrap();
    tracing::info!("lost");
    tracing::info!("lost, too");
    tracing::info!("lost as well");
}
