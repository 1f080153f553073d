//! `cargo test --manifest-path tests/off/Cargo.toml`: everything compiles, runs and records
//! nothing.

#![allow(dead_code, unused_imports, reason = "some items are used only in attributes")]

#[path = "../../src/before_main.rs"]
mod before_main;

use std::borrow::Cow;
use std::collections::HashMap;
use std::future::Future;
use std::mem::size_of_val;
use std::pin::Pin;

use async_trait::async_trait;
use floe_telemetry::trace::RecorderTracerProvider;
use floe_telemetry::{
    FloeAttributes, FloeSpanAttributes, Mode, SpanKind, callsite, create_span, create_span_with,
    get_current_span, get_tracer, record_exception, traced,
};
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
    unreachable!("nothing inspects a result: {result:?}")
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

/// Derived attributes are recorded as in `tests/it`, two of whose files are compiled here.
mod derive {
    use floe_telemetry::FloeAttributes;
    use opentelemetry::Value;

    pub(crate) fn recorded(attributes: &impl FloeAttributes) -> Vec<(String, Value)> {
        let pairs = attributes.to_otel_dict().into_iter();
        pairs.map(|pair| (pair.key.to_string(), pair.value)).collect()
    }

    pub(crate) fn pairs<const N: usize>(pairs: [(&str, Value); N]) -> Vec<(String, Value)> {
        pairs.map(|(key, value)| (key.to_owned(), value)).into()
    }
}

#[path = "../../tests/it/derive_shapes.rs"]
mod derive_shapes;

#[path = "../../tests/it/derive_values.rs"]
mod derive_values;

#[traced(kind = server, parent = headers)]
fn below_headers(headers: &HashMap<String, String>) -> usize {
    headers.len()
}

#[traced(parent = headers, attributes(path))]
async fn below_http(headers: http::HeaderMap, path: &str) -> usize {
    headers.len() + path.len()
}

#[traced(boxed, attributes(depth))]
async fn down(depth: u32) -> u32 {
    // Without the box the type of the function would be infinite.
    if depth == 0 { 0 } else { down(depth - 1).await + 1 }
}

struct Tree(Vec<Tree>);

#[traced(boxed)]
impl Tree {
    async fn count(&self) -> usize {
        let mut sum = 1;
        for child in &self.0 {
            sum += child.count().await;
        }
        sum
    }
}

mod telemetry {
    pub(super) use floe_telemetry::*;
}

#[traced(crate = crate::telemetry)]
fn elsewhere() -> std::future::Ready<u8> {
    std::future::ready(1)
}

#[async_trait]
trait Store {
    async fn load(&self, key: &str) -> Result<usize, String>;

    #[traced(attributes(self_len = self.len()))]
    async fn reload(&self, key: &str) -> Result<usize, String> {
        self.load(key).await
    }

    fn len(&self) -> usize;
}

struct Below;

#[async_trait]
#[traced(attributes(key))]
impl Store for Below {
    #[traced(kind = server)]
    async fn load(&self, key: &str) -> Result<usize, String> {
        Ok(key.len())
    }

    #[cfg_attr(all(), traced(skip))]
    fn len(&self) -> usize {
        0
    }
}

#[tokio::test(flavor = "current_thread")]
async fn each_annotated_form_runs_unchanged() {
    assert_eq!(below_headers(&HashMap::new()), 0);
    assert_eq!(below_http(http::HeaderMap::new(), "/").await, 1);
    assert_eq!(down(3).await + u32::from(elsewhere().await), 4);
    assert_eq!(Tree(vec![Tree(vec![]), Tree(vec![])]).count().await, 3);
    assert_eq!(Below.load("key").await, Ok(3));
    assert_eq!(Below.reload("key").await, Ok(3));
    assert_eq!(callsite::all().count(), 0);
}

#[tokio::test(flavor = "current_thread")]
async fn no_call_site_and_no_state_of_a_span_remain() {
    assert_eq!(load(3), Ok(3));
    assert_eq!(boxed(2).await, 2);
    let (with, without) = (later(Context::new(), [1; 1024]), plain(Context::new(), [1; 1024]));
    assert_eq!(size_of_val(&with), size_of_val(&without));
    assert_eq!(with.await + without.await, 2);
    assert_eq!(callsite::all().count(), 0);
}

#[test]
fn manual_spans_record_nothing() {
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
        !tracer.span_builder("built").with_kind(SpanKind::Server).start(&tracer).is_recording()
    );
    assert_eq!(Load::KEYS, ["load.rows"]);
    let identity = FloeSpanAttributes::new("sales", "orders", "1.0.0", Mode::Dev);
    let attributes = identity.to_otel_dict();
    let keys: Vec<_> = attributes.iter().map(|pair| pair.key.as_str()).collect();
    assert_eq!(keys, ["floe.namespace", "floe.product.name", "floe.product.version", "floe.mode"]);
}

#[test]
fn nothing_runs_before_main() {
    before_main::assert_nothing_runs_before_main(&std::env::args().next().unwrap());
}
