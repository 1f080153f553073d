//! `OpenTelemetrySpanExt`: OpenTelemetry's part of a `tracing` span.

use std::collections::HashMap;
use std::time::{Duration, SystemTime};

use floe_telemetry::propagation::inject_context;
use floe_telemetry::tracing::{OpenTelemetrySpanExt, SetParentError};
use floe_telemetry::{testing, tracing_layer};
use opentelemetry::baggage::BaggageExt;
use opentelemetry::trace::{SpanContext, SpanKind, Status, TraceContextExt, TraceState};
use opentelemetry::{Context, KeyValue, SpanId, TraceFlags, TraceId, Value};
use tracing::dispatcher::with_default;
use tracing::field::Empty;
use tracing::level_filters::LevelFilter;
use tracing::{Dispatch, Span, debug_span, info, info_span};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::SubscriberExt;

use super::{record, record_in, subscriber};

fn remote(trace: u128, span: u64) -> SpanContext {
    let state = TraceState::from_key_value([("vendor", "value")]).unwrap();
    SpanContext::new(TraceId::from(trace), SpanId::from(span), TraceFlags::SAMPLED, true, state)
}

fn parent(trace: u128, span: u64) -> Context {
    Context::current()
        .with_baggage([KeyValue::new("tenant", "a")])
        .with_remote_span_context(remote(trace, span))
}

#[test]
fn a_parent_can_be_set_until_the_span_is_used() {
    let spans = record(|| {
        let span = info_span!("request", otel.kind = "server", rows = 1, late = Empty);
        info!(parent: None, "elsewhere");
        span.record("late", 2);
        assert_eq!(span.set_parent(parent(7, 8)), Ok(()));
        assert_eq!(span.set_parent(parent(17, 18)), Ok(()));
        span.in_scope(|| {
            assert_eq!(Context::current().baggage().get("tenant"), Some(&"a".into()));
            drop(info_span!("inside"));
        });

        drop(info_span!(parent: &span, "below"));
        assert_eq!(span.set_parent(parent(9, 9)), Err(SetParentError::AlreadyStarted));
    });

    assert_eq!(spans.len(), 3);
    let request = spans.single("request").assert_attribute("rows", 1).assert_attribute("late", 2);
    assert_eq!(request.data().span_kind, SpanKind::Server);
    assert_eq!(request.span_context().trace_id(), TraceId::from(17));
    assert_eq!(request.data().parent_span_id, SpanId::from(18));
    assert!(request.data().parent_span_is_remote);
    assert_eq!(request.span_context().trace_state().get("vendor"), Some("value"));
    spans.single("inside").assert_child_of("request");
    spans.single("below").assert_child_of("request");
}

#[test]
fn the_parent_of_a_span_whose_context_was_used_stays() {
    let spans = record(|| {
        let entered = info_span!("entered");
        entered.in_scope(|| ());
        let read = info_span!("read");
        let _ = read.context();
        let has_child = info_span!("has a child");
        drop(info_span!(parent: &has_child, "child"));
        let followed = info_span!("followed");
        info_span!("follower").follows_from(&followed);
        for span in [entered, read, has_child, followed] {
            assert_eq!(span.set_parent(parent(7, 8)), Err(SetParentError::AlreadyStarted));
        }
    });

    assert_eq!(spans.len(), 6);
    assert!(spans.iter().all(|span| span.span_context().trace_id() != TraceId::from(7)));
}

/// Spans of two subscribers may have the same id.
#[test]
fn a_parent_of_a_span_of_another_subscriber_changes_no_end() {
    let [one, other] = [subscriber(), subscriber()];
    let spans = testing::capture(|| {
        let span = with_default(&one, || info_span!("span"));
        let same = with_default(&other, || info_span!("same"));
        assert_eq!(span.id(), same.id());
        span.in_scope(|| assert_eq!(same.set_parent(parent(7, 8)), Ok(())));
        with_default(&one, || drop(info_span!("later")));
        drop(span);
    });

    assert!(spans.single("span").times().1 <= spans.single("later").times().0);
}

#[test]
fn the_context_follows_the_parent_to_every_thread() {
    let spans = record(|| {
        let span = info_span!("moved");
        let cx = parent(7, 8);
        std::thread::scope(|scope| {
            scope.spawn(|| assert_eq!(span.set_parent(cx), Ok(())));
        });

        span.in_scope(|| drop(info_span!("inside")));
    });

    spans.single("inside").assert_child_of("moved");
    assert_eq!(spans.single("moved").data().parent_span_id, SpanId::from(8));
}

#[test]
fn a_disabled_span_has_no_parent_of_its_own() {
    assert_eq!(Span::none().set_parent(parent(7, 8)), Err(SetParentError::SpanDisabled));
    with_default(&Dispatch::new(tracing_subscriber::registry()), || {
        let span = info_span!("without the layer");
        assert_eq!(span.set_parent(parent(7, 8)), Err(SetParentError::LayerNotFound));
        assert!(!span.context().has_active_span());
        span.set_attribute("nobody", "listens");
    });

    let layer = tracing_layer().with_filter(LevelFilter::INFO);
    let all = tracing_subscriber::filter::filter_fn(|_| true);
    let layers = tracing_subscriber::registry()
        .with(layer)
        .with(tracing_subscriber::layer::Identity::new().with_filter(all));
    let spans = record_in(layers, || {
        let outer = info_span!("outer").entered();
        let detail = debug_span!("detail");
        assert_eq!(detail.set_parent(parent(7, 8)), Err(SetParentError::SpanDisabled));
        let within = detail.context();
        assert_eq!(within.span().span_context(), outer.context().span().span_context());
    });

    assert_eq!(spans.names(), ["outer"]);
}

#[test]
fn the_context_is_that_of_the_span() {
    let spans = record(|| {
        let span = info_span!("outer");
        let cx = span.context();
        assert!(!Context::current().has_active_span());
        let mut headers = HashMap::new();
        {
            let _attached = cx.clone().attach();
            inject_context(&mut headers);
        }

        span.set_attribute("traceparent", headers["traceparent"].clone());
        span.in_scope(|| {
            assert_eq!(cx.span().span_context(), Context::current().span().span_context());
        });
    });

    let outer = spans.single("outer");
    let ids = outer.span_context();
    let expected = format!("00-{}-{}-01", ids.trace_id(), ids.span_id());
    outer.assert_attribute("traceparent", expected);
}

#[test]
fn a_span_has_attributes_that_are_not_declared_as_fields() {
    let at = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
    let spans = record(|| {
        let span = info_span!("outer", rows = 1);
        span.set_attribute("rows", 2);
        span.set_attribute("table", "orders");
        span.add_event("read", vec![KeyValue::new("n", 1)]);
        span.add_event_with_timestamp("earlier", at, Vec::new());
        span.add_link(remote(5, 6));
        span.add_link_with_attributes(remote(7, 8), vec![KeyValue::new("why", "retry")]);
        span.add_link(SpanContext::NONE);
        span.set_status(Status::Ok);
        span.set_status(Status::error("too late"));
        info_span!("failed").set_status(Status::error("password=hunter2"));
    });

    let outer = spans
        .single("outer")
        .assert_attribute("rows", 2)
        .assert_attribute("table", "orders")
        .assert_ok()
        .assert_event("read")
        .assert_event("earlier");
    let earlier = outer.events().iter().find(|event| event.name == "earlier").unwrap();
    assert_eq!(earlier.timestamp, at);
    let links = &outer.data().links.links;
    assert_eq!(links.len(), 2);
    assert_eq!(links[1].span_context, remote(7, 8));
    assert_eq!(links[1].attributes[0].value, Value::from("retry"));
    spans.single("failed").assert_error("password=<REDACTED>");
}

/// Events of both interfaces are merged by time, and later values replace earlier ones.
#[test]
fn updates_of_fields_and_of_the_trait_are_one_sequence() {
    let spans = record(|| {
        let span = info_span!("outer", rows = Empty);
        span.set_attribute("rows", 1);
        span.record("rows", 2);
        span.in_scope(|| info!("first"));
        span.add_event("second", Vec::new());
    });

    let outer = spans.single("outer").assert_attribute("rows", 2);
    let names: Vec<_> = outer.events().iter().map(|event| &*event.name).collect();
    assert_eq!(names, ["first", "second"]);
}
