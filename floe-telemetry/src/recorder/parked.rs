//! A span that is not current: that of a future between two polls, or of an owner that enters it for a while.

use std::ptr;

use opentelemetry::Context;
use opentelemetry::trace::TraceContextExt;

use super::current;
use super::listeners;
use super::nested::{self, BoundaryGuard, is_boundary};
use super::open::OpenSpan;
use super::recording::Recording;
use super::span::RecordedSpan;
use super::unsampled::Suspended;

#[derive(Debug)]
pub(super) enum Parked {
    /// No span and no context: the body runs unchanged.
    Off,
    /// Not recorded: the context of a span that is not sampled, or of an explicit parent. It is boxed so that a
    /// parked span fits into two registers; in memory, one load right after two stores would stall.
    In(Box<Context>),
    /// A span that is not sampled and has no `Context` of its own.
    Unsampled(Box<Suspended>),
    /// A recorded span with its context, or a measured call.
    Recording(Box<Recording>),
}

impl Parked {
    /// Parks the span that is current on this thread. Its context is current, unless the user's code has attached
    /// another one and not detached it: a span that is recorded is then added to that context.
    pub(super) fn current(recording: Option<Box<Recording>>) -> Self {
        let Some(mut recording) = recording else {
            return match Suspended::current() {
                Some(suspended) => Self::Unsampled(Box::new(suspended)),
                None => Self::In(Box::new(current::current_context())),
            };
        };
        if recording.context.is_some() {
            return Self::Recording(recording);
        }
        if recording.record.is_measured() {
            recording.context = Some(current::current_context());
            return Self::Recording(recording);
        }
        let span_id = recording.record.head.span_id;
        Context::map_current(|cx| {
            let span = cx.span();
            let above = span.span_context();
            recording.is_in_boundary =
                nested::id_within(above) == Some(span_id) && above.span_id() != span_id;
            let has_span = recording.is_in_boundary || above.span_id() == span_id;
            recording.context = Some(if has_span {
                cx.clone()
            } else {
                cx.with_span(RecordedSpan::of_call(&recording))
            });
        });
        Self::Recording(recording)
    }

    /// Makes the span current until the result is dropped, which has no recording.
    pub(super) fn attach(&mut self) -> OpenSpan {
        match self {
            Self::Off => OpenSpan::Off,
            Self::In(cx) => OpenSpan::attach(Context::clone(cx), None, true),
            Self::Unsampled(suspended) => {
                let (span, context) = suspended.attach();
                OpenSpan::UnsampledIn(span, context)
            }
            Self::Recording(recording) => recording.attach(),
        }
    }

    /// The recording, which the caller ends.
    #[inline]
    pub(super) fn recording(self) -> Option<Box<Recording>> {
        match self {
            Self::Off | Self::In(_) | Self::Unsampled(_) => None,
            Self::Recording(recording) => Some(recording),
        }
    }
}

impl Recording {
    fn attach(&mut self) -> OpenSpan {
        let Some(mut cx) = self.context.clone() else {
            return OpenSpan::Off;
        };
        if self.record.is_measured() {
            return OpenSpan::attach(cx, None, true);
        }
        if self.is_in_boundary {
            // On another thread, for example, the boundary is not current any more. The span gets a `Context` of its
            // own there.
            let above = cx.span();
            let above = above.span_context();
            let is_current = Context::map_current(|cx| ptr::eq(cx.span().span_context(), above));
            if !(is_current && is_boundary(above))
                && let Some(own) = self.own_context()
            {
                cx = own.clone();
            }
        } else if !listeners::has_boundaries(listeners::current()) {
            return OpenSpan::InContext(None, cx.attach());
        }
        let boundary = BoundaryGuard::attach(&cx, self);
        OpenSpan::InBoundary(None, boundary, cx.attach())
    }

    /// The context with the span in it, which is made now if the span has been in that of its boundary.
    pub(super) fn own_context(&mut self) -> Option<&Context> {
        if self.is_in_boundary {
            let cx = self.context.take()?;
            self.context = Some(cx.with_span(RecordedSpan::of_call(self)));
            self.is_in_boundary = false;
        }
        self.context.as_ref()
    }
}
