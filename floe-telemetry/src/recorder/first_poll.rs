//! How a future that opens its own span passes it to the wrapper that polls it.
//!
//! The arguments of an `async fn` are inside its future, so only the future can evaluate the
//! attributes. It does so in its first statement, before any code of the user, and leaves the span in
//! a thread-local slot, where the wrapper finds it after the poll. So no future points to another one,
//! and each argument is stored once.

use std::cell::{Cell, RefCell};

use opentelemetry::ContextGuard;

use super::enter::{StartBelow, enter};
use super::listeners;
use super::opening::Fill;
use super::state::{OpenSpan, State};
use crate::callsite::CallSite;

/// What the wrapper of the future that is being polled expects of it.
#[derive(Clone, Copy, PartialEq)]
enum Awaited {
    Nothing,
    /// To open the span.
    Span,
    /// Nothing more: it has opened the span, which is the last of [`OPENED`].
    Opened,
}

thread_local! {
    static AWAITED: Cell<Awaited> = const { Cell::new(Awaited::Nothing) };
    /// Spans of futures that are being polled for the first time, the innermost last.
    static OPENED: RefCell<Vec<OpenSpan>> = const { RefCell::new(Vec::new()) };
}

/// A running poll.
pub(super) enum Entered {
    Attached(ContextGuard),
    /// Of a measured call, which has no context of its own.
    Measured,
    /// The future opens the span. What the wrapper around this one expects is kept meanwhile.
    Expecting(Outer),
}

pub(super) struct Outer(Awaited);

impl Entered {
    /// A poll in the context of `state`, if there is one.
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
    /// The span that the future opened, which is still current. `None` if it opened none, as when the
    /// last listener was removed in between.
    #[inline]
    pub(super) fn opened(self) -> Option<OpenSpan> {
        if AWAITED.replace(self.0) != Awaited::Opened {
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
    if !listeners::is_off() && AWAITED.get() == Awaited::Span {
        leave_behind(enter(callsite, parent, fill));
    }
}

/// A thread that ends has no place for the span, which ends then.
fn leave_behind(span: OpenSpan) {
    if OPENED.try_with(|all| all.borrow_mut().push(span)).is_ok() {
        AWAITED.set(Awaited::Opened);
    }
}
