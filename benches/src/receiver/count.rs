//! Counts the spans or log records of an export request without decoding them.

use prost::encoding::{DecodeContext, WireType, decode_key, decode_varint, skip_field};

/// `ExportTraceServiceRequest.resource_spans`, and `ExportLogsServiceRequest.resource_logs`.
const RESOURCES: u32 = 1;
/// `ResourceSpans.scope_spans`, and `ResourceLogs.scope_logs`.
const SCOPES: u32 = 2;
/// `ScopeSpans.spans`, and `ScopeLogs.log_records`.
const ITEMS: u32 = 2;

/// 0 for anything else.
pub(super) fn items(request: &[u8]) -> u64 {
    let mut items = 0;
    each(request, RESOURCES, &mut |resource| {
        each(resource, SCOPES, &mut |scope| {
            each(scope, ITEMS, &mut |_| items += 1);
        });
    });
    items
}

/// The field has the number `expected`.
fn each(mut message: &[u8], expected: u32, act: &mut dyn FnMut(&[u8])) -> Option<()> {
    while !message.is_empty() {
        let (number, wire) = decode_key(&mut message).ok()?;
        if wire != WireType::LengthDelimited {
            skip_field(wire, number, &mut message, DecodeContext::default()).ok()?;
            continue;
        }
        let length = decode_varint(&mut message).ok()?;
        let (field, rest) = message.split_at_checked(usize::try_from(length).ok()?)?;
        if number == expected {
            act(field);
        }
        message = rest;
    }
    Some(())
}
