//! Encodes log records as OTLP protobuf. The numbers are the field numbers of
//! [`logs.proto`](https://github.com/open-telemetry/opentelemetry-proto/blob/main/opentelemetry/proto/logs/v1/logs.proto)
//! and its imports. A property test compares the encoding with `opentelemetry-proto`.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use floe_telemetry_sdk::__parts::logs::LogRecord;

use crate::encoding::{
    any_value, bytes, bytes_always, fixed32, fixed64, head, head_length, message, message_of, pair,
    put_count, varint,
};
use crate::span;
use floe_telemetry_core::__sdk::clock::UnixNanos;

/// The field number of `LogRecord.attributes`.
const ATTRIBUTES: u32 = 6;

/// Encodes an `ExportLogsServiceRequest` with one resource, whose encoded fields are `resource`, and one `ScopeLogs`
/// for each scope and target.
pub(super) fn request(resource: &[u8], records: &[Arc<LogRecord>]) -> Vec<u8> {
    let scopes = scopes(records);
    let lengths = scopes.iter().map(Vec::len);
    let body: usize = lengths.map(|length| head_length(length) + length).sum();
    let length = resource.len() + body;
    let mut request = Vec::with_capacity(head_length(length) + length);
    head(&mut request, 1, length);
    request.extend_from_slice(resource);
    for scope in &scopes {
        bytes_always(&mut request, 2, scope);
    }
    request
}

/// Encodes one `ScopeLogs` for each scope and target, in the order in which they first occur in `records`.
fn scopes(records: &[Arc<LogRecord>]) -> Vec<Vec<u8>> {
    let mut encoded: Vec<Vec<u8>> = Vec::new();
    let mut known = HashMap::new();
    for record in records {
        let scope = record.scope();
        let name = record.target().unwrap_or_else(|| scope.name());
        let at = match known.entry((name, scope)) {
            Entry::Occupied(at) => *at.get(),
            Entry::Vacant(new) => {
                encoded.push(span::scope_fields(scope, name));
                *new.insert(encoded.len() - 1)
            }
        };
        message_of::<2>(&mut encoded[at], 2, |out| log_record(out, record));
    }
    encoded
}

fn log_record(out: &mut Vec<u8>, record: &LogRecord) {
    if let Some(time) = record.timestamp {
        fixed64(out, 1, UnixNanos::from(time).0);
    }
    if let Some(severity) = record.severity_number {
        varint(out, 2, severity as u64);
    }
    bytes(out, 3, record.severity_text.unwrap_or_default().as_bytes());
    if let Some(body) = record.body() {
        message(out, 5, |out| any_value(out, body.into()));
    }
    for (key, value) in record.attributes() {
        pair(out, ATTRIBUTES, key.as_str(), value.into());
    }
    put_count(out, 7, record.dropped_attributes);
    if let Some(span) = record.span {
        fixed32(out, 8, u32::from(span.flags.to_u8()));
        bytes(out, 9, &span.trace_id.to_bytes());
        bytes(out, 10, &span.span_id.to_bytes());
    }
    if let Some(time) = record.observed_timestamp {
        fixed64(out, 11, UnixNanos::from(time).0);
    }
    bytes(out, 12, record.event_name.unwrap_or_default().as_bytes());
}
