//! The message of a panic is recorded, and the panic is resumed.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::{Context, Waker};
use std::time::Duration;

use floe_telemetry::exporter::MemoryExporter;
use floe_telemetry::{TelemetryConfig, TelemetryProvider, create_span, traced};
use opentelemetry::KeyValue;
use opentelemetry::trace::Status;
use opentelemetry_sdk::trace::SpanData;

const TEXT: &str = "customer 4711 has no address";

#[traced]
fn above() {
    panics();
}

#[traced]
fn panics() {
    panic!("{TEXT}");
}

#[traced(attributes(exception.message = "of the user"))]
async fn panics_later() {
    panic!("{TEXT}");
}

/// An error whose attributes exceed the limit.
#[traced(attributes_fn = || (0..128).map(|n| KeyValue::new(format!("n{n}"), n)).collect::<Vec<_>>())]
fn full() {
    panic!("{TEXT}");
}

#[traced(attributes(n = { assert!(std::hint::black_box(false), "{TEXT}"); 1 }))]
fn bad_attribute() {}

#[traced]
fn fails() -> Result<(), String> {
    Err(TEXT.to_owned())
}

/// Each function is called again after a caught panic.
fn run() {
    let text = |panicking: &mut dyn FnMut()| {
        let payload = catch_unwind(AssertUnwindSafe(panicking)).unwrap_err();
        payload.downcast_ref::<String>().unwrap().clone()
    };
    assert_eq!(text(&mut above), TEXT);
    let mut later = || {
        let polled = pin!(panics_later()).poll(&mut Context::from_waker(Waker::noop()));
        assert!(polled.is_ready());
    };
    assert_eq!(text(&mut later), TEXT);
    assert_eq!(text(&mut full), TEXT);
    bad_attribute();
    assert!(fails().is_err());
    drop(create_span("after"));
}

fn spans() -> Vec<SpanData> {
    let memory = MemoryExporter::new();
    let config = TelemetryConfig::new("panics");
    let builder = TelemetryProvider::builder(config).with_span_exporter(memory.clone());
    let telemetry = builder.initialize().unwrap();
    run();
    telemetry.shutdown(Duration::from_secs(30)).unwrap();
    memory.spans()
}

fn attribute(span: &SpanData, key: &str) -> Option<String> {
    let found = span.attributes.iter().find(|it| it.key.as_str() == key);
    found.map(|it| it.value.to_string())
}

#[test]
fn the_message_of_a_panic_is_recorded() {
    floe_tests::alone!();
    let all = spans();
    assert_eq!(all.len(), 7);
    for name in ["above", "panics", "panics_later"] {
        let span = all.iter().find(|span| span.name == name).unwrap();
        assert_eq!(span.status, Status::error(TEXT), "{name}");
        assert_eq!(attribute(span, "exception.message").as_deref(), Some(TEXT));
    }
    let full = all.iter().find(|span| span.name == "full").unwrap();
    assert!(format!("{full:?}").contains(TEXT), "{full:?}");
    let warned = all.iter().find(|span| span.name == "bad_attribute").unwrap();
    let warning = attribute(warned, "floe.warning").unwrap();
    assert_eq!(warning, format!("attributes panicked: {TEXT}"));
    let fails = all.iter().find(|span| span.name == "fails").unwrap();
    assert_eq!(fails.status, Status::error(TEXT));
}
