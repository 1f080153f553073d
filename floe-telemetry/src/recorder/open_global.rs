//! Opens a span of OpenTelemetry's global provider, while there is no provider of this crate.

use std::panic::{AssertUnwindSafe, catch_unwind};

use opentelemetry::Context;
use opentelemetry::trace::{Span as _, TraceContextExt};

use super::global_span;
use super::listeners;
use super::opening::{Fill, fill_in};
use super::parent::Parent;
use super::recording::{Recording, context_is_alive};
use super::span::RecordedSpan;
use super::state::{Attached, OpenSpan, Opened, State};
use crate::callsite::CallSite;
use crate::clock::Ticks;

/// Opens a span of the global provider below `parent`. `None` if there is no such provider, or it is not used.
pub(super) fn open(
    parent: &Parent,
    callsite: Option<&'static CallSite>,
    fill: Option<Fill<'_>>,
) -> Option<Opened> {
    if !listeners::is_foreign() || !context_is_alive() {
        return None;
    }
    let above = parent.map(Context::clone);
    if above.is_telemetry_suppressed() {
        return None;
    }
    let mut recording = Recording::new();
    recording.open();
    recording.record.head.callsite = callsite;
    let is_function = callsite.is_some();
    let fill_now = |recording| match fill {
        Some(fill) => fill_in(recording, fill),
        None => recording,
    };
    if !is_function {
        // The name, the kind and the scope, too.
        recording = fill_now(recording);
    }
    let span = catch_unwind(AssertUnwindSafe(|| {
        global_span::start(&mut recording.record, &above)
    }));
    let Ok(span) = span else {
        recording.discard();
        return None;
    };
    let context = span.span_context().clone();
    if !span.is_recording() {
        recording.discard();
        let is_span = context.is_valid();
        let cx = is_span.then(|| above.with_remote_span_context(context));
        return cx.map(|cx| OpenSpan::in_context(cx, callsite));
    }
    let head = &mut recording.record.head;
    head.trace_id = context.trace_id();
    head.span_id = context.span_id();
    head.flags = context.trace_flags();
    head.start = Ticks::now();
    recording.foreign = Some(Box::new(span));
    if is_function {
        recording = fill_now(recording);
    }
    let cx = above.with_span(RecordedSpan::fixed(context, recording.handle()));
    recording.context = Some(cx.clone());
    let attached = Attached::given(cx, is_function);
    Some(OpenSpan::opened(
        State::Recording(recording),
        Some(attached),
    ))
}
