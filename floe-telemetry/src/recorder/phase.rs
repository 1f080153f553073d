//! How far a future is, and what it runs in.

use super::enter::enter_plain;
use super::first_poll::Entered;
use super::listeners;
use super::state::State;
use crate::callsite::CallSite;

/// How far a future is. A span begins with the first poll, so one that is never polled has none.
#[derive(Debug)]
pub(super) enum Phase {
    /// Not polled yet, and the span is opened before it is.
    Plain(&'static CallSite),
    /// Not polled yet, and the future opens the span.
    Within,
    /// The span is there, or there is none.
    Open(State),
}

impl Phase {
    /// Puts the span into the current context, after opening it at the first poll. `None` when
    /// there is none.
    #[inline]
    pub(super) fn begin(&mut self) -> Option<Entered> {
        if let Self::Plain(callsite) = *self {
            let span = enter_plain(callsite);
            let entered = Entered::with(&span.state, span.attached);
            *self = Self::Open(span.state);
            return entered;
        }
        match self {
            Self::Open(state) => Entered::with(state, state.attach()),
            Self::Within if !listeners::is_off() => Some(Entered::expecting()),
            Self::Within | Self::Plain(_) => {
                *self = Self::Open(State::Off);
                None
            }
        }
    }

    /// Takes the span out of the current context again. One that `goes_on` keeps what it will be in
    /// at the next poll; most futures have only one.
    #[inline]
    pub(super) fn end(&mut self, entered: Entered, goes_on: bool) {
        let attached = match entered {
            Entered::Attached(attached) => Some(attached),
            Entered::Measured => None,
            Entered::Expecting(outer) => {
                let (state, attached) = match outer.opened() {
                    Some(span) => (span.state, span.attached),
                    None => (State::Off, None),
                };
                *self = Self::Open(state);
                attached
            }
        };
        if goes_on && let Self::Open(state) = self {
            state.keep();
        }
        drop(attached);
    }
}
