//! Opening the span of an annotated function. Without a listener that is one load.

use super::open::{open, open_below};
use super::opening::Fill;
use super::parent::Parent;
use super::recording::context_is_alive;
use super::state::OpenSpan;
use super::{filter, listeners};
use crate::callsite::CallSite;

/// Opens the span of a call site, below the span that `parent` names, with what `fill` writes to it.
/// Both run only if they are needed: without a listener neither does.
///
/// `fill` is a trait object so that the code behind it is compiled once, not for each annotated
/// function.
#[inline]
pub fn enter(
    callsite: &'static CallSite,
    parent: impl StartBelow,
    fill: Option<Fill<'_>>,
) -> OpenSpan {
    parent.open(callsite, fill)
}

/// What an annotated function starts its span below.
pub trait StartBelow {
    /// Opens the span.
    fn open(self, callsite: &'static CallSite, fill: Option<Fill<'_>>) -> OpenSpan;
}

/// The current span, which is not looked up before something listens.
#[derive(Debug)]
pub struct Current;

impl StartBelow for Current {
    #[inline]
    fn open(self, callsite: &'static CallSite, fill: Option<Fill<'_>>) -> OpenSpan {
        if filter::is_off_for(callsite) {
            return OpenSpan::OFF;
        }
        open(Some(callsite), fill)
    }
}

impl<F: FnOnce() -> Parent> StartBelow for F {
    #[inline]
    fn open(self, callsite: &'static CallSite, fill: Option<Fill<'_>>) -> OpenSpan {
        // The parent may be made from the current context, which a thread that ends has no more.
        if listeners::is_off() || !context_is_alive() {
            return OpenSpan::OFF;
        }
        open_below(&self(), Some(callsite), fill)
    }
}
