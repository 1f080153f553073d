//! How a future that opens its own span passes it to the wrapper that polls it.
//!
//! The arguments of an `async fn` are inside its future, so only the future can evaluate the
//! attributes. It does so in its first statement, before any code of the user, and stores the span in
//! a thread-local slot, from which the wrapper takes it after the poll. No future needs a pointer to
//! another one, and each argument is stored once.

use std::cell::{Cell, RefCell};

use super::enter::{StartBelow, enter};
use super::listeners;
use super::opening::Fill;
use super::state::{Attached, OpenSpan, Opened, State};
use crate::callsite::CallSite;

/// Whether the future that is being polled opens its span itself.
#[derive(Clone, Copy, PartialEq)]
enum FirstPoll {
    /// It does not, or has been polled before.
    No,
    /// It has not opened its span yet.
    Pending,
    /// It has opened its span, which is the last one in [`OPENED`].
    Opened,
}

thread_local! {
    static FIRST_POLL: Cell<FirstPoll> = const { Cell::new(FirstPoll::No) };
    /// Spans of futures that are being polled for the first time, the innermost last.
    static OPENED: RefCell<Vec<OpenSpan>> = const { RefCell::new(Vec::new()) };
}

/// A running poll.
pub(super) enum Entered {
    Attached(Attached),
    /// The poll of a measured call, which has no context of its own.
    Measured,
    /// The future opens the span.
    Expecting(Outer),
}

/// The state of the poll around this one.
pub(super) struct Outer(FirstPoll);

impl Entered {
    /// Returns the poll of a span that is open. `None` if there is neither a span nor a context.
    #[inline]
    pub(super) fn with(state: &State, attached: Option<Attached>) -> Option<Self> {
        match (state, attached) {
            (_, Some(attached)) => Some(Self::Attached(attached)),
            (State::Recording(_), None) => Some(Self::Measured),
            (State::Off | State::Attached | State::NotSampled(_) | State::Suspended(_), None) => {
                None
            }
        }
    }

    #[inline]
    pub(super) fn expecting() -> Self {
        Self::Expecting(Outer(FIRST_POLL.replace(FirstPoll::Pending)))
    }
}

impl Outer {
    /// Returns the span that the future has opened, which is still current. `None` if it has opened none,
    /// for example because the last listener was removed in the meantime.
    #[inline]
    pub(super) fn opened(self) -> Option<OpenSpan> {
        if FIRST_POLL.replace(self.0) != FirstPoll::Opened {
            return None;
        }
        OPENED.try_with(|all| all.borrow_mut().pop()).ok().flatten()
    }
}

/// Opens the span of the future that is being polled for the first time, as [`enter`] does, and
/// leaves it to the wrapper that polls the future.
#[inline]
pub fn enter_in_future(
    callsite: &'static CallSite,
    parent: impl StartBelow,
    fill: Option<Fill<'_>>,
) {
    if !listeners::is_off() && FIRST_POLL.get() == FirstPoll::Pending {
        store(Opened::into_inner(enter(callsite, parent, fill)));
    }
}

/// Stores the span for the wrapper. On a thread that is ending it cannot be stored, and ends.
fn store(span: OpenSpan) {
    if OPENED.try_with(|all| all.borrow_mut().push(span)).is_ok() {
        FIRST_POLL.set(FirstPoll::Opened);
    }
}
