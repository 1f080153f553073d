//! Span limits, from the configuration to the receiver. `tests/differential` compares limits and samplers with
//! those of OpenTelemetry's SDK.

use floe_telemetry::{TelemetryConfig, create_span, get_tracer, traced};
use floe_tests::{Value, remote_in};
use opentelemetry::KeyValue;
use opentelemetry::trace::{Span as _, Tracer as _};

use super::pipeline::{Pipeline, spans};

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
    assert_eq!(span.attributes["text"], Value::from("grüße an all"));
    assert_eq!(span.attributes["url"], Value::from("http://<REDA"));
    assert!(!span.attributes.contains_key("one.too.many"));
    // Attributes of the process do not count towards the limit, and the source location does not exceed it.
    assert_eq!(span.attributes.len(), 3);
    assert_eq!(span.attributes["team"], Value::from("checkout"));
    assert_eq!(span.events.len(), ITEMS);
    assert_eq!(span.events[0].name, "event 1");
    assert_eq!(span.events[0].attributes["a"], Value::from("0123456789ab"));
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
            floe_telemetry::set_attribute(format!("key.{n}"), n);
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
        // The source location gets the remaining room.
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
