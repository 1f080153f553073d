//! Compares the encoder with `opentelemetry-proto`: both must encode a span as the same message.

use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use floe_telemetry_core::__sdk::clock::WallClock;
use floe_telemetry_core::__sdk::recorder::{Code, More, Origin, SpanRecord};
use floe_telemetry_core::attributes::ToAttributeValue;
use floe_telemetry_core::callsite::Scope;
use floe_telemetry_sdk::__parts::collector::{BatchBuilder, Enricher, Redactor, SharedAttributes};
use opentelemetry::trace::{Event, Link, SpanContext, SpanKind, Status, TraceState};
use opentelemetry::{
    Array, InstrumentationScope, Key, KeyValue, SpanId, StringValue, TraceFlags, TraceId, Value,
};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SpanData;
use proptest::collection::vec;
use proptest::prelude::*;
use prost::Message;

use super::request::RequestBuilder;

static TRACER_SCOPE: Scope =
    Scope::new("tracer", Some("1.2.3"), floe_telemetry_core::__floe_location!());

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::I64),
        any::<f64>().prop_map(Value::F64),
        ".{0,200}".prop_map(|text: String| Value::String(text.into())),
        vec(any::<bool>(), 0..4).prop_map(|items| Value::Array(Array::Bool(items))),
        vec(any::<i64>(), 0..4).prop_map(|items| Value::Array(Array::I64(items))),
        vec(any::<f64>(), 0..4).prop_map(|items| Value::Array(Array::F64(items))),
        vec(".{0,20}", 0..4).prop_map(|items| {
            Value::Array(Array::String(items.into_iter().map(StringValue::from).collect()))
        }),
    ]
}

fn attributes() -> impl Strategy<Value = Vec<KeyValue>> {
    vec(("[a-z.]{0,30}", value()), 0..12).prop_map(|pairs| {
        pairs.into_iter().map(|(key, value)| KeyValue::new(Key::from(key), value)).collect()
    })
}

fn context() -> impl Strategy<Value = SpanContext> {
    (1_u128.., 1_u64.., any::<bool>(), proptest::option::of("[a-z]{1,9}")).prop_map(
        |(trace, span, remote, state)| {
            let state = state
                .and_then(|state| TraceState::from_key_value([("vendor", state)]).ok())
                .unwrap_or_default();
            SpanContext::new(
                TraceId::from(trace),
                SpanId::from(span),
                TraceFlags::SAMPLED,
                remote,
                state,
            )
        },
    )
}

fn status() -> impl Strategy<Value = Status> {
    prop_oneof![Just(Status::Unset), Just(Status::Ok), ".{0,300}".prop_map(Status::error),]
}

fn kind() -> impl Strategy<Value = SpanKind> {
    prop_oneof![
        Just(SpanKind::Internal),
        Just(SpanKind::Server),
        Just(SpanKind::Client),
        Just(SpanKind::Producer),
        Just(SpanKind::Consumer),
    ]
}

fn origin() -> impl Strategy<Value = Origin> {
    prop_oneof![
        Just(Origin::Builder {
            scope: None,
            level: None,
            location: std::panic::Location::caller()
        }),
        Just(Origin::Builder {
            scope: Some(&TRACER_SCOPE),
            level: None,
            location: std::panic::Location::caller(),
        }),
        Just(Origin::CallSite),
        "[a-z]{1,5}".prop_map(|name| {
            let scope =
                InstrumentationScope::builder(name).with_attributes([KeyValue::new("k", 1)]);
            Origin::Api(Arc::new(scope.with_schema_url("https://example.com/1").build()))
        }),
    ]
}

fn more() -> impl Strategy<Value = More> {
    let events = vec((".{0,20}", 0_u64..1 << 60, attributes(), any::<u32>()), 0..3);
    let links = vec((context(), attributes(), any::<u32>()), 0..3);
    (events, links, any::<u32>(), any::<u32>()).prop_map(
        |(events, links, dropped_events, dropped_links)| {
            let events = events.into_iter().map(|(name, at, attributes, dropped)| {
                let time = UNIX_EPOCH + Duration::from_nanos(at);
                Event::new(name, time, attributes, dropped)
            });
            let links = (links.into_iter())
                .map(|(to, attributes, dropped)| Link::new(to, attributes, dropped));
            let mut more = More::default();
            more.events = events.collect();
            more.links = links.collect();
            (more.dropped_events, more.dropped_links) = (dropped_events, dropped_links);
            more
        },
    )
}

prop_compose! {
    fn record()(
        (context, parent, parent_is_remote) in (context(), any::<u64>(), any::<bool>()),
        (origin, name, kind, status) in (origin(), ".{0,40}", kind(), status()),
        (start, length) in (0_u64..1 << 60, 0_u64..1 << 40),
        attributes in attributes(),
        more in proptest::option::of(more()),
    ) -> SpanRecord {
        let mut record = SpanRecord::blank();
        let mut more = more.unwrap_or_default();
        record.head.trace_id = context.trace_id();
        record.head.span_id = context.span_id();
        record.head.flags = context.trace_flags();
        more.trace_state = context.trace_state().clone();
        record.head.parent = SpanId::from(parent);
        record.head.parent_is_remote = parent_is_remote;
        more.origin = origin;
        more.name = Some(name.into());
        more.kind = Some(kind);
        (record.head.code, more.description) = match status {
            Status::Unset => (Code::Unset, "".into()),
            Status::Ok => (Code::Ok, "".into()),
            Status::Error { description } => (Code::Error, description),
        };
        more.start = Some(UNIX_EPOCH + Duration::from_nanos(start));
        more.end = Some(UNIX_EPOCH + Duration::from_nanos(start + length));
        for KeyValue { key, value, .. } in attributes {
            if let Some(value) = value.to_attribute_value() {
                record.attributes.push(key, value);
            }
        }
        record.more = Some(Box::new(more));
        record
    }
}

/// Sorts the spans, and formats them for a comparison as text, because a NaN does not equal itself.
fn text(mut spans: Vec<Span>) -> String {
    spans.sort_by(|a, b| (&a.span_id, &a.trace_id).cmp(&(&b.span_id, &b.trace_id)));
    format!("{spans:#?}")
}

/// Creates a span without attributes. All such spans have the same code location.
fn span_of_one_place() -> SpanRecord {
    let mut record = SpanRecord::blank();
    let location = std::panic::Location::caller();
    record.more_mut().origin = Origin::Builder { scope: None, level: None, location };
    record
}

#[test]
fn a_batch_has_several_requests_without_spans_that_are_too_large() {
    let process = SharedAttributes::default();
    let clock = WallClock::default();
    let mut enricher = Enricher::default();
    let mut builder = RequestBuilder::new(&Resource::builder_empty().build(), 400);
    for _ in 0..2 {
        let mut large = span_of_one_place();
        large.attributes.set("text", &*"x".repeat(400));
        builder.push(&enricher.enrich(&mut large, &clock, &process));
        for _ in 0..12 {
            builder.push(&enricher.enrich(&mut span_of_one_place(), &clock, &process));
        }
        let batch = builder.take();
        assert!(batch.requests.len() > 2, "{batch:?}");
        assert!(batch.too_large == 1, "{batch:?}");
        for request in batch.requests {
            let decoded = ExportTraceServiceRequest::decode(&*request.bytes).unwrap();
            let scope = &decoded.resource_spans[0].scope_spans[0];
            assert!(!scope.spans[0].attributes.is_empty(), "{scope:#?}");
        }
    }
}

#[test]
fn a_request_uses_the_memory_of_one_that_is_sent() {
    let process = SharedAttributes::default();
    let clock = WallClock::default();
    let mut enricher = Enricher::default();
    let mut builder = RequestBuilder::new(&Resource::builder_empty().build(), 4_000_000);
    let mut request = || {
        builder.push(&enricher.enrich(&mut span_of_one_place(), &clock, &process));
        builder.take().requests.remove(0).bytes
    };
    let first = request();
    let second = request();
    let sent = first.as_ptr();
    let waiting = second.clone();
    drop(first);
    assert_eq!(request().as_ptr(), sent);
    assert_ne!(request().as_ptr(), second.as_ptr());
    assert_eq!(second, waiting);
}

proptest! {
    #[test]
    fn the_encoding_is_that_of_opentelemetry_proto(mut records in vec(record(), 0..6)) {
        let resource = Resource::builder_empty()
            .with_schema_url([KeyValue::new("service.name", "orders")], "https://example.com/2")
            .build();
        let keys = [KeyValue::new("floe.namespace", "sales"), KeyValue::new("floe.mode", "dev")];
        let process = SharedAttributes::new(keys, &mut Redactor::default());
        let mut enricher = Enricher::default();
        let clock = WallClock::default();
        let mut builder = RequestBuilder::new(&resource, 4_000_000);
        // Later requests reuse the buffers of earlier ones.
        for _ in 0..3 {
            let mut expected: Vec<SpanData> = Vec::new();
            for record in &mut records {
                let span = enricher.enrich(record, &clock, &process);
                builder.push(&span);
                expected.push((&span).into());
            }

            let batch = builder.take();
            prop_assert_eq!(batch.requests.len(), usize::from(!records.is_empty()));
            let Some(encoded) = batch.requests.first() else {
                continue;
            };
            prop_assert_eq!(encoded.spans, records.len());
            let request = ExportTraceServiceRequest::decode(&*encoded.bytes).unwrap();
            prop_assert_eq!(request.resource_spans.len(), 1);
            let found = &request.resource_spans[0];
            let attributes = &found.resource.as_ref().unwrap().attributes;
            prop_assert_eq!(&attributes[0].key, "service.name");
            prop_assert_eq!(&found.schema_url, "https://example.com/2");
            let mut spans = Vec::new();
            for scope in &found.scope_spans {
                let name = &scope.scope.as_ref().unwrap().name;
                for span in &scope.spans {
                    let same = expected.iter().any(|other| {
                        other.span_context.span_id().to_bytes()[..] == span.span_id[..]
                            && other.instrumentation_scope.name() == name
                            && other.instrumentation_scope.schema_url().unwrap_or_default() == scope.schema_url
                    });
                    prop_assert!(same, "a span is in the wrong scope");
                }
                prop_assert!(!scope.spans.is_empty());
                spans.extend(scope.spans.iter().cloned());
            }
            let expected = expected.into_iter().map(Span::from).collect();
            prop_assert_eq!(text(spans), text(expected));
        }

        prop_assert!(builder.take().requests.is_empty());
    }
}
