//! An event of `tracing` and an exception are sent once: as a log record, or as an event of their span.

use std::fs;
use std::panic::catch_unwind;
use std::sync::atomic::{AtomicBool, Ordering};

use floe_telemetry::config::{ExceptionSignal, Sampler};
use floe_telemetry::{
    EndingSpan, TelemetryConfig, TelemetryProvider, create_span, init, record_exception, traced,
};
use floe_tests::{ReceivedLog, ReceivedSpan, ReceivedStatus, Receiver, json_lines, program};
use opentelemetry::logs::{LogRecord as _, Logger as _, LoggerProvider as _, Severity};
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::dynamic_filter_fn;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

const OPT_IN: &str = "OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN";

#[derive(Debug, thiserror::Error)]
#[error("no orders from postgresql://shop:hunter2XyZ@db/orders")]
struct Refused(#[source] std::num::ParseIntError);

#[traced]
fn parse(text: &str) -> Result<u32, std::num::ParseIntError> {
    tracing::info!(rows = 3, "parses");
    text.parse()
}

#[traced]
async fn read(text: &str) -> Result<u32, Refused> {
    parse(text).map_err(Refused)
}

#[traced]
fn serve(text: &str) -> Result<u32, Box<dyn std::error::Error>> {
    Ok(futures_executor::block_on(read(text))?)
}

#[tracing::instrument(err)]
fn instrumented() -> Result<(), Refused> {
    fails()
}

#[traced]
fn fails_twice() -> Result<(), String> {
    drop(parse("two"));
    Err("no password=hunter2XyZ".to_owned())
}

#[traced(attributes(code = 7))]
fn fails() -> Result<(), Refused> {
    Err(Refused("x".parse::<u8>().unwrap_err()))
}

#[traced]
fn records() {
    record_exception(&std::io::Error::other("busy"));
}

#[traced]
fn panics() {
    #[traced]
    fn inner() {
        panic!("lost password=hunter2XyZ");
    }
    inner();
}

fn sorted(items: impl Iterator<Item = String>) -> Vec<String> {
    let mut items: Vec<_> = items.collect();
    items.sort();
    items
}

/// Returns each event after the name of its span.
fn events(receiver: &Receiver) -> Vec<String> {
    let spans = receiver.spans();
    let named = |span: &ReceivedSpan| {
        let names = span.events.iter().map(|it| format!("{}: {}", span.name, it.name));
        names.collect::<Vec<_>>()
    };
    sorted(spans.iter().flat_map(named))
}

fn records_of_exceptions(receiver: &Receiver) -> Vec<ReceivedLog> {
    let is_exception = |it: &ReceivedLog| it.attributes.contains_key("exception.message");
    receiver.logs().into_iter().filter(is_exception).collect()
}

/// Returns the message of each record of an exception after the name of its span.
fn described(receiver: &Receiver) -> Vec<String> {
    let spans = receiver.spans();
    let describe = |log: ReceivedLog| {
        let span = spans.iter().find(|it| it.span_id == log.span_id).unwrap();
        assert_eq!(span.trace_id, log.trace_id);
        assert_eq!((log.severity_number, &*log.severity_text), (17, "ERROR"));
        format!("{}: {}", span.name, log.attributes["exception.message"].as_str().unwrap())
    };
    sorted(records_of_exceptions(receiver).into_iter().map(describe))
}

const EXCEPTIONS: [&str; 9] = [
    "fails: exception",
    "fails_twice: exception",
    "inner: exception",
    "panics: exception",
    "parse: exception",
    "parse: exception",
    "read: exception",
    "records: exception",
    "serve: exception",
];

const BRIDGED: [&str; 3] = ["instrumented: exception", "parse: parses", "parse: parses"];

const PANIC: &str = "inner: lost password=<REDACTED>";

const RECORDS: [&str; 6] = [
    "fails: no orders from postgresql://<REDACTED>@db/orders: invalid digit found in string",
    "fails_twice: no password=<REDACTED>",
    PANIC,
    "parse: invalid digit found in string",
    "parse: invalid digit found in string",
    "records: busy",
];

#[test]
fn each_event_and_each_exception_is_in_the_signals_that_are_asked_for() {
    let program = program!({
        std::panic::set_hook(Box::new(|_| ()));
        let _telemetry = init().unwrap();
        serve("one").unwrap_err();
        fails_twice().unwrap_err();
        instrumented().unwrap_err();
        records();
        catch_unwind(panics).unwrap_err();
    });
    let owned = |names: &[&str]| sorted(names.iter().copied().map(str::to_owned));
    let exceptions = owned(&EXCEPTIONS);
    let all = owned(&[&EXCEPTIONS[..], &BRIDGED].concat());
    let below = owned(&[&EXCEPTIONS[..], &BRIDGED[1..]].concat());
    let without = ("OTEL_LOGS_EXPORTER", "none");
    let missing = "expects an exporter of log records, found none";
    for (variables, expected, records, written, warning) in [
        (&[][..], &exceptions[..], &[PANIC][..], 1, ""),
        (&[(OPT_IN, "logs")], &[], &RECORDS, 6, ""),
        (&[(OPT_IN, "logs/dup")], &exceptions, &RECORDS, 6, ""),
        (&[without], &all, &[], 1, ""),
        (&[without, (OPT_IN, "logs")], &all, &[], 6, missing),
        (&[(OPT_IN, "spans")], &exceptions, &[PANIC], 1, "found `spans`"),
        (&[("FLOE_LOG_EXPORT", "minimum_severity=warn")], &below, &[PANIC], 1, ""),
    ] {
        let receiver = Receiver::grpc();
        let (_, stderr) = program.against(&receiver, variables);
        assert_eq!(events(&receiver), expected, "{variables:?}");
        assert_eq!(described(&receiver), records, "{variables:?}");
        assert!(!receiver.contains("hunter2XyZ"), "{variables:?}");
        assert!(!stderr.contains("hunter2XyZ"), "{stderr}");
        assert_eq!(
            stderr.matches("warning: ").count(),
            usize::from(!warning.is_empty()),
            "{stderr}"
        );
        assert!(stderr.contains(warning), "{stderr}");
        let failed = receiver.span("serve");
        assert!(matches!(failed.status, ReceivedStatus::Error(text) if text.contains("no orders")));
        let lines = json_lines(&stderr);
        let exceptions = lines.iter().filter(|it| it.get("exception.message").is_some()).count();
        assert_eq!(exceptions, written, "{stderr}");
    }
}

#[test]
fn the_record_of_an_exception_is_that_of_the_conventions() {
    let program = program!({
        let mut config = TelemetryConfig::from_env().unwrap();
        config.exceptions = ExceptionSignal::Logs;
        config.logging.span_attributes = ["code", "events"].map(str::to_owned).to_vec();
        config.sampling.sampler = Some(Sampler::ParentBasedAlwaysOff);
        config.sampling.keep_errors = true;
        // A processor gets the event of the exception.
        let see = |span: &mut EndingSpan<'_>| span.set_attribute("events", span.events().len());
        let telemetry = TelemetryProvider::builder(config).with_span_processor(see).init().unwrap();
        fails().unwrap_err();
        drop(telemetry);
    });
    let receiver = Receiver::grpc();
    let levels = ("RUST_LOG", "off,global::signals=error");
    let (_, stderr) = program.against(&receiver, &[("OTEL_TRACES_EXPORTER", "none"), levels]);
    assert_eq!(json_lines(&stderr).len(), 1, "{stderr}");
    let logs = records_of_exceptions(&receiver);
    let [log] = &logs[..] else { panic!("{logs:?}") };
    let text = "no orders from postgresql://<REDACTED>@db/orders";
    assert_eq!((&*log.event_name, &*log.scope), ("exception", "global::signals"));
    assert_eq!(log.body, Some(format!("{text}: invalid digit found in string").into()));
    assert_eq!(log.attributes["exception.message"], log.body.clone().unwrap());
    assert_eq!(log.attributes["exception.type"], "global::signals::Refused");
    let stack = format!("0: {text}\n1: invalid digit found in string");
    assert_eq!(log.attributes["exception.stacktrace"], stack);
    assert_eq!((&log.attributes["code"], &log.attributes["events"]), (&7.into(), &1.into()));
    assert_eq!((log.trace_id.len(), log.span_id.len()), (32, 16));
    assert!(log.time > 0);
}

static ARE_LOGS_ON: AtomicBool = AtomicBool::new(false);

#[traced]
fn counts() {
    for are_on in [true, false, true, false] {
        ARE_LOGS_ON.store(are_on, Ordering::Relaxed);
        tracing::info!("counts");
    }
}

#[test]
fn an_event_that_a_filter_keeps_from_the_logs_from_now_on_is_an_event_of_its_span() {
    let program = program!({
        let config = TelemetryConfig::from_env().unwrap();
        let lines = floe_telemetry::logs::layer(&config.logging).unwrap();
        let filter = dynamic_filter_fn(|_, _| ARE_LOGS_ON.load(Ordering::Relaxed));
        let bridge = floe_telemetry::tracing_layer();
        tracing_subscriber::registry().with(bridge).with(lines.with_filter(filter)).init();
        let _telemetry = TelemetryProvider::builder(config).initialize().unwrap();
        counts();
    });
    let receiver = Receiver::grpc();
    program.against(&receiver, &[]);
    assert_eq!((receiver.logs().len(), events(&receiver).len()), (2, 2));
}

#[traced]
fn logs() {
    tracing::debug!("a detail");
    tracing::info!("a step");
    tracing::error!("a failure");
}

fn bodies(receiver: &Receiver) -> Vec<String> {
    let body = |it: ReceivedLog| it.body.unwrap().as_str().unwrap().to_owned();
    receiver.logs().into_iter().map(body).collect()
}

#[test]
fn records_follow_the_sampling_of_their_trace() {
    let program = program!({
        let _telemetry = init().unwrap();
        logs();
        tracing::info!("without a span");
        let logger = TelemetryProvider::logger_provider().logger("api");
        let emit = |severity: Option<Severity>, body: &'static str| {
            let mut record = logger.create_log_record();
            record.set_body(body.into());
            if let Some(severity) = severity {
                record.set_severity_number(severity);
            }
            logger.emit(record);
        };
        let _span = create_span("span");
        emit(None, "without a severity");
        emit(Some(Severity::Warn2), "of the API");
    });
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("otel.yaml");
    let path = file.to_str().unwrap();
    let all =
        ["a detail", "a step", "a failure", "without a span", "without a severity", "of the API"];
    let [based, warn] = ["trace_based", "minimum_severity=warn"];
    let both = [based, warn].join(",");
    for (ratio, export, kept) in [
        ("1", "", &all[..]),
        ("0", "", &all),
        ("1", based, &all),
        ("0", based, &["a failure", "without a span"]),
        ("0", warn, &["a failure", "without a severity", "of the API"]),
        ("0", &both, &["a failure"]),
    ] {
        let common = [("RUST_LOG", "off,global::signals=debug"), ("FLOE_LOG_JSON", "yes")];
        let sampler = [("OTEL_TRACES_SAMPLER", "traceidratio"), ("OTEL_TRACES_SAMPLER_ARG", ratio)];
        let receiver = Receiver::grpc();
        let own = [("FLOE_LOG_EXPORT", export)];
        let (_, stderr) = program.against(&receiver, &[&common[..], &sampler, &own].concat());
        assert_eq!(bodies(&receiver), kept, "{ratio} {export}");
        assert_eq!(json_lines(&stderr).len(), 4, "the lines stay: {stderr}");
        let config = export.replace('=', ": ").replace(based, "trace_based: true");
        let document = format!(
            "{{file_format: '1.1', tracer_provider: {{processors: [{{batch: {{exporter: {{otlp_grpc: {{endpoint: '{0}'}}}}}}}}], \
             sampler: {{trace_id_ratio_based: {{ratio: {ratio}}}}}}}, logger_provider: {{processors: [{{batch: {{exporter: \
             {{otlp_grpc: {{endpoint: '{0}'}}}}}}}}], logger_configurator/development: {{default_config: {{{config}}}}}}}}}",
            receiver.endpoint()
        );
        fs::write(&file, document).unwrap();
        let before = receiver.logs().len();
        program.run(&[&common[..], &[("OTEL_CONFIG_FILE", path)]].concat());
        assert_eq!(bodies(&receiver)[before..], *kept, "{ratio} {export}");
    }
}
