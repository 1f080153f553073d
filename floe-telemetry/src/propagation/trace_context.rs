//! The propagator for `traceparent` and `tracestate`.

use std::sync::LazyLock;

use opentelemetry::propagation::text_map_propagator::FieldIter;
use opentelemetry::propagation::{Extractor, Injector, TextMapPropagator};
use opentelemetry::trace::{SpanContext, TraceContextExt, TraceFlags};
use opentelemetry::{Context, SpanId, TraceId};

use super::trace_state::Original;
use super::{TRACEPARENT, trace_state};
use crate::recorder::span_context_within;

const TRACESTATE: &str = "tracestate";

static FIELDS: LazyLock<[String; 2]> = LazyLock::new(|| [TRACEPARENT.into(), TRACESTATE.into()]);

/// The length of version 00: `00-{32}-{16}-{2}`.
const LENGTH: usize = 55;

/// The defined flags, sampled and random. The specification requires the others to be sent as zero.
const KNOWN: u8 = 0b11;

/// Propagates [W3C Trace Context level 2](https://www.w3.org/TR/trace-context-2/).
///
/// The propagator of the SDK accepts ids that are too short, signs before numbers and a trailing `-`;
/// it uses the first of several headers, truncates a long `tracestate`, and clears the random flag.
#[derive(Debug)]
pub(super) struct TraceContextPropagator;

impl TextMapPropagator for TraceContextPropagator {
    fn inject_context(&self, cx: &Context, injector: &mut dyn Injector) {
        let span = cx.span();
        let below = span_context_within(cx);
        let context = below.as_ref().unwrap_or_else(|| span.span_context());
        if !context.is_valid() {
            return;
        }
        let flags = context.trace_flags().to_u8() & KNOWN;
        let mut header = String::with_capacity(LENGTH);
        header.push_str("00-");
        push_hex(&mut header, &context.trace_id().to_bytes());
        header.push('-');
        push_hex(&mut header, &context.span_id().to_bytes());
        header.push('-');
        push_hex(&mut header, &[flags]);
        injector.set(TRACEPARENT, header);
        let state = trace_state::header(cx, context);
        if !state.is_empty() {
            injector.set(TRACESTATE, state);
        }
    }

    fn extract_with_context(&self, cx: &Context, extractor: &dyn Extractor) -> Context {
        let Some(headers) = extractor.get_all(TRACEPARENT) else {
            return cx.clone();
        };
        let parent = match headers[..] {
            [header] => parse(header),
            _ => None,
        };
        let Some((trace_id, span_id, flags)) = parent else {
            if !headers.is_empty() {
                tracing::debug!("invalid `traceparent` header: a new trace begins");
            }
            return cx.clone();
        };
        let states = extractor.get_all(TRACESTATE).unwrap_or_default();
        let (state, original) = trace_state::parse(&states, (trace_id, span_id));
        let span = SpanContext::new(trace_id, span_id, flags, true, state);
        let has_earlier = cx.get::<Option<Original>>().is_some();
        let cx = cx.with_remote_span_context(span);
        if original.is_some() || has_earlier {
            return cx.with_value(original);
        }
        cx
    }

    fn fields(&self) -> FieldIter<'_> {
        FieldIter::new(&*FIELDS)
    }
}

/// Appends two lower-case digits for each byte. `format!` would take five times as long.
fn push_hex(text: &mut String, bytes: &[u8]) {
    const DIGITS: [char; 16] = [
        '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f',
    ];
    for byte in bytes {
        text.push(DIGITS[usize::from(byte >> 4)]);
        text.push(DIGITS[usize::from(byte & 0xf)]);
    }
}

fn parse(header: &str) -> Option<(TraceId, SpanId, TraceFlags)> {
    let header = header.trim_matches([' ', '\t']);
    let suffix = header.get(LENGTH..)?;
    let version = hex(header.get(..2)?)?;
    let is_valid_suffix = match version {
        0xff => false,
        0 => suffix.is_empty(),
        // A later version may append fields, separated by a dash.
        _ => suffix.is_empty() || suffix.starts_with('-'),
    };
    let dashes = [2, 35, 52].map(|at| header.as_bytes().get(at) == Some(&b'-'));
    if !is_valid_suffix || dashes != [true; 3] {
        return None;
    }
    let trace_id = hex(header.get(3..35)?)?;
    let span_id = u64::try_from(hex(header.get(36..52)?)?).ok()?;
    let flags = u8::try_from(hex(header.get(53..LENGTH)?)?).ok()?;
    (trace_id != 0 && span_id != 0).then(|| {
        (
            TraceId::from(trace_id),
            SpanId::from(span_id),
            TraceFlags::new(flags & KNOWN),
        )
    })
}

/// Parses at most 32 lower-case hexadecimal digits. `from_str_radix` accepts signs and upper case, and takes longer.
fn hex(digits: &str) -> Option<u128> {
    digits.bytes().try_fold(0, |number, byte| {
        let digit = match byte {
            b'0'..=b'9' => byte - b'0',
            b'a'..=b'f' => byte - b'a' + 10,
            _ => return None,
        };
        Some(number << 4 | u128::from(digit))
    })
}
