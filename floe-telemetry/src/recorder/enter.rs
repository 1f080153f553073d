//! The ways to a span, each with what it knows of it. Without a listener they end here.

use super::open::{open, open_below};
use super::opening::Fill;
use super::parent::Parent;
use super::recording::context_is_alive;
use super::state::OpenSpan;
use super::{filter, listeners};
use crate::callsite::CallSite;

/// Opens the span of a call site with what `fill` writes to it, which runs only if the span is
/// recorded. It is a trait object so that there is one copy of this code, and not one for each
/// annotated function.
#[inline]
pub fn enter(callsite: &'static CallSite, fill: Fill<'_>) -> OpenSpan {
    if filter::is_off_for(callsite) {
        return OpenSpan::OFF;
    }
    open(Some(callsite), Some(fill))
}

/// The same below `parent`, which runs only if someone listens.
#[inline]
pub fn enter_below(
    callsite: &'static CallSite,
    parent: impl FnOnce() -> Parent,
    fill: Fill<'_>,
) -> OpenSpan {
    // What the parent is made from may be the current context.
    if listeners::is_off() || !context_is_alive() {
        return OpenSpan::OFF;
    }
    open_below(&parent(), Some(callsite), Some(fill))
}

/// Opens the span of a call site that has nothing to say.
#[inline]
pub fn enter_plain(callsite: &'static CallSite) -> OpenSpan {
    if filter::is_off_for(callsite) {
        return OpenSpan::OFF;
    }
    open(Some(callsite), None)
}
