//! Log records of OpenTelemetry's logs API, from any bridge: they are redacted and limited, and have the span's ids.

use std::time::{Duration, UNIX_EPOCH};

use floe_telemetry::{TelemetryProvider, propagation, traced};
use floe_tests::{REDACTED_URL, ReceivedLog, Receiver, url};
use opentelemetry::logs::{AnyValue, LogRecord as _, Logger as _, LoggerProvider as _, Severity};
use opentelemetry::{Context, InstrumentationScope, Key, KeyValue, SpanId, TraceFlags, TraceId};
use opentelemetry_appender_tracing::layer::OpenTelemetryTracingBridge;
use serde_json::json;
use tracing_subscriber::layer::SubscriberExt as _;

use super::pipeline::Pipeline;

#[track_caller]
fn single<'a>(logs: &'a [ReceivedLog], event_name: &str) -> &'a ReceivedLog {
    let found: Vec<_> = logs.iter().filter(|log| log.event_name == event_name).collect();
    assert_eq!(found.len(), 1, "{event_name}: {logs:#?}");
    found[0]
}

#[traced]
fn place() -> [Option<String>; 2] {
    let scope = InstrumentationScope::builder("acme.audit")
        .with_version("1.2")
        .with_attributes([KeyValue::new("url", url())])
        .build();
    let logger = TelemetryProvider::logger_provider().logger_with_scope(scope);
    assert!(logger.event_enabled(Severity::Debug, "any", None));

    let mut record = logger.create_log_record();
    record.set_event_name("order.placed");
    record.set_severity_number(Severity::Warn2);
    record.set_severity_text("careful");
    record.set_timestamp(UNIX_EPOCH + Duration::from_nanos(5));
    record.set_body(format!("cannot reach {}", url()).into());
    record.add_attribute("order.id", 7);
    record.add_attribute("order.id", 8);
    record.add_attribute("paid", true);
    record.add_attribute("ratio", 0.5);
    record.add_attribute("url", url());
    record.add_attribute("password", 1234);
    let nested: AnyValue = [
        AnyValue::from(url()),
        AnyValue::from(url().as_bytes()),
        AnyValue::from(3),
        AnyValue::from("--password"),
        AnyValue::from("winter is here"),
    ]
    .into_iter()
    .collect();
    record.add_attribute("urls", nested);
    logger.emit(record);

    let mut map = logger.create_log_record();
    map.set_event_name("map");
    let inner: AnyValue = [(Key::from("token"), AnyValue::from(99))].into_iter().collect();
    map.set_body([(Key::from("inner"), inner)].into_iter().collect());
    map.set_trace_context(TraceId::from(1), SpanId::from(2), Some(TraceFlags::SAMPLED));
    logger.emit(map);

    let mut large = logger.create_log_record();
    large.set_event_name("large");
    for number in 0..200 {
        large.add_attribute(format!("n{number}"), number);
    }
    logger.emit(large);

    let mut long = logger.create_log_record();
    long.set_event_name("long");
    long.add_attribute("text", "früher oder später");
    long.add_attribute("deep", deep(100));
    logger.emit(long);

    let _suppressed = Context::enter_telemetry_suppressed_scope();
    assert!(!logger.event_enabled(Severity::Error, "any", None));
    let mut own = logger.create_log_record();
    own.set_event_name("suppressed");
    logger.emit(own);
    [propagation::current_trace_id(), propagation::current_span_id()]
}

fn deep(levels: usize) -> AnyValue {
    let inner = AnyValue::from(url());
    (0..levels).fold(inner, |inner, _| [inner].into_iter().collect())
}

#[traced]
fn by_tracing() {
    let bridge = OpenTelemetryTracingBridge::new(&TelemetryProvider::logger_provider());
    let subscriber = tracing_subscriber::registry().with(bridge);
    tracing::subscriber::with_default(subscriber, || {
        tracing::error!(name: "by.bridge", target: "orders::load", url = url(), "failed: {}", url());
    });
}

/// Runs the program, and checks that no request contains a credential.
fn exported<T>(program: impl FnOnce() -> T) -> (Receiver, Vec<ReceivedLog>, T) {
    let pipeline = Pipeline::grpc(|_| ());
    let result = program();
    pipeline.shut_down();
    let logs = pipeline.receiver.logs();
    assert_eq!(pipeline.statistics().logs_exported, logs.len() as u64);
    assert!(!pipeline.receiver.contains("hunter2XyZ"));
    (pipeline.receiver, logs, result)
}

#[alone]
fn records_of_the_api_are_exported_like_others() {
    let (_, logs, [trace_id, span_id]) = exported(place);
    assert_eq!(logs.len(), 4, "{logs:#?}");
    let placed = single(&logs, "order.placed");
    assert_eq!((&*placed.scope, &*placed.scope_version), ("acme.audit", "1.2"));
    assert_eq!((placed.severity_number, &*placed.severity_text), (14, "careful"));
    assert_eq!(placed.time, 5);
    assert!(placed.observed_time > 5);
    assert_eq!(placed.body, Some(format!("cannot reach {REDACTED_URL}").as_str().into()));
    assert_eq!(placed.trace_id, trace_id.unwrap());
    assert_eq!((&placed.span_id, placed.flags & 1), (&span_id.unwrap(), 1));
    let urls = json!([REDACTED_URL, REDACTED_URL, 3, "--password", "<REDACTED>"]);
    let expected = [
        ("order.id", 8.into()),
        ("paid", true.into()),
        ("password", "<REDACTED>".into()),
        ("ratio", 0.5.into()),
        ("url", REDACTED_URL.into()),
        ("urls", urls),
    ];
    let attributes: Vec<_> =
        placed.attributes.iter().map(|(key, value)| (&**key, value.clone())).collect();
    assert_eq!(attributes, expected);
    assert_eq!(placed.resource["service.name"], "orders");
    assert_eq!(placed.dropped_attributes, 0);
    assert_map(&logs);
    assert_limited(&logs);
}

fn assert_map(logs: &[ReceivedLog]) {
    let map = single(logs, "map");
    assert_eq!(
        (&*map.trace_id, &*map.span_id),
        ("00000000000000000000000000000001", "0000000000000002")
    );

    let body = format!("{:?}", map.body);
    assert!(body.contains("<REDACTED>"), "{body}");
    assert!(!body.contains("99"), "{body}");
}

fn assert_limited(logs: &[ReceivedLog]) {
    let large = single(logs, "large");
    assert_eq!((large.attributes.len(), large.dropped_attributes), (128, 72));
    assert_eq!(large.attributes["n127"], 127);
    let long = single(logs, "long");
    assert_eq!(long.attributes["text"], "früher oder später");
    assert_eq!(long.dropped_attributes, 0);
}

#[alone]
fn records_of_a_bridge_are_exported_like_others() {
    let (receiver, logs, ()) = exported(by_tracing);
    assert_eq!(logs.len(), 1, "{logs:#?}");
    let bridged = single(&logs, "by.bridge");
    assert_eq!(bridged.scope, "orders::load");
    assert_eq!(bridged.body, Some(format!("failed: {REDACTED_URL}").as_str().into()));
    assert_eq!(bridged.attributes["url"], REDACTED_URL);
    assert_eq!(bridged.span_id, receiver.span("by_tracing").span_id);
}

#[alone]
fn a_logger_outlives_providers() {
    let early = TelemetryProvider::logger_provider().logger("early");
    let assert_disabled = || {
        assert!(!early.event_enabled(Severity::Error, "any", None));
        early.emit(early.create_log_record());
    };

    assert_disabled();
    let (_, logs, ()) = exported(|| {
        let mut record = early.create_log_record();
        record.set_event_name("early");
        early.emit(record);
    });

    assert_disabled();
    assert_eq!(logs.len(), 1, "{logs:#?}");
    assert_eq!(single(&logs, "early").trace_id, "");
}
