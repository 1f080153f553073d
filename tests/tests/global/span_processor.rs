//! Span processors: what they read and change, and that it is redacted.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use floe_telemetry::attributes::AttributeValue;
use floe_telemetry::config::ExporterKind;
use floe_telemetry::{
    EndingSpan, TelemetryConfig, TelemetryProvider, create_span, get_tracer, traced,
};
use floe_tests::Receiver;
use opentelemetry::trace::{Span as _, SpanId, SpanKind, Status, Tracer as _};

const TIMEOUT: Duration = Duration::from_secs(30);

fn url() -> String {
    format!("postgres://floe:{}@db/orders", concat!("hunter2", "XyZ"))
}

#[traced(name = "orders.load", kind = client, attributes(rows = 3, secret_url = url()))]
fn load() -> Result<(), String> {
    drop(create_span("health"));
    Err("refused".to_owned())
}

#[test]
fn processors_change_spans_before_they_are_redacted() {
    floe_tests::alone!();
    let receiver = Receiver::grpc();
    let mut config = TelemetryConfig::new("orders");
    "otlp".clone_into(&mut config.backend);
    config.otlp_endpoint = Some(receiver.endpoint());
    config.exporters.metrics = Some(vec![ExporterKind::None]);
    config.exporters.logs = Some(vec![ExporterKind::None]);
    config.span_attributes = [("team".to_owned(), "checkout".to_owned())].into();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let names = Arc::clone(&seen);
    let telemetry = TelemetryProvider::builder(config)
        .with_span_processor(|span: &mut EndingSpan<'_>| match span.name() {
            "health" => span.discard(),
            "orders.load" => change(span),
            "panics" => {
                span.set_attribute("before", true);
                panic!("a test");
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

    assert_eq!(
        *seen.lock().unwrap(),
        ["orders.loaded", "panics", "mail.send"]
    );
    let spans = receiver.spans();
    assert_eq!(spans.len(), 3, "{spans:#?}");
    let span = |name: &str| spans.iter().find(|span| span.name == name).unwrap();
    let loaded = span("orders.loaded");
    assert_eq!(
        loaded.attributes["db.url"],
        "postgres://<REDACTED>@db/orders".into()
    );
    assert_eq!(loaded.attributes["rows"], 4.into());
    assert!(!loaded.attributes.contains_key("secret_url"));
    assert_eq!(loaded.attributes["code.line.number"], span_line());
    assert_eq!(loaded.attributes["team"], "sales".into());
    assert_eq!(loaded.events.len(), 1);
    assert_eq!(span("panics").attributes["before"], true.into());
    assert_eq!(span("mail.send").scope, "acme.mail");
    let requests = receiver.every_request();
    assert!(
        requests
            .iter()
            .all(|request| !request.contains("hunter2XyZ"))
    );

    let statistics = telemetry.statistics();
    assert_eq!((statistics.discarded, statistics.processor_panics), (1, 1));
    assert_eq!((statistics.exported, statistics.pending), (3, 0));
}

fn span_line() -> floe_tests::Value {
    23.into()
}

fn change(span: &mut EndingSpan<'_>) {
    assert_eq!(
        (span.kind(), span.parent_span_id()),
        (SpanKind::Client, SpanId::INVALID)
    );
    assert!(span.span_context().is_sampled());
    assert_eq!(span.scope_name(), "floe-tests");
    assert_eq!(span.status(), Status::error("refused"));
    assert!(span.duration() < TIMEOUT && span.links().is_empty());
    assert_eq!(span.events()[0].name, "exception");
    let keys: Vec<_> = span.attributes().map(|(key, _)| key.to_string()).collect();
    assert!(
        keys.starts_with(&["rows".to_owned(), "secret_url".to_owned()]),
        "{keys:?}"
    );
    assert_eq!(span.attribute("rows"), Some(&AttributeValue::I64(3)));
    span.set_name("orders.loaded");
    let removed = span.remove_attribute("secret_url").unwrap();
    assert_eq!(removed, AttributeValue::Text(url().into()));
    assert_eq!(span.remove_attribute("absent"), None);
    span.set_attribute("db.url", url());
    span.set_attribute("rows", 4);
    span.set_attribute("none", None::<i64>);
    span.set_attribute("team", "sales");
}
