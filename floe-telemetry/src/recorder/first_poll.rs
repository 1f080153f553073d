//! How a future that opens its own span passes it to the wrapper that polls it.
//!
//! The arguments of an `async fn` are inside its future, so only the future can evaluate the
//! attributes. It does so in its first statement, before any code of the user, and stores the span in
//! a thread-local slot, from which the wrapper takes it after the poll. No future needs a pointer to
//! another one, and each argument is stored once.

use std::cell::{Cell, RefCell};

use super::listeners;
use super::open::{OpenSpan, StartBelow, enter};
use super::opening::Fill;
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

/// The state of the poll around this one.
pub(super) struct Outer(FirstPoll);

impl Outer {
    /// Expects the future that is about to be polled to open its span.
    #[inline]
    pub(super) fn expecting() -> Self {
        Self(FIRST_POLL.replace(FirstPoll::Pending))
    }

    /// Returns the span that the future has opened, which is still current. It has opened none, for example, if
    /// the last listener was removed in the meantime.
    #[inline]
    pub(super) fn opened(self) -> OpenSpan {
        if FIRST_POLL.replace(self.0) != FirstPoll::Opened {
            return OpenSpan::Off;
        }
        let opened = OPENED.try_with(|all| all.borrow_mut().pop());
        opened.ok().flatten().unwrap_or(OpenSpan::Off)
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
        store(enter(callsite, parent, fill).into_inner());
    }
}

/// Stores the span for the wrapper. On a thread that is ending it cannot be stored, and ends.
fn store(span: OpenSpan) {
    if OPENED.try_with(|all| all.borrow_mut().push(span)).is_ok() {
        FIRST_POLL.set(FirstPoll::Opened);
    }
}
