//! How a future that opens its own span hands it to the wrapper that polls it.
//!
//! The arguments of an `async fn` are inside its future, so only that can evaluate the attributes.
//! It does so in its first statement, before any code of the user, and leaves the span in a cell of
//! the thread, where the wrapper finds it after the poll. No future points to another, and an
//! argument is stored once.

use std::cell::{Cell, RefCell};

use opentelemetry::ContextGuard;

use super::enter::{enter, enter_below};
use super::listeners;
use super::opening::Fill;
use super::parent::Parent;
use super::state::{OpenSpan, State};
use crate::callsite::CallSite;

/// What the wrapper of the future that is being polled waits for.
#[derive(Clone, Copy, PartialEq)]
enum Awaited {
    Nothing,
    /// The span that the future is to open.
    Span,
    /// Nothing more: it is the last of [`OPENED`].
    Opened,
}

thread_local! {
    static AWAITED: Cell<Awaited> = const { Cell::new(Awaited::Nothing) };
    /// Spans of futures that are being polled for the first time, the innermost last.
    static OPENED: RefCell<Vec<OpenSpan>> = const { RefCell::new(Vec::new()) };
}

/// A poll that is going on inside of a span, or of one that the future is to open.
pub(super) enum Entered {
    Attached(ContextGuard),
    /// Of a call that is measured, in the context that is around it.
    Measured,
    /// What the wrapper around this one waits for.
    Expecting(Outer),
}

pub(super) struct Outer(Awaited);

impl Entered {
    /// A poll inside of what there is, if there is anything.
    #[inline]
    pub(super) fn with(state: &State, attached: Option<ContextGuard>) -> Option<Self> {
        match (state, attached) {
            (_, Some(attached)) => Some(Self::Attached(attached)),
            (State::Recording(_), None) => Some(Self::Measured),
            (State::Off | State::NotSampled(_), None) => None,
        }
    }

    #[inline]
    pub(super) fn expecting() -> Self {
        Self::Expecting(Outer(AWAITED.replace(Awaited::Span)))
    }
}

impl Outer {
    /// What the future opened, which is still current. Nothing if it was not even asked, as when the
    /// last listener left in between.
    #[inline]
    pub(super) fn opened(self) -> Option<OpenSpan> {
        if AWAITED.replace(self.0) != Awaited::Opened {
            return None;
        }
        OPENED.try_with(|all| all.borrow_mut().pop()).ok().flatten()
    }
}

/// Opens the span of the future that is being polled for the first time.
#[inline]
pub fn enter_within(callsite: &'static CallSite, fill: Fill<'_>) {
    if !listeners::is_off() && AWAITED.get() == Awaited::Span {
        leave_behind(enter(callsite, fill));
    }
}

/// The same below `parent`.
pub fn enter_within_below(
    callsite: &'static CallSite,
    parent: impl FnOnce() -> Parent,
    fill: Fill<'_>,
) {
    if !listeners::is_off() && AWAITED.get() == Awaited::Span {
        leave_behind(enter_below(callsite, parent, fill));
    }
}

/// On a thread that is ending there is no place for it, and it ends.
fn leave_behind(span: OpenSpan) {
    if OPENED.try_with(|all| all.borrow_mut().push(span)).is_ok() {
        AWAITED.set(Awaited::Opened);
    }
}
