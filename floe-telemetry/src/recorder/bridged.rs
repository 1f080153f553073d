//! A span of `tracing`, which may be opened, entered, updated and closed on different threads.

use std::cell::Cell;

use opentelemetry::trace::{Link, SpanContext, TraceContextExt};
use opentelemetry::{Context, SpanId};

use super::open::open_detached;
use super::opening::Opening;
use super::parent::Parent;
use super::record::SpanRecord;
use super::state::State;
use crate::callsite::CallSite;

/// A span, or the context that is propagated instead of a span that is not sampled. Dropping it ends the
/// span.
#[derive(Debug)]
pub(crate) struct BridgedSpan(State);

impl BridgedSpan {
    /// Opens a span below `parent`. `fill` runs only if the span is recorded; if it `names` the span, it
    /// runs before the sampling rules decide. `None` while nothing is recorded.
    pub(crate) fn open(
        callsite: &'static CallSite,
        names: bool,
        parent: Option<Parent>,
        fill: impl FnOnce(&mut SpanRecord),
    ) -> Option<Self> {
        let parent = parent.unwrap_or(Parent::CURRENT);
        let fill = Cell::new(Some(fill));
        let fill = |opening: &mut Opening| {
            opening.0.record.head.callsite = Some(callsite);
            if let Some(fill) = fill.take() {
                fill(&mut opening.0.record);
            }
        };
        let known = (!names).then_some(callsite);
        match open_detached(&parent, known, Some(&fill)) {
            // Without a span, the parent's context is propagated to spans below this one on other threads.
            State::Off => parent
                .map(propagated)
                .map(Box::new)
                .map(State::NotSampled)
                .map(Self),
            state => Some(Self(state)),
        }
    }

    /// The context in which the span is current.
    pub(crate) fn context(&self) -> Option<&Context> {
        match &self.0 {
            State::Off | State::Attached => None,
            State::NotSampled(cx) => Some(cx),
            State::Recording(recording) => recording.context.as_ref(),
        }
    }

    /// Whether updates have an effect.
    pub(crate) const fn is_recording(&self) -> bool {
        matches!(self.0, State::Recording(_))
    }

    /// The record, if this is the span with that id and it has not ended.
    pub(crate) fn record_of(&mut self, span: SpanId) -> Option<&mut SpanRecord> {
        match &mut self.0 {
            State::Recording(recording)
                if recording.record.head.span_id == span && recording.handle().is_open() =>
            {
                Some(&mut recording.record)
            }
            _ => None,
        }
    }

    /// Merges updates.
    pub(crate) fn update(&mut self, later: &mut SpanRecord) {
        if let State::Recording(recording) = &mut self.0 {
            recording.record.adopt(later);
        }
    }

    /// Links the span to another one.
    pub(crate) fn link(&mut self, to: SpanContext) {
        if let State::Recording(recording) = &mut self.0 {
            recording.record.add_link(Link::with_context(to));
        }
    }

    /// Ends the span with the status that it has.
    pub(crate) fn end(self) {
        if let Some(recording) = self.0.recording() {
            recording.end(None);
        }
    }
}

/// Returns the context, if it has a span and telemetry is not suppressed in it.
fn propagated(cx: &Context) -> Option<Context> {
    let has_span = cx.span().span_context().is_valid() && !cx.is_telemetry_suppressed();
    has_span.then(|| cx.clone())
}
