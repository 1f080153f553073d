//! How a future that opens its own span hands it to the wrapper that polls it.
//!
//! The arguments of an `async fn` are inside its future, so only that can evaluate the attributes.
//! It does so in its first statement, before any code of the user, and leaves the span in a cell of
//! the thread, where the wrapper finds it after the poll. No future points to another, and an
//! argument is stored once.

use std::cell::Cell;

use opentelemetry::ContextGuard;

use super::open::{OpenSpan, State, enter, enter_below};
use super::opening::Fill;
use super::parent::Parent;
use super::sampling;
use crate::callsite::CallSite;

#[derive(Default)]
enum Slot {
    #[default]
    Nothing,
    /// The future that is being polled has a wrapper that waits for its span.
    Expected,
    /// Its span, already in the current context.
    Opened(State, Option<ContextGuard>),
}

thread_local! {
    static SLOT: Cell<Slot> = const { Cell::new(Slot::Nothing) };
}

/// A poll that is going on inside of a span, or of one that the future is to open.
pub(super) enum Entered {
    Attached(ContextGuard),
    /// The slot belongs to this poll; before, it belonged to the one around it.
    Expecting(Outer),
}

pub(super) struct Outer(Slot);

impl Entered {
    /// Makes the slot ours.
    pub(super) fn expecting() -> Self {
        Self::Expecting(Outer(replace(Slot::Expected)))
    }

    /// Restores the context and the slot. Gives what the future opened.
    pub(super) fn leave(self) -> Option<State> {
        match self {
            Self::Attached(guard) => {
                drop(guard);
                None
            }
            Self::Expecting(Outer(outer)) => match replace(outer) {
                Slot::Opened(state, attached) => {
                    drop(attached);
                    Some(state)
                }
                // It was not even asked, as when the last listener left in between.
                Slot::Nothing | Slot::Expected => Some(State::Off),
            },
        }
    }
}

/// Opens the span of the future that is being polled for the first time.
#[inline]
pub fn enter_within(callsite: &'static CallSite, fill: Fill<'_>) {
    if !sampling::is_off() && is_expected() {
        leave_behind(enter(callsite, fill));
    }
}

/// The same below `parent`.
pub fn enter_within_below(
    callsite: &'static CallSite,
    parent: impl FnOnce() -> Parent,
    fill: Fill<'_>,
) {
    if !sampling::is_off() && is_expected() {
        leave_behind(enter_below(callsite, parent, fill));
    }
}

fn leave_behind(mut span: OpenSpan) {
    span.keep();
    replace(Slot::Opened(span.state, span.attached));
}

fn is_expected() -> bool {
    let slot = replace(Slot::Nothing);
    let expected = matches!(slot, Slot::Expected);
    replace(slot);
    expected
}

/// On a thread that is ending there is no slot, and so no span.
fn replace(slot: Slot) -> Slot {
    SLOT.try_with(|cell| cell.replace(slot)).unwrap_or_default()
}
