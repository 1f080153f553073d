//! Compares the encoder with `opentelemetry-proto`: both must encode a record as the same message.

use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use floe_telemetry_sdk::__parts::logs::{LogRecord, LogValue, SpanIds, Stored, Target};
use opentelemetry::logs::{AnyValue, Severity};
use opentelemetry::{InstrumentationScope, Key, KeyValue, SpanId, TraceFlags, TraceId};
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::common::v1 as proto;
use opentelemetry_proto::tonic::logs::v1 as proto_logs;
use opentelemetry_sdk::Resource;
use proptest::collection::{btree_map, vec};
use proptest::option::of;
use proptest::prelude::*;
use prost::Message;

use super::encode;
use crate::span;

/// Appends a text, as `floe-telemetry-logs` does.
fn push(record: &mut LogRecord, text: &str) -> Range<u32> {
    let position = |texts: &str| u32::try_from(texts.len()).expect("a short text");

    let start = position(&record.texts);
    record.texts.push_str(text);
    start..position(&record.texts)
}

fn value() -> impl Strategy<Value = AnyValue> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(AnyValue::Boolean),
        any::<i64>().prop_map(AnyValue::Int),
        any::<f64>().prop_map(AnyValue::Double),
        ".{0,200}".prop_map(AnyValue::from),
        vec(any::<u8>(), 0..200).prop_map(|bytes| AnyValue::Bytes(Box::new(bytes))),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(AnyValue::from_iter),
            // A map has only one item, because the order of several items is not determined.
            ("[a-z]{0,9}", inner)
                .prop_map(|(key, value)| AnyValue::from_iter([(Key::from(key), value)])),
        ]
    })
}

prop_compose! {
    fn record()(
        target in of("[a-c]"),
        scope in "[a-c]",
        version in of("1\\.[01]"),
        ids in of((1_u128.., 1_u64.., any::<bool>())),
        times in (of(1_u64..1 << 60), 1_u64..1 << 60),
        severity in of(Just((Severity::Warn2, "WARN"))),
        body in of(value()),
        attributes in btree_map("[a-z.]{0,30}", value(), 0..8),
        dropped in 0_u32..3,
        event_name in of(Just("rows.loaded")),
    ) -> LogRecord {
        let mut builder = InstrumentationScope::builder(scope);
        if let Some(version) = version {
            builder = builder.with_version(version).with_schema_url("https://example.com/1");
        }
        let scope = builder.with_attributes([KeyValue::new("kind", "test")]).build();
        let time = |nanos| UNIX_EPOCH + Duration::from_nanos(nanos);
        let mut record = LogRecord::default();
        record.begin(time(times.1));
        record.scope = Some(Arc::new(scope));
        if let Some(target) = target {
            let target = push(&mut record, &target);
            record.target = Some(Target::Text(target));
        }
        record.event_name = event_name;
        record.timestamp = times.0.map(time);
        (record.severity_number, record.severity_text) = severity.unzip();
        record.body = body.map(Box::new);
        for (key, value) in attributes {
            match &value {
                AnyValue::String(text) => {
                    let text = push(&mut record, text.as_str());
                    record.add(key.into(), Stored::Text(text));
                }
                _ => record.add(key.into(), Stored::Other(value)),
            }
        }
        record.dropped_attributes = dropped;
        record.span = ids.map(|(trace_id, span_id, is_sampled)| SpanIds {
            trace_id: TraceId::from(trace_id),
            span_id: SpanId::from(span_id),
            flags: TraceFlags::default().with_sampled(is_sampled),
        });
        record
    }
}

fn expected(record: &LogRecord) -> proto_logs::LogRecord {
    let nanos = |time: std::time::SystemTime| {
        let since = time.duration_since(UNIX_EPOCH).unwrap();
        u64::try_from(since.as_nanos()).unwrap()
    };
    let pair = |(key, value): (&Key, LogValue<'_>)| proto::KeyValue {
        key: key.to_string(),
        value: Some(AnyValue::from(value).into()),
        key_strindex: 0,
    };
    proto_logs::LogRecord {
        time_unix_nano: record.timestamp.map_or(0, nanos),
        observed_time_unix_nano: record.observed_timestamp.map_or(0, nanos),
        severity_number: record.severity_number.map_or(0, |number| number as i32),
        severity_text: record.severity_text.unwrap_or_default().to_owned(),
        body: record.body.clone().map(|body| (*body).into()),
        attributes: record.attributes().map(pair).collect(),
        dropped_attributes_count: record.dropped_attributes,
        flags: record.span.map_or(0, |span| u32::from(span.flags.to_u8())),
        trace_id: record.span.map_or(Vec::new(), |span| span.trace_id.to_bytes().to_vec()),
        span_id: record.span.map_or(Vec::new(), |span| span.span_id.to_bytes().to_vec()),
        event_name: record.event_name.unwrap_or_default().to_owned(),
    }
}

fn text(
    scope: Option<&proto::InstrumentationScope>,
    schema_url: &str,
    record: &proto_logs::LogRecord,
) -> String {
    format!("{scope:?} {schema_url} {record:?}")
}

proptest! {
    #[test]
    fn the_encoding_is_that_of_opentelemetry_proto(records in vec(record().prop_map(Arc::new), 0..6)) {
        let resource = Resource::builder_empty()
            .with_schema_url([KeyValue::new("service.name", "orders")], "https://example.com/2")
            .build();
        let encoded = encode::request(&span::resource_fields(&resource), &records);
        let request = ExportLogsServiceRequest::decode(&*encoded).unwrap();
        let [found] = &request.resource_logs[..] else { panic!("{request:?}") };
        prop_assert_eq!(&found.resource.as_ref().unwrap().attributes[0].key, "service.name");
        prop_assert_eq!(&found.schema_url, "https://example.com/2");
        // The records are compared as sorted texts, because two scopes become equal if targets replace their names, and
        // because a NaN equals itself only as text.
        let mut sent = Vec::new();
        for logs in &found.scope_logs {
            prop_assert!(!logs.log_records.is_empty());
            sent.extend(logs.log_records.iter().map(|record| text(logs.scope.as_ref(), &logs.schema_url, record)));
        }
        let mut all: Vec<_> = records.iter().map(|record| {
            let scope = proto::InstrumentationScope::from((record.scope(), record.target().map(|target| target.to_owned().into())));
            let schema_url = record.scope().schema_url().unwrap_or_default();
            text(Some(&scope), schema_url, &expected(record))
        }).collect();
        sent.sort();
        all.sort();
        prop_assert_eq!(sent, all);
    }
}
