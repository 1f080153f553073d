//! B3, the format of Zipkin: one header, or a header for each field
//! ([B3](https://github.com/openzipkin/b3-propagation),
//! [requirements](https://opentelemetry.io/docs/specs/otel/context/api-propagators/#b3-requirements)).
//!
//! `opentelemetry-zipkin` is not used, because it brings an exporter and accepts long and repeated headers.

use std::sync::LazyLock;

use opentelemetry::propagation::text_map_propagator::FieldIter;
use opentelemetry::propagation::{Extractor, Injector, TextMapPropagator};
use opentelemetry::trace::{SpanContext, TraceContextExt, TraceFlags, TraceState};
use opentelemetry::{Context, SpanId, TraceId};

use crate::recorder::current::span_context_within;

const SINGLE: &str = "b3";
const TRACE_ID: &str = "x-b3-traceid";
const SPAN_ID: &str = "x-b3-spanid";
const SAMPLED: &str = "x-b3-sampled";
const FLAGS: &str = "x-b3-flags";

static SINGLE_FIELDS: LazyLock<[String; 1]> = LazyLock::new(|| [SINGLE.into()]);
static MULTI_FIELDS: LazyLock<[String; 4]> =
    LazyLock::new(|| [TRACE_ID, SPAN_ID, SAMPLED, FLAGS].map(Into::into));

/// Propagates B3. Both variants accept either form, and a valid single header takes precedence.
#[derive(Debug)]
pub(crate) enum B3Propagator {
    /// Sends `b3`.
    Single,
    /// Sends `X-B3-TraceId`, `X-B3-SpanId`, and `X-B3-Sampled` or `X-B3-Flags`.
    Multi,
}

/// Marks a trace whose sender has set the debug flag, which is passed on.
struct Debug(TraceId);

/// A received span, and whether its sender has set the debug flag.
type Received = (SpanContext, bool);

impl TextMapPropagator for B3Propagator {
    fn inject_context(&self, cx: &Context, injector: &mut dyn Injector) {
        let below = span_context_within(cx);
        let span = below.unwrap_or_else(|| cx.span().span_context().clone());
        if !span.is_valid() {
            return;
        }

        let is_debug =
            cx.get::<Debug>().is_some_and(|Debug(trace_id)| *trace_id == span.trace_id());
        let sampled = if span.is_sampled() { "1" } else { "0" };
        match self {
            Self::Single => {
                let sampled = if is_debug { "d" } else { sampled };
                let value = format!("{}-{}-{sampled}", span.trace_id(), span.span_id());
                injector.set(SINGLE, value);
            }
            Self::Multi => {
                injector.set(TRACE_ID, span.trace_id().to_string());
                injector.set(SPAN_ID, span.span_id().to_string());
                if is_debug {
                    injector.set(FLAGS, "1".to_owned());
                } else {
                    injector.set(SAMPLED, sampled.to_owned());
                }
            }
        }
    }

    fn extract_with_context(&self, cx: &Context, extractor: &dyn Extractor) -> Context {
        let received = header(extractor, SINGLE).and_then(single).or_else(|| multi(extractor));
        let Some((span, is_debug)) = received else {
            return cx.clone();
        };

        let trace_id = span.trace_id();
        let cx = cx.with_remote_span_context(span);
        if is_debug { cx.with_value(Debug(trace_id)) } else { cx }
    }

    fn fields(&self) -> FieldIter<'_> {
        match self {
            Self::Single => FieldIter::new(&*SINGLE_FIELDS),
            Self::Multi => FieldIter::new(&*MULTI_FIELDS),
        }
    }
}

/// Returns the value of a header; `None` if the header is missing or repeated.
fn header<'a>(extractor: &'a dyn Extractor, name: &str) -> Option<&'a str> {
    let values = extractor.get_all(name)?;
    match values[..] {
        [value] => Some(value.trim_matches([' ', '\t'])),
        _ => None,
    }
}

/// Parses `{trace id}-{span id}-{sampled}-{parent}`, where the last two parts are optional. A header that has only a
/// sampling decision is rejected, because it cannot continue a trace.
fn single(value: &str) -> Option<Received> {
    let mut parts = value.split('-');
    let trace_id = parts.next()?;
    let span_id = parts.next()?;
    let (is_sampled, is_debug) = match parts.next() {
        None | Some("0") => (false, false),
        Some("1") => (true, false),
        Some("d") => (true, true),
        Some(_) => return None,
    };

    let is_invalid = |parent| id(parent, &[16]).is_none();
    if parts.next().is_some_and(is_invalid) || parts.next().is_some() {
        return None;
    }

    received(trace_id, span_id, is_sampled, is_debug)
}

fn multi(extractor: &dyn Extractor) -> Option<Received> {
    let is_debug = header(extractor, FLAGS) == Some("1");
    let is_sampled = match header(extractor, SAMPLED) {
        _ if is_debug => true,
        Some("1" | "true") => true,
        None | Some("0" | "false") => false,
        Some(_) => return None,
    };

    let trace_id = header(extractor, TRACE_ID)?;
    let span_id = header(extractor, SPAN_ID)?;

    received(trace_id, span_id, is_sampled, is_debug)
}

fn received(trace_id: &str, span_id: &str, is_sampled: bool, is_debug: bool) -> Option<Received> {
    let trace_id = TraceId::from(id(trace_id, &[16, 32])?);
    let span_id = SpanId::from(u64::try_from(id(span_id, &[16])?).ok()?);
    let flags = TraceFlags::default().with_sampled(is_sampled);
    let span = SpanContext::new(trace_id, span_id, flags, true, TraceState::NONE);
    span.is_valid().then_some((span, is_debug))
}

/// Parses an id with one of these numbers of digits. A sign, which `from_str_radix` would accept, is rejected.
fn id(digits: &str, accepted: &[usize]) -> Option<u128> {
    if !accepted.contains(&digits.len()) || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }

    u128::from_str_radix(digits, 16).ok()
}
