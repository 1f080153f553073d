//! Span processors: their input, their changes, and the redaction of the changes.

use std::panic::resume_unwind;
use std::sync::{Arc, Mutex, OnceLock, mpsc};
use std::time::Duration;

use floe_telemetry::attributes::AttributeValue;
use floe_telemetry::config::OtlpProtocol;
use floe_telemetry::{
    EndingSpan, TelemetryConfig, TelemetryProvider, create_span, get_tracer, traced,
};
use floe_tests::{REDACTED_URL, ReceivedStatus, Receiver, TIMEOUT, url};
use opentelemetry::trace::{Span as _, SpanId, SpanKind, Status, Tracer as _};
use opentelemetry_sdk::trace::InMemorySpanExporter;

use super::pipeline::traces_alone;

const LINE: i64 = line!() as i64 + 3;

#[traced(name = "orders.load", kind = client, attributes(rows = 3, secret_url = url()))]
fn load() -> Result<(), String> {
    drop(create_span("health"));
    Err("refused".to_owned())
}

#[alone]
fn processors_change_spans_before_they_are_redacted() {
    let receiver = Receiver::grpc();
    let mut config = traces_alone(OtlpProtocol::Grpc, receiver.endpoint());
    config.span_attributes = [("team".to_owned(), "checkout".to_owned())].into();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let names = Arc::clone(&seen);
    let telemetry = TelemetryProvider::builder(config)
        .with_span_processor(|span: &mut EndingSpan<'_>| match span.name() {
            "health" => span.discard(),
            "orders.load" => change(span),
            "mail.send" => span.set_status(Status::error("bounced")),
            "panics" => {
                span.set_attribute("before", true);
                // `resume_unwind` does not call the panic hook, which would look up a backtrace for longer than a
                // processor may take.
                resume_unwind(Box::new("a test"));
            }
            _ => {}
        })
        .with_span_processor(move |span: &mut EndingSpan<'_>| {
            names.lock().unwrap().push(span.name().to_owned());
        })
        .initialize()
        .unwrap();
    load().unwrap_err();
    drop(create_span("panics"));
    get_tracer("acme.mail").start("mail.send").end();
    telemetry.shutdown(TIMEOUT).unwrap();

    assert_eq!(*seen.lock().unwrap(), ["orders.loaded", "panics", "mail.send"]);
    let spans = receiver.spans();
    assert_eq!(spans.len(), 3, "{spans:#?}");
    let span = |name: &str| receiver.span(name);
    let loaded = span("orders.loaded");
    assert_eq!(loaded.attributes["db.url"], REDACTED_URL);
    assert_eq!(loaded.attributes["rows"], 4);
    assert_eq!(loaded.attributes["code.line.number"], LINE);
    assert_eq!(loaded.attributes["team"], "sales");
    assert_eq!(loaded.events.len(), 1);
    assert_eq!(span("panics").attributes["before"], true);
    assert_eq!(span("mail.send").scope, "acme.mail");
    assert_eq!(span("mail.send").status, ReceivedStatus::Error("bounced".to_owned()));
    assert!(!receiver.contains("hunter2XyZ"));

    let statistics = telemetry.statistics();
    assert_eq!((statistics.discarded, statistics.processor_panics), (1, 1));
    assert_eq!((statistics.exported, statistics.pending), (3, 0));
}

/// A flush or a shutdown by a processor is refused, because it would wait for the thread that calls the processor.
#[alone]
fn a_flush_and_a_shutdown_by_a_processor_are_refused() {
    static TELEMETRY: OnceLock<TelemetryProvider> = OnceLock::new();
    let (sender, results) = mpsc::channel();
    let receiver = Receiver::grpc();
    let config = traces_alone(OtlpProtocol::Grpc, receiver.endpoint());
    let telemetry = TelemetryProvider::builder(config)
        .with_span_processor(move |_: &mut EndingSpan<'_>| {
            let telemetry = TELEMETRY.get().unwrap();
            let _ = sender.send(telemetry.force_flush(Duration::MAX));
            let _ = sender.send(telemetry.shutdown(Duration::MAX));
        })
        .initialize()
        .unwrap();
    TELEMETRY.set(telemetry).unwrap();
    drop(create_span("flushed"));
    for _ in 0..2 {
        let result = results.recv_timeout(TIMEOUT).unwrap();
        assert!(result.unwrap_err().is_state());
    }
    TELEMETRY.get().unwrap().shutdown(TIMEOUT).unwrap();
    receiver.span("flushed");
}

/// While a processor does not return, nothing is exported, and the program does not wait for the processor. A shutdown
/// drops the processor before it returns.
#[alone]
fn a_processor_that_does_not_return_holds_its_spans() {
    let memory = InMemorySpanExporter::default();
    let (never, waits) = mpsc::channel::<()>();
    let held = Arc::new(());
    let of_processor = Arc::clone(&held);
    let telemetry = TelemetryProvider::builder(TelemetryConfig::new("orders"))
        .with_span_exporter(memory.clone())
        .with_span_processor(move |span: &mut EndingSpan<'_>| {
            if span.name() == "stuck" {
                let _ = waits.recv();
                span.discard();
            }

            assert_eq!(Arc::strong_count(&of_processor), 2);
        })
        .initialize()
        .unwrap();
    drop(create_span("before"));
    telemetry.force_flush(TIMEOUT).unwrap();
    drop(create_span("stuck"));
    drop(create_span("after"));
    let error = telemetry.force_flush(Duration::from_millis(200)).unwrap_err();
    assert!(error.is_timeout(), "{error}");
    assert!(error.to_string().contains("spans pending: 2"), "{error}");
    assert_eq!(memory.get_finished_spans().unwrap().len(), 1);
    drop(never);
    telemetry.shutdown(TIMEOUT).unwrap();
    let statistics = telemetry.statistics();
    assert_eq!((statistics.exported, statistics.discarded), (2, 1), "{statistics:?}");
    assert_eq!(Arc::strong_count(&held), 1);
}

fn change(span: &mut EndingSpan<'_>) {
    assert_eq!((span.kind(), span.parent_span_id()), (SpanKind::Client, SpanId::INVALID));
    assert!(span.span_context().is_sampled());
    assert_eq!(span.scope_name(), "floe-tests");
    assert_eq!(span.status(), Status::error("refused"));
    assert!(span.duration() < TIMEOUT);
    assert!(span.links().is_empty());
    assert_eq!(span.events()[0].name, "exception");
    let keys: Vec<_> = span.attributes().map(|(key, _)| key.to_string()).collect();
    assert!(keys.starts_with(&["rows".to_owned(), "secret_url".to_owned()]), "{keys:?}");
    assert_eq!(span.attribute("rows"), Some(&AttributeValue::I64(3)));
    span.set_name("orders.loaded");
    span.set_attribute("db.url", url());
    span.set_attribute("rows", 4);
    span.set_attribute("none", None::<i64>);
    span.set_attribute("team", "sales");
}
