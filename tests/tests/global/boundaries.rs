//! A provider with `context: boundaries` and no capture, where nested functions take the shortest path.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::sync::LazyLock;
use std::time::Duration;

use floe_telemetry::config::ContextMode;
use floe_telemetry::exporter::MemoryExporter;
use floe_telemetry::{TelemetryConfig, TelemetryProvider, get_current_span, traced};
use opentelemetry::trace::{
    SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId, TraceState,
};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::trace::SpanData;

static TELEMETRY: LazyLock<(TelemetryProvider, MemoryExporter)> = LazyLock::new(|| {
    let memory = MemoryExporter::new();
    let mut config = TelemetryConfig::new("bounded");
    config.context = ContextMode::Boundaries;
    let provider =
        TelemetryProvider::builder(config).with_span_exporter(memory.clone()).initialize();
    (provider.unwrap(), memory)
});

/// The spans of the recorded traces, by name.
struct Recorded(Vec<SpanData>);

impl Recorded {
    fn by(traces: &[TraceId], body: impl FnOnce()) -> Self {
        let (provider, memory) = &*TELEMETRY;
        body();
        provider.force_flush(Duration::from_secs(20)).unwrap();
        let mut spans = memory.spans();
        spans.retain(|span| traces.contains(&span.span_context.trace_id()));
        Self(spans)
    }

    fn named(&self, name: &str) -> &SpanData {
        let mut spans = self.0.iter().filter(|span| span.name == name);
        let span = spans.next().unwrap();
        assert!(spans.next().is_none(), "one span `{name}`");
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

fn remote(trace: u128, state: TraceState) -> SpanContext {
    let flags = TraceFlags::SAMPLED;
    SpanContext::new(TraceId::from(trace), SpanId::from(0x17), flags, true, state)
}

fn in_trace(trace: u128, body: impl FnOnce()) -> Recorded {
    LazyLock::force(&TELEMETRY);
    let parent = remote(trace, TraceState::NONE);
    Recorded::by(&[TraceId::from(trace)], || {
        let _attached = Context::new().with_remote_span_context(parent).attach();
        body();
    })
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

#[test]
fn nested_functions_are_children_of_each_other() {
    floe_tests::alone!();
    let spans = in_trace(1, || {
        root(|| {
            outer(|| {
                inner(3, || {
                    leaf();
                    let span = get_current_span().span_context();
                    assert_ne!(span.span_id(), Context::current().span().span_context().span_id());
                    Context::current().span().set_attribute(KeyValue::new("own", true));
                });
                last();
            });
        });
    });
    assert_eq!(spans.0.len(), 5);
    assert!(spans.named("root").parent_span_is_remote);
    spans.assert_child("outer", "root");
    spans.assert_child("inner", "outer");
    spans.assert_child("leaf", "inner");
    spans.assert_child("last", "outer");
    let inner = spans.named("inner");
    for attribute in [KeyValue::new("rows", 3), KeyValue::new("own", true)] {
        assert!(inner.attributes.contains(&attribute), "{inner:?}");
    }
}

#[test]
fn a_context_that_is_attached_takes_precedence_while_it_is() {
    floe_tests::alone!();
    let traces = [2, 3].map(TraceId::from);
    LazyLock::force(&TELEMETRY);
    let spans = Recorded::by(&traces, || {
        let first = remote(2, TraceState::NONE);
        let _attached = Context::new().with_remote_span_context(first).attach();
        root(|| {
            outer(|| {
                let second = remote(3, TraceState::NONE);
                let attached = Context::current().with_remote_span_context(second).attach();
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
}

#[test]
fn a_function_where_telemetry_is_suppressed_has_no_span() {
    floe_tests::alone!();
    let spans = in_trace(4, || {
        root(|| {
            let suppressed = Context::enter_telemetry_suppressed_scope();
            leaf();
            drop(suppressed);
            last();
        });
    });
    assert!(spans.0.iter().all(|span| span.name != "leaf"));
    spans.assert_child("last", "root");
}

#[test]
fn nested_spans_keep_the_trace_state() {
    floe_tests::alone!();
    let state = TraceState::from_key_value([("vendor", "1")]).unwrap();
    let parent = remote(5, state.clone());
    LazyLock::force(&TELEMETRY);
    let spans = Recorded::by(&[TraceId::from(5)], || {
        let _attached = Context::new().with_remote_span_context(parent).attach();
        root(|| outer(leaf));
    });
    for name in ["root", "outer", "leaf"] {
        assert_eq!(*spans.named(name).span_context.trace_state(), state);
    }
    spans.assert_child("leaf", "outer");
}

#[test]
fn below_a_span_that_is_not_sampled_nothing_is_recorded() {
    floe_tests::alone!();
    LazyLock::force(&TELEMETRY);
    let context = remote(6, TraceState::NONE);
    let context = SpanContext::new(
        context.trace_id(),
        context.span_id(),
        TraceFlags::default(),
        true,
        TraceState::NONE,
    );
    let spans = Recorded::by(&[TraceId::from(6)], || {
        let _attached = Context::new().with_remote_span_context(context).attach();
        root(|| outer(leaf));
    });
    assert!(spans.0.is_empty());
}
