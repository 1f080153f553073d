//! The span of a future, before and after its first poll.

use super::enter::{Current, enter};
use super::first_poll::Entered;
use super::listeners;
use super::state::{Opened, State};
use crate::callsite::CallSite;

/// The span of a future. It starts with the first poll, so a future that is never polled has none.
#[derive(Debug)]
pub(super) enum Phase {
    /// Not polled yet; the wrapper opens the span.
    BeforeWrapperOpens(&'static CallSite),
    /// Not polled yet; the future opens the span itself.
    BeforeFutureOpens,
    /// Polled, or without a span from the start.
    Open(State),
}

impl Phase {
    /// Makes the span current, after opening it if this is the first poll. `None` without a span.
    #[inline]
    pub(super) fn begin(&mut self) -> Option<Entered> {
        if let Self::BeforeWrapperOpens(callsite) = *self {
            let span = Opened::into_inner(enter(callsite, Current, None));
            let (state, attached) = span.into_parts();
            let entered = Entered::with(&state, attached);
            *self = Self::Open(state);
            return entered;
        }
        match self {
            Self::Open(state) => {
                let attached = state.attach();
                Entered::with(state, attached)
            }
            Self::BeforeFutureOpens if !listeners::is_off() => Some(Entered::expecting()),
            Self::BeforeFutureOpens | Self::BeforeWrapperOpens(_) => {
                *self = Self::Open(State::Off);
                None
            }
        }
    }

    /// Restores the context from before the poll. If the future `is_pending`, its own context is stored for
    /// the next poll; most futures are polled only once.
    #[inline]
    pub(super) fn end(&mut self, entered: Entered, is_pending: bool) {
        let attached = match entered {
            Entered::Attached(attached) => Some(attached),
            Entered::Measured => None,
            Entered::Expecting(outer) => {
                let (state, attached) = match outer.opened() {
                    Some(span) => span.into_parts(),
                    None => (State::Off, None),
                };
                *self = Self::Open(state);
                attached
            }
        };
        if is_pending && let Self::Open(state) = self {
            state.suspend();
        }
        drop(attached);
    }
}
