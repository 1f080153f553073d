//! The span of a future, before and after its first poll.

use super::first_poll::Outer;
use super::listeners;
use super::open::{Current, OpenSpan, enter};
use super::parked::Parked;
use super::recording::Recording;
use crate::callsite::CallSite;

/// The span of a future. It starts with the first poll, so a future that is never polled has none.
#[derive(Debug)]
pub(super) enum Phase {
    /// Not polled yet; the wrapper opens the span.
    BeforeWrapperOpens(&'static CallSite),
    /// Not polled yet; the future opens the span itself.
    BeforeFutureOpens,
    /// Polled, or without a span from the start. During the first poll it is off: the poll has the span.
    Open(Parked),
}

/// A running poll.
pub(super) enum Entered {
    /// The first poll, with the span.
    First(OpenSpan),
    /// The first poll; the future opens the span.
    Expecting(Outer),
    /// A later poll, during which this makes the span current.
    Again(OpenSpan),
}

impl Phase {
    /// Makes the span current, after opening it if this is the first poll. `None` without a span.
    #[inline]
    pub(super) fn begin(&mut self) -> Option<Entered> {
        match self {
            Self::BeforeWrapperOpens(callsite) => {
                let span = enter(callsite, Current, None);
                *self = Self::Open(Parked::Off);
                (!span.is_off()).then(|| Entered::First(span.into_inner()))
            }
            Self::BeforeFutureOpens => {
                *self = Self::Open(Parked::Off);
                (!listeners::is_off()).then(|| Entered::Expecting(Outer::expecting()))
            }
            Self::Open(Parked::Off) => None,
            Self::Open(parked) => Some(Entered::Again(parked.attach())),
        }
    }

    /// Restores the context from before the poll. If the future `is_pending`, the span is kept for the next poll;
    /// otherwise returns its recording. Most futures are polled only once.
    #[inline]
    pub(super) fn end(&mut self, entered: Entered, is_pending: bool) -> Option<Box<Recording>> {
        let mut span = match entered {
            Entered::First(span) => span,
            Entered::Expecting(outer) => outer.opened(),
            Entered::Again(attached) => {
                drop(attached);
                if is_pending {
                    return None;
                }
                return self.take().recording();
            }
        };
        if is_pending {
            *self = Self::Open(span.park());
            return None;
        }
        span.close()
    }

    /// Takes the span, which the caller ends.
    #[inline]
    pub(super) fn take(&mut self) -> Parked {
        match std::mem::replace(self, Self::Open(Parked::Off)) {
            Self::Open(parked) => parked,
            Self::BeforeWrapperOpens(_) | Self::BeforeFutureOpens => Parked::Off,
        }
    }
}
