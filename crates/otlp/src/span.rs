//! Encodes a span as OTLP protobuf, directly from the record. The numbers are the field numbers of
//! [`trace.proto`](https://github.com/open-telemetry/opentelemetry-proto/blob/main/opentelemetry/proto/trace/v1/trace.proto)
//! and its imports. A property test compares the encoding with `opentelemetry-proto`.

use opentelemetry::trace::{Event, Link, SpanKind, TraceState};
use opentelemetry::{InstrumentationScope, SpanId, TraceFlags};
use opentelemetry_sdk::Resource;

use crate::encoding::{
    Borrowed, SPAN_ATTRIBUTES, bytes, fixed32, fixed64, key_value, message, pair, put_count, varint,
};
use floe_telemetry_core::__sdk::clock::UnixNanos;
use floe_telemetry_core::__sdk::recorder::{Code, SpanRecord};
use floe_telemetry_sdk::__parts::collector::EnrichedSpan;

/// The bit of `Span.flags` that makes the bit [`IS_REMOTE`] valid.
const HAS_IS_REMOTE: u32 = 0x100;

/// The bit of `Span.flags` for a remote parent.
const IS_REMOTE: u32 = 0x200;

// Inlined, because it has only one caller and runs for every span.
#[inline]
pub(super) fn span(out: &mut Vec<u8>, span: &EnrichedSpan<'_>) {
    let record = span.record;
    let head = &record.head;
    let ids = ids(record);
    if head.parent == SpanId::INVALID {
        out.extend_from_slice(&ids[..28]);
    } else {
        out.extend_from_slice(&ids);
    }
    if let Some(more) = &record.more {
        trace_state(out, 3, &more.trace_state);
    }
    bytes(out, 5, span.name.as_bytes());
    out.extend_from_slice(&kind_and_times(kind(&record.kind()), span));
    for attribute in record.attributes.as_slice() {
        pair(out, SPAN_ATTRIBUTES, attribute.key.as_str(), Borrowed::from(&attribute.value));
    }
    span.write_shared_attributes(out);
    put_count(out, 10, record.attributes.dropped());
    if let Some(more) = &record.more {
        more.events.iter().for_each(|event| message(out, 11, |out| self::event(out, event)));
        put_count(out, 12, more.dropped_events);
        more.links.iter().for_each(|link| message(out, 13, |out| self::link(out, link)));
        put_count(out, 14, more.dropped_links);
    }
    status(out, record);
    // The bytes `0x85, 1` are the tag of the field `flags`.
    let [a, b, c, d] = flags(head.flags, head.parent_is_remote).to_le_bytes();
    out.extend_from_slice(&[0x85, 1, a, b, c, d]);
}

/// Encodes `trace_id`, `span_id` and, in the last ten bytes, `parent_span_id`, so that one write appends them.
fn ids(record: &SpanRecord) -> [u8; 38] {
    let head = &record.head;
    let mut fields = [0; 38];
    fields[..2].copy_from_slice(&[0x0a, 16]);
    fields[2..18].copy_from_slice(&head.trace_id.to_bytes());
    fields[18..20].copy_from_slice(&[0x12, 8]);
    fields[20..28].copy_from_slice(&head.span_id.to_bytes());
    fields[28..30].copy_from_slice(&[0x22, 8]);
    fields[30..].copy_from_slice(&head.parent.to_bytes());
    fields
}

/// Encodes `kind`, `start_time_unix_nano` and `end_time_unix_nano`, so that one write appends them.
fn kind_and_times(kind: u8, span: &EnrichedSpan<'_>) -> [u8; 20] {
    let mut fields = [0; 20];
    fields[..3].copy_from_slice(&[0x30, kind, 0x39]);
    fields[3..11].copy_from_slice(&span.start.0.to_le_bytes());
    fields[11] = 0x41;
    fields[12..].copy_from_slice(&span.end.0.to_le_bytes());
    fields
}

/// Encodes the fields `resource` and `schema_url` of `ResourceSpans` and `ResourceLogs`.
pub(super) fn resource_fields(resource: &Resource) -> Vec<u8> {
    let mut fields = Vec::new();
    message(&mut fields, 1, |out| {
        for (key, value) in resource {
            pair(out, 1, key.as_str(), Borrowed::from(value));
        }
    });
    bytes(&mut fields, 3, resource.schema_url().unwrap_or_default().as_bytes());
    fields
}

/// Encodes the fields `scope` and `schema_url` of `ScopeSpans` and `ScopeLogs`. `name` replaces the name of the scope.
pub(super) fn scope_fields(scope: &InstrumentationScope, name: &str) -> Vec<u8> {
    let mut fields = Vec::new();
    message(&mut fields, 1, |out| {
        bytes(out, 1, name.as_bytes());
        bytes(out, 2, scope.version().unwrap_or_default().as_bytes());
        scope.attributes().for_each(|attribute| key_value(out, 3, attribute));
    });
    bytes(&mut fields, 3, scope.schema_url().unwrap_or_default().as_bytes());
    fields
}

fn event(out: &mut Vec<u8>, event: &Event) {
    fixed64(out, 1, UnixNanos::from(event.timestamp).0);
    bytes(out, 2, event.name.as_bytes());
    event.attributes.iter().for_each(|attribute| key_value(out, 3, attribute));
    put_count(out, 4, event.dropped_attributes_count);
}

fn link(out: &mut Vec<u8>, link: &Link) {
    let context = &link.span_context;
    bytes(out, 1, &context.trace_id().to_bytes());
    bytes(out, 2, &context.span_id().to_bytes());
    trace_state(out, 3, context.trace_state());
    link.attributes.iter().for_each(|attribute| key_value(out, 4, attribute));
    put_count(out, 5, link.dropped_attributes_count);
    fixed32(out, 6, flags(context.trace_flags(), context.is_remote()));
}

fn status(out: &mut Vec<u8>, record: &SpanRecord) {
    match record.head.code {
        Code::Unset => out.extend_from_slice(&[0x7a, 0]),
        Code::Ok | Code::Success => out.extend_from_slice(&[0x7a, 2, 0x18, 1]),
        Code::Error => message(out, 15, |out| {
            if let Some(more) = &record.more {
                bytes(out, 2, more.description.as_bytes());
            }
            varint(out, 3, 2);
        }),
    }
}

fn flags(flags: TraceFlags, is_remote: bool) -> u32 {
    let remote = if is_remote { IS_REMOTE } else { 0 };
    u32::from(flags.to_u8()) | HAS_IS_REMOTE | remote
}

fn kind(kind: &SpanKind) -> u8 {
    match kind {
        SpanKind::Internal => 1,
        SpanKind::Server => 2,
        SpanKind::Client => 3,
        SpanKind::Producer => 4,
        SpanKind::Consumer => 5,
    }
}

fn trace_state(out: &mut Vec<u8>, field: u32, state: &TraceState) {
    bytes(out, field, state.header().as_bytes());
}
