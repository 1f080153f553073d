//! A span of `tracing`, which may be opened, entered, updated and closed on different threads.

use opentelemetry::trace::{Link, SpanContext, TraceContextExt};
use opentelemetry::{Context, SpanId};

use super::open::open_for_later;
use super::opening::Opening;
use super::parent::Parent;
use super::record::SpanRecord;
use super::state::State;
use crate::callsite::CallSite;

/// A span, or the context that is propagated in place of one that is not sampled. A span that was not
/// ended ends when this is dropped.
#[derive(Debug)]
pub(crate) struct BridgedSpan(State);

impl BridgedSpan {
    /// Opens a span below `parent`. `fill` runs only if the span is recorded; if it `names` the span, it
    /// runs before the sampling rules decide. `None` while nothing is recorded.
    pub(crate) fn open(
        callsite: &'static CallSite,
        names: bool,
        parent: Option<Parent>,
        mut fill: impl FnMut(&mut SpanRecord),
    ) -> Option<Self> {
        let parent = parent.unwrap_or(Parent::CURRENT);
        let mut fill = |opening: &mut Opening| {
            opening.0.record.head.callsite = Some(callsite);
            fill(&mut opening.0.record);
        };
        let known = (!names).then_some(callsite);
        match open_for_later(&parent, known, Some(&mut fill)) {
            // So that spans below it on other threads are not sampled either.
            State::Off => parent
                .map(pass_on)
                .map(Box::new)
                .map(State::NotSampled)
                .map(Self),
            state => Some(Self(state)),
        }
    }

    /// The context in which the span is current.
    pub(crate) fn context(&self) -> Option<&Context> {
        match &self.0 {
            State::Off => None,
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

    /// Links it to another span.
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

fn pass_on(cx: &Context) -> Option<Context> {
    let propagates = cx.span().span_context().is_valid() && !cx.is_telemetry_suppressed();
    propagates.then(|| cx.clone())
}
