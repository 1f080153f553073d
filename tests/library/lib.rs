//! A library that only annotates its functions. It depends on floe-telemetry alone.

use std::collections::HashMap;

use floe_telemetry::opentelemetry::trace::{Span as _, Status, TraceContextExt as _, Tracer as _};
use floe_telemetry::opentelemetry::{Context, KeyValue};
use floe_telemetry::{
    FloeAttributes, SpanKind, Tracer, add_event, create_span, get_current_span, get_tracer,
    propagation, record_exception, set_attribute, span, traced,
};

static TRACER: Tracer = floe_telemetry::tracer!("library.store");

#[traced(kind = client, attributes(table, rows))]
pub fn load(table: &str, rows: u64) {}

#[traced(name = format!("around {name}"))]
pub fn around(name: &str, code: impl FnOnce()) {
    code();
}

/// Fails to parse a text that is a credential.
#[traced]
pub fn fail() -> Result<(), std::num::ParseIntError> {
    "password=hunter2".parse::<u8>().map(drop)
}

#[traced]
pub fn refuse(text: &str) -> Result<(), String> {
    Err(text.to_owned())
}

#[traced]
pub fn burst() {
    panic!("password=hunter2");
}

#[traced(attributes(rows = "password=hunter2".parse::<u64>().expect("password=hunter2")))]
pub fn describe() {}

#[traced(attributes(rows))]
pub async fn wait(rows: u64) {
    pause().await;
    load("orders", rows);
    pause().await;
}

pub async fn pause() {
    let mut is_ready = false;
    std::future::poll_fn(|task| {
        task.waker().wake_by_ref();
        let ready = if is_ready { std::task::Poll::Ready(()) } else { std::task::Poll::Pending };
        is_ready = true;
        ready
    })
    .await;
}

pub fn by_hand() {
    let outer = TRACER.span("store.read").kind(SpanKind::Client).attribute("rows", 3).start();
    outer.set_attribute("rows", 4);
    get_current_span().add_event("read", Vec::new());
    let inner = create_span("inner");
    record_exception(&std::io::Error::other("secret=hunter2abc"));
    drop(inner);
    drop(span("last").root().start());
}

#[derive(FloeAttributes)]
#[floe(prefix = "order")]
pub struct Order {
    pub id: u64,
    pub region: Option<&'static str>,
}

/// Clippy's lints for a canonical `clone` and for a returned argument look only at the body of a function.
#[derive(Copy)]
pub struct Row;

#[traced]
impl Clone for Row {
    fn clone(&self) -> Self {
        *self
    }
}

#[traced]
pub fn first_or<'a>(rows: &'a Vec<u64>, other: &'a Vec<u64>) -> &'a Vec<u64> {
    if rows.is_empty() { other } else { rows }
}

/// Rows with a method `next`. Although the method of a trait has this name, clippy accepts it for an `async fn`.
pub struct Rows(pub Vec<u64>);

#[traced]
impl Rows {
    pub async fn next(&mut self) -> Option<u64> {
        self.0.pop()
    }
}

/// Continues the trace of a message, and links to it.
#[traced(
    kind = consumer,
    metrics,
    parent = headers,
    links = propagation::extract_span_context(headers),
    floe_attributes = order
)]
pub fn receive(headers: &HashMap<String, String>, order: &Order) {
    set_attribute("order.items", 3);
    add_event("received", []);
}

/// Opens a span with OpenTelemetry's API. The span ends only when its context is dropped.
pub fn by_api() {
    let tracer = get_tracer("library.api");
    let builder = tracer.span_builder("store.send").with_kind(SpanKind::Producer);
    let mut span = builder.with_attributes([KeyValue::new("rows", 3)]).start(&tracer);
    span.set_attribute(KeyValue::new("table", "orders"));
    span.record_error(&std::io::Error::other("secret=hunter2abc"));
    span.set_status(Status::error("secret=hunter2abc"));
    let _attached = Context::current_with_span(span).attach();
    load("orders", 3);
}
