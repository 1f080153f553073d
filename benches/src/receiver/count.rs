//! Counts the spans of an export request without decoding them.

use prost::encoding::{DecodeContext, WireType, decode_key, decode_varint, skip_field};

/// `ExportTraceServiceRequest.resource_spans`.
const RESOURCE_SPANS: u32 = 1;
/// `ResourceSpans.scope_spans`.
const SCOPE_SPANS: u32 = 2;
/// `ScopeSpans.spans`.
const SPANS: u32 = 2;

/// The number of spans in an `ExportTraceServiceRequest`. 0 for anything else.
pub(super) fn spans(request: &[u8]) -> u64 {
    let mut spans = 0;
    each(request, RESOURCE_SPANS, &mut |resource| {
        each(resource, SCOPE_SPANS, &mut |scope| {
            each(scope, SPANS, &mut |_| spans += 1);
        });
    });
    spans
}

/// Calls `act` with each message that is a field of `message` with the number `expected`.
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
