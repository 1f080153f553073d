//! Entry points in errors and panics.

use std::error::Error;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind, panic_any};

use floe_telemetry::{create_span, get_current_span, record_exception, traced};
use floe_tests::Canary;
use opentelemetry::trace::{Span as _, TraceContextExt as _, Tracer as _};

use crate::Entry;

pub(crate) const ENTRIES: &[Entry] = &[
    ("error of text", |c| drop(text(c))),
    ("error with Display", |c| drop(display(c))),
    ("error with a source", |c| drop(source(c))),
    ("error with a source of a source", |c| drop(sources(c))),
    ("error with nothing but Debug", |c| drop(debug(c))),
    ("error in a box", |c| drop(boxed(c))),
    ("error of anyhow with a context", |c| drop(anyhow(c))),
    ("error of an async function", |c| {
        drop(futures_executor::block_on(asynchronous(c)));
    }),
    ("error whose Display panics", |c| drop(panicking_text(c))),
    ("error of several lines, as dbt prints them", |c| {
        drop(dbt(c));
    }),
    ("error longer than the limit", |c| drop(long(c))),
    ("panic with a String", |c| caught(|| formatted(c))),
    ("panic with a &str", |c| caught(|| literal(c))),
    ("panic with a box", |c| caught(|| payload(c))),
    ("panic in an async function", |c| {
        caught(|| futures_executor::block_on(asynchronous_panic(c)));
    }),
    ("panic in attributes", |c| {
        panicking_attribute(c);
    }),
    ("panic in attributes_fn", |c| {
        panicking_attributes_fn(c);
    }),
    ("error of attributes_fn", |c| {
        failing_attributes_fn(c);
    }),
    ("record_exception", |c| {
        let _span = create_span("record");
        record_exception(&Refused(c.text(), None));
    }),
    ("record_exception of the current span", |c| {
        let _span = create_span("record");
        get_current_span().record_exception(&Refused(c.text(), None));
    }),
    ("record_exception of a guard", |c| {
        create_span("record").record_exception(&Refused(c.text(), None));
    }),
    ("record_error of OpenTelemetry's Span", |c| {
        let mut span = floe_telemetry::get_tracer("plain").start("plain");
        span.record_error(&Refused(c.text(), None));
    }),
    ("record_error of OpenTelemetry's SpanRef", |c| {
        let _span = create_span("ours");
        opentelemetry::Context::current().span().record_error(&Refused(c.text(), None));
    }),
];

#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Refused(String, #[source] Option<Box<Refused>>);

fn caused(text: &str, by: Refused) -> Refused {
    Refused(text.to_owned(), Some(Box::new(by)))
}

fn caught<T>(run: impl FnOnce() -> T) {
    assert!(catch_unwind(AssertUnwindSafe(run)).is_err());
}

#[traced]
fn text(c: &Canary) -> Result<(), String> {
    Err(c.text())
}

#[traced]
fn display(c: &Canary) -> Result<(), Refused> {
    Err(Refused(c.text(), None))
}

#[traced]
fn source(c: &Canary) -> Result<(), Refused> {
    Err(caused("the load failed", Refused(c.text(), None)))
}

#[traced]
fn sources(c: &Canary) -> Result<(), Refused> {
    let inner = caused("no connection", Refused(c.text(), None));
    Err(caused("the load failed", inner))
}

#[traced]
fn debug(c: &Canary) -> Result<(), OnlyDebug> {
    Err(OnlyDebug { _text: c.text() })
}

#[derive(Debug)]
struct OnlyDebug {
    _text: String,
}

#[traced]
fn boxed(c: &Canary) -> Result<(), Box<dyn Error>> {
    Err(c.text().into())
}

#[traced]
fn anyhow(c: &Canary) -> anyhow::Result<()> {
    Err(anyhow::anyhow!(c.text()).context("the load failed"))
}

#[traced]
async fn asynchronous(c: &Canary) -> Result<(), String> {
    Err(c.text())
}

#[traced]
fn panicking_text(c: &Canary) -> Result<(), PanickingText> {
    Err(PanickingText(c.text()))
}

#[derive(Debug)]
struct PanickingText(String);

impl fmt::Display for PanickingText {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        panic!("{}", self.0)
    }
}

impl Error for PanickingText {}

/// Fails with a log line in JSON that contains the error message of a warehouse.
#[traced]
fn dbt(c: &Canary) -> Result<(), String> {
    let message = format!(
        "Database Error in model orders (models/orders.sql)\n  {}\n  compiled code at target/run",
        c.text()
    );

    let line = serde_json::json!({
        "info": { "name": "RunResultError", "level": "error", "msg": message },
        "data": { "node_info": { "unique_id": "model.shop.orders" } },
    });

    Err(line.to_string())
}

/// Fails with a text in which the size limit cuts the credential.
#[traced]
fn long(c: &Canary) -> Result<(), String> {
    let text = c.text();
    let before = "a word. ".repeat(64);
    let from = 500 - text.len() + 6;
    Err(format!("{}{text}", &before[..from]))
}

#[traced]
fn formatted(c: &Canary) {
    panic!("{}", c.text());
}

#[traced]
fn literal(c: &Canary) {
    let text: &'static str = Box::leak(c.text().into());
    panic_any(text);
}

/// Panics with a payload of an unknown type, which is not recorded. Therefore the marker is in the span's name.
#[traced(name = c.marker().to_owned())]
fn payload(c: &Canary) {
    panic_any(Box::new(Refused(c.text(), None)));
}

#[traced]
async fn asynchronous_panic(c: &Canary) {
    panic!("{}", c.text());
}

#[traced(attributes(broken = broken(c)))]
fn panicking_attribute(c: &Canary) {
    let _ = c;
}

fn broken(c: &Canary) -> bool {
    panic!("{}", c.text())
}

#[traced(attributes_fn = |c| [("broken", broken(c))])]
fn panicking_attributes_fn(c: &Canary) {
    let _ = c;
}

#[traced(attributes_fn = |c| Err::<Vec<opentelemetry::KeyValue>, _>(c.text()))]
fn failing_attributes_fn(c: &Canary) {
    let _ = c;
}
