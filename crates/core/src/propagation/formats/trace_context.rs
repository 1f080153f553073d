//! The propagator for `traceparent` and `tracestate`.

use std::sync::LazyLock;

use opentelemetry::propagation::text_map_propagator::FieldIter;
use opentelemetry::propagation::{Extractor, Injector, TextMapPropagator};
use opentelemetry::trace::{SpanContext, TraceContextExt, TraceFlags};
use opentelemetry::{Context, SpanId, TraceId};

use super::trace_state::Original;
use super::{hex, trace_state};
use crate::recorder::current::{Propagated, span_context_within};

const TRACEPARENT: &str = "traceparent";
const TRACESTATE: &str = "tracestate";

static FIELDS: LazyLock<[String; 2]> = LazyLock::new(|| [TRACEPARENT.into(), TRACESTATE.into()]);

/// The length of a `traceparent` of version 00, in bytes: `00-{32}-{16}-{2}`.
const LENGTH: usize = 55;

/// The defined flags, sampled and random. The specification requires all other flags to be sent as zero.
const KNOWN: u8 = 0b11;

/// Propagates [W3C Trace Context level 2](https://www.w3.org/TR/trace-context-2/).
///
/// The propagator of the SDK accepts ids that are too short, signs before numbers and a trailing `-`;
/// it uses the first of several headers, truncates a long `tracestate`, and clears the random flag.
#[derive(Debug)]
pub(crate) struct TraceContextPropagator;

impl TextMapPropagator for TraceContextPropagator {
    fn inject_context(&self, cx: &Context, injector: &mut dyn Injector) {
        let span = cx.span();
        let below = span_context_within(cx);
        let context = below.as_ref().unwrap_or_else(|| span.span_context());
        if !context.is_valid() {
            return;
        }

        injector.set(TRACEPARENT, header(context));
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
            return cx.with_value(original).with_value(Propagated);
        }
        cx
    }

    fn fields(&self) -> FieldIter<'_> {
        FieldIter::new(&*FIELDS)
    }
}

fn header(context: &SpanContext) -> String {
    let mut header = *b"00-00000000000000000000000000000000-0000000000000000-00";
    write_hex(&mut header[3..35], &context.trace_id().to_bytes());
    write_hex(&mut header[36..52], &context.span_id().to_bytes());
    let flags = context.trace_flags().to_u8() & KNOWN;
    header[LENGTH - 2..].copy_from_slice(&hex::encode(flags.into())[6..]);
    str::from_utf8(&header).unwrap_or_default().to_owned()
}

fn write_hex(digits: &mut [u8], id: &[u8]) {
    let (words, _) = id.as_chunks();
    let (eights, _) = digits.as_chunks_mut();
    for (eight, word) in eights.iter_mut().zip(words) {
        *eight = hex::encode(u32::from_be_bytes(*word));
    }
}

fn parse(header: &str) -> Option<(TraceId, SpanId, TraceFlags)> {
    let header = header.trim_matches([' ', '\t']).as_bytes();
    let (fields, suffix) = header.split_first_chunk::<LENGTH>()?;
    let is_valid_suffix = match byte([fields[0], fields[1]])? {
        0xff => false,
        0 => suffix.is_empty(),
        // A later version may append fields, separated by a dash.
        _ => suffix.is_empty() || suffix.starts_with(b"-"),
    };

    if !is_valid_suffix || [fields[2], fields[35], fields[52]] != [b'-'; 3] {
        return None;
    }

    let trace_id = id(&fields[3..35])?;
    let span_id = u64::try_from(id(&fields[36..52])?).ok()?;
    let flags = byte([fields[53], fields[54]])?;
    (trace_id != 0 && span_id != 0)
        .then(|| (TraceId::from(trace_id), SpanId::from(span_id), TraceFlags::new(flags & KNOWN)))
}

fn id(digits: &[u8]) -> Option<u128> {
    let (eights, _) = digits.as_chunks();
    let mut eights = eights.iter();
    eights.try_fold(0, |id, eight| Some(id << 32 | u128::from(hex::decode(*eight)?)))
}

fn byte([high, low]: [u8; 2]) -> Option<u8> {
    let number = hex::decode([b'0', b'0', b'0', b'0', b'0', b'0', high, low])?;
    u8::try_from(number).ok()
}
