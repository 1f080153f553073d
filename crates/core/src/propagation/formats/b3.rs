//! B3, the format of Zipkin: one header, or one for each part
//! ([B3](https://github.com/openzipkin/b3-propagation),
//! [requirements](https://opentelemetry.io/docs/specs/otel/context/api-propagators/#b3-requirements)).

use std::sync::LazyLock;

use opentelemetry::propagation::text_map_propagator::FieldIter;
use opentelemetry::propagation::{Extractor, Injector, TextMapPropagator};
use opentelemetry::trace::TraceContextExt;
use opentelemetry::{Context, SpanId, TraceId};

use super::span_headers::{header, received, sent, span_id, trace_id};

const SINGLE: &str = "b3";
const TRACE_ID: &str = "x-b3-traceid";
const SPAN_ID: &str = "x-b3-spanid";
const SAMPLED: &str = "x-b3-sampled";
const FLAGS: &str = "x-b3-flags";

static SINGLE_FIELDS: LazyLock<[String; 1]> = LazyLock::new(|| [SINGLE.into()]);
static MULTI_FIELDS: LazyLock<[String; 4]> =
    LazyLock::new(|| [TRACE_ID, SPAN_ID, SAMPLED, FLAGS].map(Into::into));

/// Propagates B3. It accepts both forms, and a single header takes precedence.
#[derive(Debug)]
pub(crate) enum B3Propagator {
    /// Sends `b3`.
    Single,
    /// Sends `X-B3-TraceId` and the other headers.
    Multi,
}

/// Marks a trace whose sender has set the debug flag, which is passed on.
struct Debug(TraceId);

impl TextMapPropagator for B3Propagator {
    fn inject_context(&self, cx: &Context, injector: &mut dyn Injector) {
        let Some(span) = sent(cx) else {
            return;
        };
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
        let parent = header(extractor, SINGLE)
            .and_then(|value| single(cx, value))
            .or_else(|| multi(cx, extractor));
        parent.unwrap_or_else(|| cx.clone())
    }

    fn fields(&self) -> FieldIter<'_> {
        match self {
            Self::Single => FieldIter::new(&*SINGLE_FIELDS),
            Self::Multi => FieldIter::new(&*MULTI_FIELDS),
        }
    }
}

/// Parses `{trace id}-{span id}-{sampled}-{parent}`, where the last two parts are optional. A decision without ids
/// cannot continue a trace.
fn single(cx: &Context, value: &str) -> Option<Context> {
    let mut parts = value.split('-');
    let (trace_id, span_id) = (parts.next()?, parts.next()?);
    let decision = parts.next();
    let (is_sampled, is_debug) = match decision {
        None | Some("0") => (false, false),
        Some("1") => (true, false),
        Some("d") => (true, true),
        Some(_) => return None,
    };
    if parts.next().is_some_and(|parent| parse_span_id(parent).is_none()) || parts.next().is_some()
    {
        return None;
    }
    with_debug(cx, trace_id, span_id, is_sampled, is_debug)
}

fn multi(cx: &Context, extractor: &dyn Extractor) -> Option<Context> {
    let is_debug = header(extractor, FLAGS) == Some("1");
    let is_sampled = match header(extractor, SAMPLED) {
        _ if is_debug => true,
        Some("1" | "true") => true,
        None | Some("0" | "false") => false,
        Some(_) => return None,
    };
    let (trace_id, span_id) = (header(extractor, TRACE_ID)?, header(extractor, SPAN_ID)?);
    with_debug(cx, trace_id, span_id, is_sampled, is_debug)
}

fn with_debug(
    cx: &Context,
    trace_id: &str,
    span_id: &str,
    is_sampled: bool,
    is_debug: bool,
) -> Option<Context> {
    let cx = received(cx, parse_trace_id(trace_id), parse_span_id(span_id), is_sampled)?;
    let trace_id = cx.span().span_context().trace_id();
    Some(if is_debug { cx.with_value(Debug(trace_id)) } else { cx })
}

fn parse_trace_id(digits: &str) -> Option<TraceId> {
    trace_id(digits, &[16, 32])
}

fn parse_span_id(digits: &str) -> Option<SpanId> {
    span_id(digits, &[16])
}
