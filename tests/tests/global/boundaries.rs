//! A provider with `context: boundaries`. No capture is active, so nested functions take the shortest code path.

use floe_telemetry::config::ContextMode;
use floe_telemetry::{TelemetryConfig, get_current_span, traced};
use floe_tests::{remote, remote_in};
use opentelemetry::trace::{SpanContext, TraceContextExt as _, TraceId, TraceState};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::trace::SpanData;

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
    let spans = Recorded::below(remote(true), || {
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
}

#[alone]
fn nested_spans_keep_the_trace_state_and_the_decision() {
    let state = TraceState::from_key_value([("vendor", "1")]).unwrap();
    for is_sampled in [true, false] {
        let sender = remote_in(5, is_sampled);
        let ids = (sender.trace_id(), sender.span_id());
        let flags = sender.trace_flags();
        let parent = SpanContext::new(ids.0, ids.1, flags, true, state.clone());
        let spans = Recorded::below(Context::new().with_remote_span_context(parent), || {
            root(|| outer(leaf));
        });

        assert_eq!(spans.0.len(), if is_sampled { 3 } else { 0 });
        assert!(spans.0.iter().all(|span| *span.span_context.trace_state() == state));
    }
}
