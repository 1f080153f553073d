//! Span limits, from the configuration to the receiver. Attribute keys are unique and not empty wherever OTLP has
//! attributes, and a link without contents is not recorded. `tests/differential` compares spans before their encoding
//! with those of OpenTelemetry's SDK.

use std::collections::BTreeMap;

use floe_telemetry::{
    MetricRecorder, TelemetryConfig, TelemetryProvider, create_span, get_tracer, set_attribute,
    span, traced,
};
use floe_tests::{ReceivedLink, Receiver, Value, remote_in};
use opentelemetry::trace::{
    Span as _, SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId, TraceState,
    Tracer as _, TracerProvider as _,
};
use opentelemetry::{Context, InstrumentationScope, KeyValue};

use super::pipeline::{BOTH, Pipeline, spans};

/// The limit of events and of links.
const ITEMS: usize = 128;

#[alone]
fn dropped_items_are_counted_on_the_wire() {
    let pipeline = Pipeline::http(|config| {
        let limits = &mut config.limits;
        limits.attribute_count = 2;
        limits.attribute_value_length = Some(12);
        config.span_attributes = [("team".to_owned(), "checkout".to_owned())].into();
    });

    let mut span = get_tracer("limits").start("limited");
    span.set_attribute(KeyValue::new("text", "grüße an alle"));
    // Text is redacted before it is truncated, because half of a credential would not be
    // recognized.
    span.set_attribute(KeyValue::new("url", "http://floe:hunter2@db"));
    span.set_attribute(KeyValue::new("one.too.many", 1));
    for number in 1..=ITEMS + 2 {
        span.add_event(
            format!("event {number}"),
            vec![
                KeyValue::new("a", "0123456789abcdef"),
                KeyValue::new("b", 2),
                KeyValue::new("c", 3),
            ],
        );

        span.add_link(remote_in(7, true), vec![KeyValue::new("a", 1)]);
    }

    span.end();
    pipeline.shut_down();

    let span = &pipeline.receiver.spans()[0];
    assert_eq!(span.attributes["text"], "grüße an all");
    assert_eq!(span.attributes["url"], "http://<REDA");
    assert!(!span.attributes.contains_key("one.too.many"));
    // Attributes of the process do not count towards the limit. The source location counts, and has no room here.
    assert_eq!(span.attributes.len(), 3);
    assert_eq!(span.attributes["team"], "checkout");
    assert_eq!(span.events.len(), ITEMS);
    assert_eq!(span.events[0].name, "event 1");
    assert_eq!(span.events[0].attributes["a"], "0123456789ab");
    assert_eq!(span.events[0].attributes.len(), 2);
    assert_eq!(span.links.len(), ITEMS);
    assert_eq!(span.links[0].attributes.len(), 1);
    let dropped = (span.dropped_attributes, span.dropped_events, span.dropped_links);
    assert_eq!(dropped, (1, 2, 2));
}

#[alone]
fn the_limit_of_attributes_can_be_raised() {
    const LIMIT: usize = 1000;
    let pipeline = Pipeline::http(|config| config.limits.attribute_count = 1000);
    let wide = |items: usize| {
        let _span = create_span("wide");
        for n in 0..items {
            set_attribute(format!("key.{n}"), n);
        }
    };

    for items in [LIMIT - 1, LIMIT, LIMIT + 100] {
        wide(items);
    }

    pipeline.shut_down();
    let spans = pipeline.receiver.spans();
    for (span, expected) in spans.iter().zip([LIMIT - 1, LIMIT, LIMIT]) {
        let own = span.attributes.keys().filter(|key| key.starts_with("key."));
        assert_eq!(own.count(), expected);
        // The attributes of the source location get the remaining room.
        assert_eq!(span.attributes.len(), LIMIT);
    }

    assert_eq!(spans.len(), 3);
}

#[alone]
fn a_text_of_an_error_that_was_cut_is_marked() {
    #[traced]
    fn fails() -> Result<(), String> {
        Err("cannot read the orders".to_owned())
    }

    let mut config = TelemetryConfig::new("limits");
    config.limits.attribute_value_length = Some(11);
    let span = &spans(config, || drop(fails()))[0];
    assert_eq!(span.status, opentelemetry::trace::Status::error("cannot rea…"));
    let of = |attributes: &[KeyValue], key: &str| {
        let found = attributes.iter().find(|own| own.key.as_str() == key);
        found.map(|own| own.value.as_str().into_owned())
    };

    let event = &span.events.events[0].attributes;
    for attributes in [&span.attributes, event] {
        let message = of(attributes, "exception.message");
        assert_eq!(message.as_deref(), Some("cannot rea…"));
        // Other texts are cut without a mark, as the specification says.
        assert_eq!(of(attributes, "exception.type").as_deref(), Some("alloc::stri"));
    }

    assert_eq!(of(event, "exception.stacktrace"), None);
}

fn repeated() -> Vec<KeyValue> {
    vec![
        KeyValue::new("again", 1),
        KeyValue::new("", "without a key"),
        KeyValue::new("other", "x"),
        KeyValue::new("again", 2),
        KeyValue::new("again", 3),
    ]
}

fn attributes<const N: usize>(expected: [(&str, Value); N]) -> BTreeMap<String, Value> {
    BTreeMap::from(expected.map(|(key, value)| (key.to_owned(), value)))
}

fn exported() -> BTreeMap<String, Value> {
    attributes([("again", 3.into()), ("other", "x".into())])
}

#[traced(attributes(again = 1), attributes_fn = || [("again", 2)])]
fn annotated() {}

fn github_token(last: char) -> String {
    ["gh", "p_16C7e42F292c6912E7710c838347Ae178B4", &last.to_string()].concat()
}

fn record_spans() {
    annotated();
    let scope = InstrumentationScope::builder("keys.scope").with_attributes(repeated());
    let tracer = TelemetryProvider::tracer_provider().tracer_with_scope(scope.build());
    let mut span = tracer.span_builder("of the API").with_attributes(repeated()).start(&tracer);
    span.add_event("event", repeated());
    span.add_link(remote_in(7, true), repeated());
    span.end();
    // These keys are equal once they are redacted, or shortened to 1024 characters.
    drop(
        span_with("redacted", [github_token('a'), github_token('b')])
            .attribute("other", "x")
            .start(),
    );

    drop(span_with("long", ["a", "b"].map(|end| "k".repeat(1024) + end)).start());
    // Sets a key more often than a span may have attributes.
    let many = create_span("many");
    for n in 0..500 {
        set_attribute("again", n);
    }

    set_attribute("last", true);
    drop(many);
}

fn span_with(name: &'static str, keys: [String; 2]) -> floe_telemetry::trace::SpanBuilder {
    let [first, second] = keys;
    span(name).attribute(first, 1).attribute(second, 2)
}

#[alone]
fn the_keys_of_spans_are_unique() {
    for protocol in BOTH {
        let pipeline = Pipeline::over(protocol, |config| {
            let line = ("code.line.number".to_owned(), "of the process".to_owned());
            config.span_attributes.extend([line]);
        });

        record_spans();
        check_spans(&pipeline.end());
    }
}

fn check_spans(receiver: &Receiver) {
    let span = receiver.span("annotated");
    assert_eq!(span.attributes["again"], 2);
    assert_eq!(
        span.attributes["code.line.number"], "of the process",
        "the configuration replaces the recorded line"
    );

    let resource = &span.resource;
    assert!(!resource.contains_key(""), "{resource:?}");
    assert_eq!(resource["service.name"], "orders");

    let span = receiver.span("of the API");
    let process = attributes([("code.line.number", "of the process".into())]);
    let expected: BTreeMap<_, _> = exported().into_iter().chain(process).collect();
    assert_eq!((span.attributes, span.dropped_attributes), (expected, 1));
    assert_eq!(span.scope_attributes, exported());
    assert_eq!(span.events.len(), 1);
    let event = &span.events[0];
    assert_eq!(event.attributes, exported());
    assert_eq!(event.dropped_attributes, 1);
    assert_eq!(span.links.len(), 1);
    let link = &span.links[0];
    assert_eq!(link.attributes, exported());
    assert_eq!(link.dropped_attributes, 1);

    let span = receiver.span("redacted");
    assert_eq!(span.attributes["<REDACTED>"], 2);
    assert_eq!(span.attributes["other"], "x");
    let span = receiver.span("long");
    assert_eq!(span.attributes[&"k".repeat(1024)], 2);
    let span = receiver.span("many");
    assert_eq!(span.attributes["again"], 499);
    assert_eq!(span.attributes["last"], true);
    assert_eq!(span.dropped_attributes, 0);
}

#[alone]
fn a_link_is_recorded_if_it_has_ids_or_attributes_or_a_state() {
    let pipeline = Pipeline::http(|_| ());
    let state = TraceState::from_key_value([("vendor", "1")]).unwrap();
    let with_state =
        SpanContext::new(TraceId::INVALID, SpanId::INVALID, TraceFlags::default(), true, state);
    let tracer = get_tracer("keys");
    let mut span = tracer.start("links");
    span.add_link(SpanContext::NONE, Vec::new());
    span.add_link(SpanContext::NONE, vec![KeyValue::new("of", "a link")]);
    span.add_link(with_state, Vec::new());
    span.end();
    let active = create_span("links of the current span");
    Context::current().span().add_link(SpanContext::NONE, Vec::new());
    Context::current().span().add_link(remote_in(7, true), Vec::new());
    drop(active);
    let receiver = pipeline.end();
    let span = receiver.span("links");
    assert_eq!(span.links.len(), 2, "{:?}", span.links);
    let has_no_ids =
        |link: &ReceivedLink| [&*link.trace_id, &*link.span_id].concat() == "0".repeat(48);
    assert!(span.links.iter().all(has_no_ids));
    assert_eq!(span.links[0].attributes, attributes([("of", "a link".into())]));
    assert_eq!(span.dropped_links, 0);
    let links = receiver.span("links of the current span").links;
    assert_eq!(links.len(), 1);
    assert_eq!(links[0].span_id, "0000000000000007");
}

#[alone]
fn the_keys_of_a_series_are_unique() {
    let pipeline = Pipeline::http(|_| ());
    MetricRecorder::new("keys").increment("keys.rows", 7, &repeated());
    let points = pipeline.end().points_of("keys.rows");
    assert!(!points.is_empty());
    for point in points {
        assert_eq!(point.attributes, exported());
        assert!(!point.resource.contains_key(""), "{:?}", point.resource);
    }
}
