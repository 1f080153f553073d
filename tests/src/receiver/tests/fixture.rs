//! A request with a distinct value in every field, and the spans it must be decoded into.

use std::collections::BTreeMap;

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value::{
    ArrayValue as ArrayKind, BoolValue, BytesValue, DoubleValue, IntValue, StringValue,
};
use opentelemetry_proto::tonic::common::v1::{
    AnyValue, ArrayValue, InstrumentationScope, KeyValue, any_value,
};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::span::{Event, Link};
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, Status};

use crate::{ReceivedEvent, ReceivedLink, ReceivedSpan, ReceivedStatus, SpanKind, Value};

fn any(value: any_value::Value) -> AnyValue {
    AnyValue { value: Some(value) }
}

fn pair(key: &str, value: any_value::Value) -> KeyValue {
    KeyValue { key: key.to_owned(), value: Some(any(value)), ..KeyValue::default() }
}

/// A request in which every field that a receiver stores has a distinct value.
pub(super) fn request() -> ExportTraceServiceRequest {
    let full = Span {
        trace_id: (0xa0..0xb0).collect(),
        span_id: (1..9).collect(),
        parent_span_id: (11..19).collect(),
        trace_state: "ot=th:8".to_owned(),
        name: "load".to_owned(),
        kind: SpanKind::Producer.into(),
        start_time_unix_nano: 1_000,
        end_time_unix_nano: 2_000,
        attributes: vec![
            pair("bool", BoolValue(true)),
            pair("int", IntValue(-7)),
            pair("double", DoubleValue(0.5)),
            pair("string", StringValue("canary".to_owned())),
            pair("array", ArrayKind(ArrayValue { values: vec![any(IntValue(1))] })),
            pair("bytes", BytesValue(vec![1])),
            pair("twice", IntValue(1)),
            pair("twice", IntValue(2)),
        ],
        dropped_attributes_count: 3,
        events: vec![Event {
            time_unix_nano: 1_500,
            name: "row".to_owned(),
            attributes: vec![pair("n", IntValue(9))],
            dropped_attributes_count: 6,
        }],
        dropped_events_count: 4,
        links: vec![Link {
            trace_id: vec![0xcc; 16],
            span_id: vec![0xdd; 8],
            attributes: vec![pair("why", StringValue("batch".to_owned()))],
            dropped_attributes_count: 7,
            ..Link::default()
        }],
        dropped_links_count: 5,
        status: Some(Status { message: "no file".to_owned(), code: StatusCode::Error.into() }),
        ..Span::default()
    };
    let bare = Span { name: "bare".to_owned(), ..Span::default() };
    ExportTraceServiceRequest {
        resource_spans: vec![ResourceSpans {
            resource: Some(Resource {
                attributes: vec![pair("service.name", StringValue("floe".to_owned()))],
                ..Resource::default()
            }),
            scope_spans: vec![ScopeSpans {
                scope: Some(InstrumentationScope { name: "engine".to_owned(), ..<_>::default() }),
                spans: vec![full, bare],
                ..ScopeSpans::default()
            }],
            ..ResourceSpans::default()
        }],
    }
}

fn map<const N: usize>(pairs: [(&str, Value); N]) -> BTreeMap<String, Value> {
    pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}

/// The spans that [`request`] must be decoded into.
pub(super) fn expected() -> Vec<ReceivedSpan> {
    let bare = ReceivedSpan {
        resource: map([("service.name", "floe".into())]),
        scope: "engine".to_owned(),
        name: "bare".to_owned(),
        ..ReceivedSpan::default()
    };
    let full = ReceivedSpan {
        trace_id: "a0a1a2a3a4a5a6a7a8a9aaabacadaeaf".to_owned(),
        span_id: "0102030405060708".to_owned(),
        parent_span_id: "0b0c0d0e0f101112".to_owned(),
        trace_state: "ot=th:8".to_owned(),
        name: "load".to_owned(),
        kind: SpanKind::Producer,
        start_unix_nano: 1_000,
        end_unix_nano: 2_000,
        attributes: map([
            ("bool", true.into()),
            ("int", (-7).into()),
            ("double", 0.5.into()),
            ("string", "canary".into()),
            ("array", Value::Array(vec![1.into()])),
            ("bytes", Value::Other("Some(BytesValue([1]))".to_owned())),
            ("twice", Value::Other("sent twice: Int(1), Int(2)".to_owned())),
        ]),
        events: vec![ReceivedEvent {
            name: "row".to_owned(),
            unix_nano: 1_500,
            attributes: map([("n", 9.into())]),
            dropped_attributes: 6,
        }],
        links: vec![ReceivedLink {
            trace_id: "cc".repeat(16),
            span_id: "dd".repeat(8),
            attributes: map([("why", "batch".into())]),
            dropped_attributes: 7,
        }],
        status: ReceivedStatus::Error("no file".to_owned()),
        dropped_attributes: 3,
        dropped_events: 4,
        dropped_links: 5,
        ..bare.clone()
    };
    vec![full, bare]
}
