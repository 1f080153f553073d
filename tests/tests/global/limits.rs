//! Samplers and span limits, from the configuration to the receiver. One test, because a process
//! has one provider.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use floe_telemetry::config::Sampler;
use floe_telemetry::exporter::MemoryExporter;
use floe_telemetry::{
    TelemetryConfig, TelemetryProvider, create_span, get_current_span, get_tracer, traced,
};
use floe_tests::{TIMEOUT, Value};
use opentelemetry::trace::{
    Span as _, SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId, TraceState,
    Tracer as _,
};
use opentelemetry::{Context, KeyValue};

use super::pipeline::{Pipeline, spans};

#[test]
fn limits_and_samplers() {
    floe_tests::alone!();
    dropped_items_are_counted_on_the_wire();
    limits_can_be_raised();
    a_text_of_an_error_that_was_cut_is_marked();
    each_sampler_follows_the_specification();
    a_call_that_is_not_sampled_is_a_local_parent();
}

fn remote(is_sampled: bool) -> SpanContext {
    SpanContext::new(
        TraceId::from(1_u128 << 62),
        SpanId::from(2),
        TraceFlags::default().with_sampled(is_sampled),
        true,
        TraceState::NONE,
    )
}

fn dropped_items_are_counted_on_the_wire() {
    let pipeline = Pipeline::http(|config| {
        let limits = &mut config.limits;
        limits.attribute_count = 2;
        limits.attribute_value_length = Some(12);
        limits.event_count = 1;
        limits.link_count = 1;
        limits.attribute_count_per_event = 1;
        limits.attribute_count_per_link = 0;
        config.span_attributes = [("team".to_owned(), "checkout".to_owned())].into();
    });

    let mut span = get_tracer("limits").start("limited");
    span.set_attribute(KeyValue::new("text", "grüße an alle"));
    // Text is redacted before it is truncated, because half of a credential would not be
    // recognized.
    span.set_attribute(KeyValue::new("url", "http://floe:hunter2@db"));
    span.set_attribute(KeyValue::new("one.too.many", 1));
    for name in ["first", "second", "third"] {
        span.add_event(name, vec![KeyValue::new("a", "0123456789abcdef"), KeyValue::new("b", 2)]);
        span.add_link(remote(true), vec![KeyValue::new("a", 1)]);
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
    assert_eq!(span.events.len(), 1);
    assert_eq!(span.events[0].name, "first");
    assert_eq!(span.events[0].attributes["a"], Value::from("0123456789ab"));
    assert_eq!(span.events[0].attributes.len(), 1);
    assert_eq!(span.links.len(), 1);
    assert!(span.links[0].attributes.is_empty());
    let request = &pipeline.receiver.requests()[0].body;
    for dropped in [
        // `dropped_attributes_count`, `dropped_events_count`, `dropped_links_count` of the span:
        // the field's key with its wire type, and the value.
        [10 << 3, 1],
        [12 << 3, 2],
        [14 << 3, 2],
    ] {
        assert!(request.windows(2).any(|bytes| bytes == dropped), "{dropped:?}");
    }
}

fn limits_can_be_raised() {
    const LIMIT: usize = 1000;
    let pipeline = Pipeline::http(|config| {
        let limits = &mut config.limits;
        (limits.attribute_count, limits.event_count, limits.link_count) = (1000, 1000, 1000);
    });
    let wide = |items: usize| {
        let span = create_span("wide");
        for n in 0..items {
            let key = format!("key.{n}");
            floe_telemetry::set_attribute(key, n);
            span.add_event("event", Vec::new());
        }
        let cx = Context::current();
        (0..items).for_each(|_| cx.span().add_link(remote(true), Vec::new()));
    };
    for items in [LIMIT - 1, LIMIT, LIMIT + 100] {
        wide(items);
    }
    pipeline.shut_down();
    let spans = pipeline.receiver.spans();
    for (span, expected) in spans.iter().zip([LIMIT - 1, LIMIT, LIMIT]) {
        let own = span.attributes.keys().filter(|key| key.starts_with("key."));
        assert_eq!(own.count(), expected);
        assert_eq!(span.events.len(), expected);
        assert_eq!(span.links.len(), expected);
        // The source location has the room that is left.
        assert_eq!(span.attributes.len(), LIMIT);
    }
    assert_eq!(spans.len(), 3);
}

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
        // Others are cut as the specification says.
        assert_eq!(of(attributes, "exception.type").as_deref(), Some("alloc::stri"));
    }
    assert_eq!(of(event, "exception.stacktrace"), None);
}

fn each_sampler_follows_the_specification() {
    // For a root, below a parent that is sampled, and below one that is not.
    for (sampler, ratio, expected) in [
        (None, None, [true, true, false]),
        (Some(Sampler::AlwaysOn), None, [true, true, true]),
        (Some(Sampler::AlwaysOff), None, [false, false, false]),
        (Some(Sampler::TraceIdRatio), Some(0.0), [false, false, false]),
        (Some(Sampler::TraceIdRatio), None, [true, true, true]),
        (Some(Sampler::ParentBasedAlwaysOn), None, [true, true, false]),
        (Some(Sampler::ParentBasedAlwaysOff), None, [false, true, false]),
        (Some(Sampler::ParentBasedTraceIdRatio), Some(0.0), [false, true, false]),
    ] {
        let memory = MemoryExporter::new();
        let mut config = TelemetryConfig::new("samplers");
        config.sampling.sampler = sampler;
        config.sampling.sampler_arg = ratio;
        let telemetry = TelemetryProvider::builder(config)
            .with_span_exporter(memory.clone())
            .initialize()
            .unwrap();
        for (parent, name) in [(None, "root"), (Some(true), "sampled"), (Some(false), "unsampled")]
        {
            let cx = parent.map_or_else(Context::new, |is_sampled| {
                Context::new().with_remote_span_context(remote(is_sampled))
            });
            let _attached = cx.attach();
            let span = create_span(name);
            // The propagated flag equals the recorded decision.
            let cx = Context::current();
            assert_eq!(
                cx.span().span_context().is_sampled(),
                span.is_recording(),
                "{sampler:?} {name}"
            );
            drop(span);
        }
        telemetry.shutdown(TIMEOUT).unwrap();
        let spans = memory.spans();
        let found =
            ["root", "sampled", "unsampled"].map(|name| spans.iter().any(|span| span.name == name));
        assert_eq!(found, expected, "{sampler:?}");
    }
}

#[traced]
fn inner() {}

/// The provider changes while the function runs, and with it the sampler.
#[traced]
fn not_sampled(first: &TelemetryProvider, memory: &MemoryExporter) -> SpanId {
    let id = get_current_span().span_context().span_id();
    first.shutdown(TIMEOUT).unwrap();
    let mut config = TelemetryConfig::new("second");
    config.sampling.sampler = Some(Sampler::AlwaysOn);
    let second =
        TelemetryProvider::builder(config).with_span_exporter(memory.clone()).initialize().unwrap();
    inner();
    second.shutdown(TIMEOUT).unwrap();
    id
}

fn a_call_that_is_not_sampled_is_a_local_parent() {
    let memory = MemoryExporter::new();
    let first = TelemetryProvider::builder(TelemetryConfig::new("first"))
        .with_span_exporter(memory.clone())
        .initialize()
        .unwrap();
    let _attached = Context::new().with_remote_span_context(remote(false)).attach();
    let parent = not_sampled(&first, &memory);
    assert_ne!(parent, remote(false).span_id());
    let spans = memory.spans();
    let [span] = &spans[..] else {
        panic!("{spans:?}");
    };
    assert_eq!(span.name, "inner");
    assert_eq!(span.parent_span_id, parent);
    assert!(!span.parent_span_is_remote);
}
