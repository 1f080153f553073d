//! Converts spans and log records for the recording, redacts them, and notes their problems.

use std::fmt::Display;

use floe_redact::{Node, Redactor, Walk};
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use opentelemetry_proto::tonic::trace::v1::{Span as ProtoSpan, Status as ProtoStatus, span};
use prost::Message as _;

use super::{MOST_BYTES, Reader};
use crate::span::{
    Attributes, Event, Kind, Link, Log, Source, Span, SpanId, Status, Text, TraceId, Value,
    value_of,
};

#[derive(Debug)]
pub(super) enum Refused {
    Damaged,
    /// The record would exceed the limit of memory, which has been noted.
    Full,
}

/// The origin of records: their resource and their scope, encoded as protobuf.
#[derive(Debug)]
pub(super) struct Origin<'r> {
    resource: &'r [u8],
    scope: Vec<u8>,
    /// The index of the source, if a record of the scope was kept.
    source: Option<usize>,
}

impl<'r> Origin<'r> {
    pub(super) const fn new(resource: &'r [u8], scope: Vec<u8>) -> Self {
        Self { resource, scope, source: None }
    }
}

impl Reader {
    /// Refuses a record if its `memory` in bytes exceeds the remaining memory.
    pub(super) fn make_room(&mut self, memory: usize) -> Result<(), Refused> {
        let max_bytes = self.max_bytes.unwrap_or(MOST_BYTES);
        if self.bytes().saturating_add(memory) < max_bytes {
            return Ok(());
        }
        let most = max_bytes >> 20;
        self.reject(if memory < max_bytes {
            format!(
                "the limit of {most} MiB of memory is reached; spans and log records from here on are left out"
            )
        } else {
            format!(
                "expected a span, a log record, a resource or a scope that takes at most {most} MiB of memory, \
                 found one of up to {} MiB; it is left out",
                memory >> 20
            )
        });
        Err(Refused::Full)
    }

    /// Refuses protobuf whose decoding might exceed the remaining memory.
    pub(super) fn make_room_for(&mut self, length: usize) -> Result<(), Refused> {
        // The maximum memory per encoded byte. The first link of a span needs the most: it may be encoded in two bytes.
        const MOST: usize = (4 * size_of::<span::Link>() + size_of::<Link>()).div_ceil(2);
        self.make_room(length.saturating_mul(MOST))
    }

    /// Refuses JSON whose decoding might exceed the remaining memory.
    pub(super) fn make_room_for_json(&mut self, text: &str) -> Result<(), Refused> {
        // The maximum memory for an object, a list or an element of either, in bytes: that of an object with one field.
        const MOST: usize = 320;
        let parts = text.bytes().filter(|byte| matches!(byte, b'{' | b'[' | b',')).count();
        self.make_room(text.len().saturating_add(parts.saturating_mul(MOST)))
    }

    fn source(&mut self, origin: &mut Origin<'_>) -> Result<usize, Refused> {
        if let Some(known) = origin.source {
            return Ok(known);
        }
        let key = [&origin.resource.len().to_le_bytes(), origin.resource, &origin.scope].concat();
        if let Some(known) = self.sources.get(&key) {
            return Ok(*origin.source.insert(*known));
        }
        self.make_room_for(key.len())?;
        let resource = Resource::decode(origin.resource).map_err(|_| Refused::Damaged)?;
        let scope = InstrumentationScope::decode(&*origin.scope).map_err(|_| Refused::Damaged)?;
        let attributes = self.attributes(&resource.attributes);
        let service = value_of(&attributes, "service.name").and_then(Value::as_str);
        self.bytes += size_of::<Source>() + key.len();
        let index = self.recording.sources.len();
        self.recording.sources.push(Source {
            service: service.unwrap_or_default().into(),
            scope: self.texts.text(&scope.name),
            version: self.texts.text(&scope.version),
            resource: attributes,
        });
        self.sources.insert(key, index);
        Ok(*origin.source.insert(index))
    }

    pub(super) fn add_span(
        &mut self,
        span: ProtoSpan,
        origin: &mut Origin<'_>,
    ) -> Result<(), Refused> {
        let (Some(trace), Some(id)) = (trace_id(&span.trace_id), span_id(&span.span_id)) else {
            self.reject(
                "expected a trace id of 16 bytes and a span id of 8 bytes, neither of zeros only, found other ids; the \
                 span is left out",
            );
            return Ok(());
        };
        let parent = span_id(&span.parent_span_id);
        if parent.is_none() && span.parent_span_id.iter().any(|byte| *byte != 0) {
            self.note(
                "expected a parent's id of 8 bytes, found something else; the span is a root",
            );
        }
        let (start, end) = self.times(&span);
        let span = Span {
            trace,
            id,
            parent,
            name: self.texts.text(&span.name),
            kind: Kind::of(span.kind),
            start,
            end,
            status: self.status(&span.status.unwrap_or_default()),
            source: self.source(origin)?,
            attributes: self.attributes(&span.attributes),
            events: self.events(span.events),
            links: self.links(span.links),
        };
        self.bytes += size_of::<Span>() + size_of_val(&*span.events) + size_of_val(&*span.links);
        self.recording.spans.push(span);
        Ok(())
    }

    /// Returns the start and the end of a span; the end is never before the start.
    fn times(&mut self, span: &ProtoSpan) -> (u64, u64) {
        let start = span.start_time_unix_nano;
        let end = span.end_time_unix_nano;
        if start == 0 {
            self.note("expected the start of a span, found 0");
        }
        if end < start {
            self.note(if end == 0 {
                "expected the end of a span, found 0; the span is shown without a duration"
            } else {
                "expected the end of a span after its start, found an earlier end; the span is shown without a duration"
            });
        }
        (start, end.max(start))
    }

    fn status(&mut self, status: &ProtoStatus) -> Status {
        match StatusCode::try_from(status.code) {
            Ok(StatusCode::Ok) => Status::Ok,
            Ok(StatusCode::Error) => Status::Error(self.texts.text(&status.message)),
            _ => Status::Unset,
        }
    }

    fn events(&mut self, events: Vec<span::Event>) -> Box<[Event]> {
        let mut events: Box<[Event]> = events
            .into_iter()
            .map(|event| Event {
                time: event.time_unix_nano,
                name: self.texts.text(&event.name),
                attributes: self.attributes(&event.attributes),
            })
            .collect();
        events.sort_by_key(|event| event.time);
        events
    }

    fn links(&mut self, links: Vec<span::Link>) -> Box<[Link]> {
        let links = links.into_iter().filter_map(|link| {
            Some(Link {
                trace: trace_id(&link.trace_id)?,
                span: span_id(&link.span_id)?,
                attributes: self.attributes(&link.attributes),
            })
        });
        links.collect()
    }

    pub(super) fn add_log(
        &mut self,
        log: LogRecord,
        origin: &mut Origin<'_>,
    ) -> Result<(), Refused> {
        let log = Log {
            trace: trace_id(&log.trace_id).unwrap_or_default(),
            span: span_id(&log.span_id).unwrap_or_default(),
            time: match log.time_unix_nano {
                0 => log.observed_time_unix_nano,
                time => time,
            },
            severity: u8::try_from(log.severity_number).unwrap_or_default(),
            event_name: self.texts.text(&log.event_name),
            body: self.walk(0, None, &log.body.unwrap_or_default()),
            attributes: self.attributes(&log.attributes),
            source: self.source(origin)?,
        };
        self.bytes += size_of::<Log>();
        self.recording.logs.push(log);
        Ok(())
    }

    pub(crate) fn attributes(&mut self, attributes: &[KeyValue]) -> Attributes {
        let attributes = Walk::entries(self, 0, entries(attributes));
        self.boxed(attributes)
    }

    fn boxed<T>(&mut self, items: Vec<T>) -> Box<[T]> {
        self.bytes += size_of_val(&*items);
        items.into()
    }
}

impl Walk for Reader {
    type Value = AnyValue;
    type Safe = Value;
    type Key = Text;

    const DEEPEST: usize = 32;

    fn node<'v>(&self, value: &'v AnyValue) -> Node<'v, AnyValue> {
        match &value.value {
            Some(Any::StringValue(text)) => Node::Text(text),
            Some(Any::BytesValue(bytes)) => Node::Bytes(bytes),
            Some(Any::BoolValue(value)) => Node::Number(value),
            Some(Any::IntValue(value)) => Node::Number(value),
            Some(Any::DoubleValue(value)) => Node::Number(value),
            Some(Any::ArrayValue(list)) => Node::List(&list.values),
            Some(Any::KvlistValue(map)) => Node::Map(Box::new(entries(&map.values))),
            _ => Node::Other,
        }
    }

    fn hides(&mut self, key: &str, value: &dyn Display) -> bool {
        self.texts.hides(key, value)
    }

    fn has_secret(&mut self, key: Option<&str>, text: &str) -> bool {
        self.texts.redacted(key.unwrap_or_default(), text) != text
    }

    fn redactor(&self) -> &Redactor {
        &self.texts.redactor
    }

    fn safe_key(&mut self, key: &str) -> Text {
        self.texts.text(key)
    }

    fn text(&mut self, key: Option<&str>, text: &str) -> Value {
        Value::Text(self.texts.value(key.unwrap_or_default(), text))
    }

    fn kept(&mut self, value: &AnyValue) -> Value {
        match &value.value {
            Some(Any::BytesValue(bytes)) => Value::Bytes(self.boxed(bytes.clone())),
            Some(Any::BoolValue(value)) => Value::Bool(*value),
            Some(Any::IntValue(value)) => Value::Int(*value),
            Some(Any::DoubleValue(value)) => Value::Double(*value),
            _ => Value::Empty,
        }
    }

    fn list(&mut self, items: Vec<Value>) -> Value {
        Value::List(self.boxed(items))
    }

    fn map(&mut self, entries: Vec<(Text, Value)>) -> Value {
        Value::Map(self.boxed(entries))
    }
}

fn entries(entries: &[KeyValue]) -> impl Iterator<Item = (&str, &AnyValue)> {
    const EMPTY: &AnyValue = &AnyValue { value: None };
    entries.iter().map(|entry| (&*entry.key, entry.value.as_ref().unwrap_or(EMPTY)))
}

fn trace_id(bytes: &[u8]) -> Option<TraceId> {
    let id = u128::from_be_bytes(bytes.try_into().ok()?);
    (id != 0).then_some(TraceId(id))
}

fn span_id(bytes: &[u8]) -> Option<SpanId> {
    let id = u64::from_be_bytes(bytes.try_into().ok()?);
    (id != 0).then_some(SpanId(id))
}
