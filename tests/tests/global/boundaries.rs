//! A provider with `context: boundaries`. No capture is active, so nested functions take the shortest code path.

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as TaskContext, Waker};
use std::thread;

use floe_telemetry::config::ContextMode;
use floe_telemetry::propagation::{extract_context, inject_headers};
use floe_telemetry::trace::InSpan;
use floe_telemetry::{FutureExt as _, TelemetryConfig, get_current_span, traced};
use floe_tests::{remote, remote_in};
use opentelemetry::trace::{SpanContext, TraceContextExt as _, TraceId};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::trace::SpanData;

/// Waits `shape % 3` times, and then awaits children as the other digits of `shape` tell, two levels deep. Returns the paths
/// of the nodes that have ended.
#[traced(name = path.clone())]
async fn node(path: String, shape: u32) -> Vec<String> {
    let own = get_current_span().span_context();
    for _ in 0..shape % 3 {
        tokio::task::yield_now().await;
    }
    let mut seen = Vec::new();
    if path.len() < 5 {
        let child = |name| child(format!("{path}{name}"), shape % 3 + 3 * (shape / 12));
        match shape / 3 % 4 {
            0 => seen.extend(child('a').await),
            1 => {
                let (a, b) = tokio::join!(child('a'), child('b'));
                seen.extend([a, b].concat());
            }
            2 => tokio::select! {
                biased;
                a = child('a') => seen.extend(a),
                b = child('b') => seen.extend(b),
            },
            _ => seen.extend(tokio::spawn(child('a').in_current_span()).await.unwrap()),
        }
    }
    assert_eq!(get_current_span().span_context(), own);
    seen.push(path);
    seen
}

fn child(path: String, shape: u32) -> Pin<Box<dyn Future<Output = Vec<String>> + Send>> {
    Box::pin(node(path, shape))
}

/// Runs 48 trees of futures. Returns what they return, and the names of the recorded spans with those of their parents.
fn trees(mode: ContextMode, is_sampled: bool) -> [Vec<String>; 2] {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let mut config = TelemetryConfig::new("trees");
    config.context = mode;
    let mut seen = Vec::new();
    let spans = super::pipeline::spans(config, || {
        let _attached = remote(is_sampled).attach();
        seen.extend(
            (0..48).flat_map(|shape| runtime.block_on(node(format!("{shape:02} "), shape))),
        );
    });

    let names: HashMap<_, _> =
        spans.iter().map(|span| (span.span_context.span_id(), &*span.name)).collect();
    let parent = |span: &SpanData| names.get(&span.parent_span_id).copied().unwrap_or_default();
    let mut edges: Vec<_> =
        spans.iter().map(|span| format!("{} < {}", span.name, parent(span))).collect();
    edges.sort();
    [seen, edges]
}

#[alone]
fn a_tree_of_futures_is_the_same_in_each_mode() {
    let [seen, edges] = trees(ContextMode::EverySpan, true);
    assert!(edges.len() > seen.len(), "some futures are dropped");
    assert_eq!(trees(ContextMode::Boundaries, true), [seen.clone(), edges]);
    assert_eq!(trees(ContextMode::EverySpan, false), [seen, Vec::new()]);
}

struct Recorded(Vec<SpanData>);

impl Recorded {
    fn below(parent: Context, body: impl FnOnce()) -> Self {
        let mut config = TelemetryConfig::new("bounded");
        config.context = ContextMode::Boundaries;
        Self(super::pipeline::spans(config, || {
            let _attached = parent.attach();
            body();
        }))
    }

    fn named(&self, name: &str) -> &SpanData {
        let mut spans = self.0.iter().filter(|span| span.name == name);
        let span = spans.next().unwrap();
        assert!(spans.next().is_none(), "more than one span `{name}`");
        span
    }

    fn assert_child(&self, child: &str, parent: &str) {
        let parent = &self.named(parent).span_context;
        let child = self.named(child);
        assert_eq!(child.parent_span_id, parent.span_id());
        assert_eq!(child.span_context.trace_id(), parent.trace_id());
        assert!(!child.parent_span_is_remote);
        assert!(child.span_context.is_sampled());
    }
}

#[traced]
fn root(body: impl FnOnce()) {
    body();
}

#[traced]
fn outer(body: impl FnOnce()) {
    body();
}

#[traced(attributes(rows))]
fn inner(rows: i64, body: impl FnOnce()) {
    body();
}

#[traced]
fn leaf() {}

#[traced]
fn last() {}

/// A scope that suppresses telemetry does not change the parent of the functions after it.
#[alone]
fn nested_functions_are_children_of_each_other() {
    let spans = Recorded::below(remote(true), || {
        root(|| {
            outer(|| {
                inner(3, || {
                    leaf();
                    let span = get_current_span().span_context();
                    assert_ne!(span.span_id(), Context::current().span().span_context().span_id());
                    Context::current().span().set_attribute(KeyValue::new("own", true));
                });

                let suppressed = Context::enter_telemetry_suppressed_scope();
                leaf();
                drop(suppressed);
                last();
            });
        });
    });

    assert_eq!(spans.0.len(), 5);
    assert!(spans.named("root").parent_span_is_remote);
    for (child, parent) in
        [("outer", "root"), ("inner", "outer"), ("leaf", "inner"), ("last", "outer")]
    {
        spans.assert_child(child, parent);
    }

    let inner = spans.named("inner");
    for attribute in [KeyValue::new("rows", 3), KeyValue::new("own", true)] {
        assert!(inner.attributes.contains(&attribute), "{inner:?}");
    }
}

#[alone]
fn an_attached_context_takes_precedence_until_it_is_detached() {
    let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let sender = extract_context(&[("traceparent", parent), ("tracestate", "vendor=1")]);
    let spans = Recorded::below(sender, || {
        root(|| {
            outer(|| {
                let second = Context::current().with_remote_span_context(remote_in(3, true));
                let attached = second.attach();
                inner(1, leaf);
                drop(attached);
                last();
            });
        });
    });

    let inner = spans.named("inner");
    assert_eq!(inner.span_context.trace_id(), TraceId::from(3));
    assert!(inner.parent_span_is_remote);
    spans.assert_child("leaf", "inner");
    spans.assert_child("last", "outer");
    for name in ["root", "outer", "last"] {
        assert_eq!(spans.named(name).span_context.trace_state().header(), "vendor=1");
    }
}

#[traced]
fn current() -> SpanContext {
    get_current_span().span_context()
}

/// Returns the headers of a request before and after a poll on another thread.
#[traced]
fn moved() -> [HashMap<String, String>; 2] {
    #[traced]
    async fn sends() -> [HashMap<String, String>; 2] {
        let before = inject_headers();
        tokio::task::yield_now().await;
        [before, inject_headers()]
    }

    let first = get_current_span().span_context();
    assert_eq!(*Context::current().span().span_context(), first);
    assert_ne!(current(), first);
    let suppressed = Context::enter_telemetry_suppressed_scope();
    assert_eq!(current(), first, "it has no span");
    drop(suppressed);
    let mut future = Box::pin(sends());
    assert!(future.as_mut().poll(&mut TaskContext::from_waker(Waker::noop())).is_pending());
    thread::spawn(|| futures_executor::block_on(future)).join().unwrap()
}

#[alone]
fn an_unsampled_future_sends_the_same_headers_from_another_thread() {
    let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";
    let rows = [
        ("baggage", ""),
        ("baggage", "tenant=acme"),
        ("tracestate", "vendor=1"),
        // OpenTelemetry's `TraceState` does not accept it.
        ("tracestate", "a@b@c=1"),
    ];
    for (name, value) in rows {
        let spans =
            Recorded::below(extract_context(&[("traceparent", parent), (name, value)]), || {
                let [before, after] = moved();
                assert_eq!(after, before);
                assert_eq!(after["traceparent"][..36], parent[..36]);
                assert_eq!(after.get(name).map_or("", |it| it), value);
            });
        assert!(spans.0.is_empty());
    }
}

type Boxed = Pin<Box<dyn Future<Output = Option<Arc<str>>> + Send>>;

#[traced]
fn tenant() -> impl Future<Output = Option<Arc<str>>> + Send {
    async { Context::map_current(|cx| cx.get().cloned()) }
}

#[traced]
fn tenant_of_caller() -> InSpan<Boxed> {
    let future: Boxed = Box::pin(async { Context::map_current(|cx| cx.get().cloned()) });
    future.in_current_span()
}

/// Where it was polled before, it also has the values of the context.
#[traced]
async fn tenant_later() -> Option<Arc<str>> {
    tokio::task::yield_now().await;
    tenant().await
}

#[alone]
fn a_future_that_is_made_in_a_call_has_its_context_on_another_thread() {
    #[traced]
    fn calls(expected: &Arc<str>) {
        let futures: [Boxed; 4] = [
            Box::pin(tenant()),
            Box::pin(tenant_of_caller()),
            Box::pin(tenant()),
            Box::pin(tenant_later()),
        ];
        for (n, future) in futures.into_iter().enumerate() {
            let run = || futures_executor::block_on(future);
            let found = if n > 1 { run() } else { thread::spawn(run).join().unwrap() };
            assert_eq!(found.as_ref(), Some(expected), "{n}");
        }
    }

    for is_sampled in [true, false] {
        let tenant = Arc::<str>::from("acme");
        drop(Recorded::below(remote(is_sampled).with_value(Arc::clone(&tenant)), || {
            calls(&tenant);
        }));
        assert_eq!(Arc::strong_count(&tenant), 1, "sampled: {is_sampled}");
    }
}
