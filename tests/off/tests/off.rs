//! `cargo test --manifest-path tests/off/Cargo.toml`: everything compiles, runs, and leaves nothing behind.

#![allow(
    dead_code,
    unused_imports,
    reason = "what only an attribute names is not used"
)]

use std::borrow::Cow;
use std::future::Future;
use std::mem::size_of_val;
use std::pin::Pin;

use floe_telemetry::{
    FloeAttributes, FloeSpanAttributes, Mode, RecorderTracerProvider, SpanKind, callsite,
    create_span, create_span_with, get_current_span, get_tracer, record_exception, traced,
};
use futures_core::Stream;
use opentelemetry::trace::{Span, SpanContext, Status, TraceContextExt, Tracer, TracerProvider};
use opentelemetry::{Context, KeyValue};

#[derive(FloeAttributes)]
#[floe(prefix = "load")]
struct Load {
    rows: i64,
}

fn unreachable_attributes(_: &i64) -> [KeyValue; 1] {
    unreachable!("nothing is evaluated")
}

fn is_error(result: &Result<i64, String>) -> bool {
    unreachable!("nothing is looked at: {result:?}")
}

#[traced(
    name = format!("load.{}", unreachable_attributes(&rows).len()),
    kind = client,
    attributes(rows, "a.b" = rows, text = ?rows),
    attributes_fn = unreachable_attributes,
    floe_attributes = Load { rows: unreachable_attributes(&rows).len() as i64 },
    root,
    links = [SpanContext::NONE],
    error_if = is_error,
    metrics,
)]
fn load(rows: i64) -> Result<i64, String> {
    assert!(!Context::current().has_active_span());
    Ok(rows)
}

#[traced(parent = parent)]
async fn later(parent: Context, big: [u8; 1024]) -> u8 {
    drop(parent);
    std::future::ready(()).await;
    big[0]
}

async fn plain(parent: Context, big: [u8; 1024]) -> u8 {
    drop(parent);
    std::future::ready(()).await;
    big[0]
}

#[traced]
fn boxed(n: u8) -> Pin<Box<dyn Future<Output = u8>>> {
    Box::pin(std::future::ready(n))
}

struct Nothing;

#[traced(kind = server)]
impl Stream for Nothing {
    type Item = u8;

    fn poll_next(
        self: Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<u8>> {
        std::task::Poll::Ready(None)
    }

    #[traced(skip)]
    fn size_hint(&self) -> (usize, Option<usize>) {
        (0, Some(0))
    }
}

#[traced]
fn stream() -> impl Stream<Item = u8> {
    Nothing
}

#[tokio::test(flavor = "current_thread")]
async fn nothing_is_left() {
    assert_eq!(load(3), Ok(3));
    assert_eq!(boxed(2).await, 2);
    assert_eq!(stream().size_hint(), (0, Some(0)));
    let (with, without) = (
        later(Context::new(), [1; 1024]),
        plain(Context::new(), [1; 1024]),
    );
    assert_eq!(size_of_val(&with), size_of_val(&without));
    assert_eq!(with.await + without.await, 2);
    assert_eq!(callsite::all().count(), 0);
}

#[test]
fn spans_by_hand_record_nothing() {
    let span = create_span(Cow::Borrowed("by.hand"));
    span.set_attribute("n", 1);
    span.set_attributes(&Load { rows: 1 });
    span.set_status(Status::Ok);
    assert!(!span.is_recording());
    assert!(!get_current_span().is_recording());
    record_exception(&std::fmt::Error);
    assert!(!create_span_with("other", |span| span.is_recording()));
    assert!(!get_tracer("tracer").start("plain").is_recording());
    let tracer = RecorderTracerProvider::default().tracer("tracer");
    assert!(
        !tracer
            .span_builder("built")
            .with_kind(SpanKind::Server)
            .start(&tracer)
            .is_recording()
    );
    assert_eq!(Load::KEYS, ["load.rows"]);
    let identity = FloeSpanAttributes::new("sales", "orders", "1.0.0", Mode::Dev);
    assert!(!identity.to_otel_dict().is_empty());
}
