//! Opens the span of an annotated function. While nothing is recorded, this costs one load.

use super::listeners;
use super::open::{open, open_below};
use super::opening::Fill;
use super::parent::Parent;
use super::recording::context_is_alive;
use super::state::{OpenSpan, Opened};
use crate::callsite::CallSite;

/// Opens the span of a call site as a child of `parent`, with the attributes that `fill` sets. Neither is
/// evaluated while nothing is recorded.
///
/// `fill` is a trait object so that the code that calls it is compiled once, not for each annotated
/// function.
#[inline]
pub fn enter(
    callsite: &'static CallSite,
    parent: impl StartBelow,
    fill: Option<Fill<'_>>,
) -> Opened {
    parent.open(callsite, fill)
}

/// The parent of the span of an annotated function.
pub trait StartBelow {
    /// Opens the span.
    fn open(self, callsite: &'static CallSite, fill: Option<Fill<'_>>) -> Opened;
}

/// The current span, which is looked up only if something is recorded.
#[derive(Debug)]
pub struct Current;

impl StartBelow for Current {
    #[inline]
    fn open(self, callsite: &'static CallSite, fill: Option<Fill<'_>>) -> Opened {
        // Without the closure in it, so that the compiler keeps the arguments in registers on this path.
        if listeners::is_idle() {
            return OpenSpan::OPENED_OFF;
        }
        open(callsite, fill)
    }
}

impl<F: Fn() -> Parent> StartBelow for F {
    #[inline]
    fn open(self, callsite: &'static CallSite, fill: Option<Fill<'_>>) -> Opened {
        // The closure may read the current `Context`, which is destroyed while a thread ends.
        if listeners::is_off() || !context_is_alive() {
            return OpenSpan::OPENED_OFF;
        }
        open_below(&self(), Some(callsite), fill)
    }
}
