//! The state of a call or a future while its body runs.

use std::mem::{self, ManuallyDrop};

use opentelemetry::trace::TraceContextExt;
use opentelemetry::{Context, ContextGuard};

use super::current;
use super::listeners;
use super::nested::{self, BoundaryGuard, NestedGuard, is_boundary};
use super::recording::Recording;
use super::span::RecordedSpan;
use super::unsampled::{Suspended, UnsampledGuard};
use crate::callsite::CallSite;

/// A span that has been opened and is current; its body has not run yet.
#[derive(Debug)]
pub struct OpenSpan {
    /// `None` if the span is not recorded.
    pub(super) recording: Option<Box<Recording>>,
    pub(super) attached: Option<Attached>,
}

/// Makes a span current until it is dropped.
#[derive(Debug)]
#[expect(dead_code, reason = "the guards are only dropped")]
pub(super) enum Attached {
    Context(ContextGuard),
    /// Of a span that is not sampled, in the `Context` of its parent.
    Unsampled(UnsampledGuard),
    /// The same, after it was suspended.
    UnsampledIn(UnsampledGuard, ContextGuard),
    /// Of a recorded span in the `Context` of another one.
    Nested(NestedGuard),
    /// Of a recorded span in its own `Context`, which others may run in.
    Boundary(BoundaryGuard, ContextGuard),
}

impl Attached {
    /// Attaches a `Context` that may have the boundary of the current span, and not that span.
    ///
    /// The guard of a span that is no function's may be dropped in any order, and does not change the cell.
    pub(super) fn given(cx: Context, is_nested: bool) -> Self {
        if is_nested && listeners::has_boundaries(listeners::current()) {
            Self::Boundary(BoundaryGuard::none(), cx.attach())
        } else {
            Self::Context(cx.attach())
        }
    }

    /// Attaches `boundary`, the `Context` that a span was in when it was suspended. If that is not current any
    /// more, for example on another thread, the span gets a `Context` of its own.
    fn again(boundary: Context, recording: &mut Recording) -> Self {
        let above = boundary.span();
        let is_current =
            Context::map_current(|cx| std::ptr::eq(cx.span().span_context(), above.span_context()));
        if is_current && is_boundary(above.span_context()) {
            return Self::boundary(boundary, recording);
        }
        let cx = recording.own_context().cloned().unwrap_or(boundary);
        Self::boundary(cx, recording)
    }

    /// Attaches the `Context` that a recorded span runs in with the setting `context: boundaries`.
    pub(super) fn boundary(cx: Context, recording: &Recording) -> Self {
        Self::Boundary(BoundaryGuard::attach(&cx, recording), cx.attach())
    }
}

/// An `OpenSpan` that the function that runs the body ends explicitly. It has no destructor, so the
/// compiler reserves no stack for moving it and for whether it has been moved.
pub type Opened = ManuallyDrop<OpenSpan>;

#[derive(Debug)]
pub(super) enum State {
    /// No span and no context: the body runs unchanged.
    Off,
    /// No span that is recorded, but one that is not sampled, or an explicit parent. The [`OpenSpan`] has
    /// made it current, and a body that runs once needs nothing else.
    Attached,
    /// The context of such a span, to be attached again. It is boxed so that a state fits into two registers; in
    /// memory, one load right after two stores would stall.
    NotSampled(Box<Context>),
    /// A span that is not sampled and has no `Context` of its own, while it is suspended.
    Suspended(Box<Suspended>),
    /// The body runs in a span.
    Recording(Box<Recording>),
}

impl Recording {
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

impl OpenSpan {
    pub(super) const OFF: Self = Self {
        recording: None,
        attached: None,
    };

    /// A call that is not recorded, in a `Context` that it has a span or an explicit parent in.
    #[inline]
    pub(super) fn in_context(cx: Context, callsite: Option<&'static CallSite>) -> Opened {
        let attached = Attached::given(cx, callsite.is_some());
        Self::opened(None, Some(attached))
    }

    /// Each kind of span is constructed by a call of its own, in its final location. Moving what several branches
    /// have constructed would load it in other parts than it was stored in, which stalls.
    #[expect(clippy::inline_always, reason = "it only constructs")]
    #[inline(always)]
    pub(super) const fn opened(
        recording: Option<Box<Recording>>,
        attached: Option<Attached>,
    ) -> Opened {
        ManuallyDrop::new(Self {
            recording,
            attached,
        })
    }

    /// [`OFF`](Self::OFF) without a destructor.
    pub(super) const OPENED_OFF: Opened = ManuallyDrop::new(Self::OFF);

    /// Whether there is neither a span nor a context. The caller does not dereference, for which an
    /// unoptimized build would reserve stack.
    #[inline]
    pub(super) fn is_off(opened: &Opened) -> bool {
        opened.recording.is_none() && opened.attached.is_none()
    }

    /// What a future or a guard keeps of the span, and what makes it current.
    #[inline]
    pub(super) fn into_parts(self) -> (State, Option<Attached>) {
        let state = match (self.recording, &self.attached) {
            (Some(recording), _) => State::Recording(recording),
            (None, Some(_)) => State::Attached,
            (None, None) => State::Off,
        };
        (state, self.attached)
    }

    /// Detaches the span and returns the recording, which the caller ends.
    #[expect(clippy::inline_always, reason = "each call does it once")]
    #[inline(always)]
    pub(super) fn recording(&mut self) -> Option<Box<Recording>> {
        // Dropped in place: moving the guard would load it right after it was stored in two parts, which
        // stalls.
        self.attached = None;
        self.recording.take()
    }

    /// Detaches the span and stores its context, so that it can be attached again.
    pub(super) fn detach(&mut self) -> State {
        let (mut state, attached) = mem::replace(self, Self::OFF).into_parts();
        state.store_context();
        drop(attached);
        state
    }
}

impl State {
    /// Makes the context current until the guard is dropped.
    pub(super) fn attach(&mut self) -> Option<Attached> {
        match self {
            Self::Off | Self::Attached => None,
            Self::NotSampled(cx) => Some(Attached::given(Context::clone(cx), true)),
            Self::Suspended(suspended) => {
                let (span, context) = suspended.attach();
                Some(Attached::UnsampledIn(span, context))
            }
            Self::Recording(recording) => {
                let cx = recording.context.clone()?;
                if recording.record.is_measured() {
                    return Some(Attached::given(cx, true));
                }
                if recording.is_in_boundary {
                    return Some(Attached::again(cx, recording));
                }
                let has_boundaries = listeners::has_boundaries(listeners::current());
                Some(if has_boundaries {
                    Attached::boundary(cx, recording)
                } else {
                    Attached::Context(cx.attach())
                })
            }
        }
    }

    /// Stores the context that will be attached again. It is current, unless the user's code has attached
    /// another one and not detached it: a span that is recorded is then added to that context.
    #[inline]
    pub(super) fn store_context(&mut self) {
        match self {
            Self::Off | Self::NotSampled(_) | Self::Suspended(_) => {}
            Self::Attached => *self = Self::NotSampled(Box::new(current::current_context())),
            Self::Recording(recording) if recording.context.is_some() => {}
            Self::Recording(recording) if recording.record.is_measured() => {
                recording.context = Some(current::current_context());
            }
            Self::Recording(recording) => {
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
                        cx.with_span(RecordedSpan::of_call(recording))
                    });
                });
            }
        }
    }

    /// Stores what [`attach`](Self::attach) makes current again, and nobody else reads.
    #[inline]
    pub(super) fn suspend(&mut self) {
        if matches!(self, Self::Attached)
            && let Some(suspended) = Suspended::current()
        {
            *self = Self::Suspended(Box::new(suspended));
        } else {
            self.store_context();
        }
    }

    /// Whether there is a context to attach.
    #[inline]
    pub(super) const fn has_context(&self) -> bool {
        match self {
            Self::Off | Self::Attached => false,
            Self::NotSampled(_) | Self::Suspended(_) => true,
            Self::Recording(recording) => recording.context.is_some(),
        }
    }

    /// The recording, which the caller ends.
    #[inline]
    pub(super) fn recording(self) -> Option<Box<Recording>> {
        match self {
            Self::Off | Self::Attached | Self::NotSampled(_) | Self::Suspended(_) => None,
            Self::Recording(recording) => Some(recording),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_pointer_width = "64")]
    fn a_call_has_little_of_its_span_on_the_stack() {
        // Each call of a recursive function has one.
        assert_eq!(size_of::<Opened>(), 32);
    }
}
