//! Publishes the current span of each thread to readers outside the process, with `floe-thread-context`. A span is
//! published when it becomes current. When its guard is dropped, the previous span is published again.
//!
//! A `Context` that other code attaches is not published, because OpenTelemetry's API has no hook for it.

use opentelemetry::trace::{SpanContext, TraceContextExt};
use opentelemetry::{Context, SpanId, TraceFlags, TraceId};

use super::context;
use super::ids;
use super::recording::Recording;
use crate::callsite::{self, CallSite};
pub(super) use crate::thread_context::forked;
use crate::thread_context::{
    Attached, NO_ATTRIBUTES, StaticAttributes, attach, attributes_of, is_on,
};

/// The name, the function and the place in the source code of a span, as they are published.
#[derive(Clone, Copy, Debug)]
pub(super) struct Site(StaticAttributes);

impl Site {
    pub(super) const NONE: Self = Self(NO_ATTRIBUTES);

    #[inline]
    pub(super) fn of(callsite: Option<&'static CallSite>) -> Self {
        match callsite {
            Some(callsite) if is_on() => Self(callsite.published()),
            _ => Self::NONE,
        }
    }

    #[inline]
    fn of_recording(recording: &Recording) -> Self {
        let head = &recording.record.head;
        match recording.record.name() {
            Some(name) if is_on() => Self(callsite::published_as(name, head.callsite)),
            _ => Self::of(head.callsite),
        }
    }

    /// Returns the site of a span, if this thread publishes it. Other code may have made another span current.
    pub(super) fn published(trace_id: TraceId, span_id: SpanId) -> Self {
        attributes_of(trace_id.to_bytes(), span_id.to_bytes()).map_or(Self::NONE, Self)
    }

    pub(super) fn in_context(cx: &Context) -> Self {
        if !is_on() {
            return Self::NONE;
        }

        let span = cx.span();
        let context = span.span_context();
        Self::published(context.trace_id(), context.span_id())
    }
}

#[inline]
pub(super) fn list(recording: &Recording, Site(site): Site) {
    if !recording.record.head.flags.is_sampled() {
        return;
    }

    let head = &recording.record.head;
    let [span_id, parent] = [head.span_id, head.parent].map(SpanId::to_bytes);
    recording.listed.open(head.trace_id.to_bytes(), span_id, parent, site);
}

/// A span that is published until this value is dropped.
#[derive(Debug)]
pub(super) struct Published(#[allow(dead_code, reason = "it is only dropped")] Attached);

impl Published {
    #[inline]
    pub(super) fn recording(recording: &Recording) -> Self {
        let head = &recording.record.head;
        let site = Site::of_recording(recording);
        list(recording, site);
        Self::ids(head.trace_id, head.span_id, head.flags, site)
    }

    #[inline]
    pub(super) fn context(cx: &Context, site: Site) -> Self {
        if !is_on() {
            return Self(Attached::NONE);
        }

        let span = cx.span();
        Self::below(span.span_context(), span.span_context().span_id(), site)
    }

    /// Publishes an unsampled call, in the trace of the current context.
    #[inline]
    pub(super) fn below_current(id: SpanId, site: Site) -> Self {
        if !is_on() {
            return Self(Attached::NONE);
        }

        context::read(|cx| Self::below(cx.span().span_context(), id, site))
            .unwrap_or(Self(Attached::NONE))
    }

    #[inline]
    fn below(above: &SpanContext, id: SpanId, site: Site) -> Self {
        Self::ids(above.trace_id(), id, above.trace_flags(), site)
    }

    #[inline]
    fn ids(trace_id: TraceId, span_id: SpanId, flags: TraceFlags, Site(site): Site) -> Self {
        // Readers expect both ids or none. A span that was opened before spans were published may have no id yet.
        if trace_id == TraceId::INVALID || span_id == SpanId::INVALID {
            return Self(attach([0; 16], [0; 8], 0, NO_ATTRIBUTES));
        }

        let trace_id = trace_id.to_bytes();
        let span_id = span_id.to_bytes();
        Self(attach(trace_id, span_id, flags.to_u8(), site))
    }
}

/// Returns an id for an unsampled span that is published. Without publishing, the id is created when it is read.
#[inline]
pub(super) fn unsampled_id() -> SpanId {
    if is_on() { ids::span_id() } else { SpanId::INVALID }
}
