//! The filter of a provider: which functions have spans, by target and level.
//!
//! The decision for a call site is cached in the call site, together with the generation of the
//! filter that made it. A call that the filter excludes costs two more loads than one while nothing is
//! recorded; a new filter is a new generation, and each call site asks it once.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};

use super::listeners::{self, FILTER, Listeners, MEASURES};
use crate::callsite::{CallSite, Level, Scope};

/// The filter in use. Locked when it is replaced, and once by each call site after that.
static CURRENT: Mutex<Filter> = Mutex::new(Filter {
    generation: 0,
    directives: Vec::new(),
});

/// The generation of [`CURRENT`].
static GENERATION: AtomicU32 = AtomicU32::new(0);

#[derive(Debug)]
struct Filter {
    /// Has 31 bits, and is 0 for no other filter than the first one, which nobody asks.
    generation: u32,
    /// Targets, and the most verbose level that is recorded of each. The longest target is first.
    directives: Vec<Directive>,
}

/// A prefix of targets, and the number of the most verbose level that is recorded; 0 is none.
pub(crate) type Directive = (String, u8);

impl Filter {
    /// The most specific directive decides. What no directive names is excluded.
    fn excludes(&self, target: &str, level: Level) -> bool {
        let mut directives = self.directives.iter();
        let directive = directives.find(|(prefix, _)| target.starts_with(&**prefix));
        directive.is_none_or(|(_, most)| level as u8 > *most)
    }
}

/// Replaces the filter; the last of several directives for one target counts. `None` records all.
#[cfg(feature = "provider")]
pub(super) fn replace(directives: Option<Vec<Directive>>) {
    let mut current = CURRENT.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(mut directives) = directives else {
        listeners::clear(FILTER);
        return;
    };
    directives.reverse();
    // The sort is stable.
    directives.sort_by_key(|(prefix, _)| std::cmp::Reverse(prefix.len()));
    current.directives = directives;
    current.generation = ((current.generation + 1) & (u32::MAX >> 1)).max(1);
    GENERATION.store(current.generation, Ordering::Release);
    listeners::set(FILTER);
}

/// Whether the filter excludes spans of this level and target. `cache` belongs to these two.
#[inline]
fn excludes(cache: &AtomicU32, level: Level, target: &str) -> bool {
    let cached = cache.load(Ordering::Relaxed);
    if cached >> 1 == GENERATION.load(Ordering::Acquire) {
        return cached & 1 != 0;
    }
    decide(cache, level, target)
}

#[cold]
fn decide(cache: &AtomicU32, level: Level, target: &str) -> bool {
    let filter = CURRENT.lock().unwrap_or_else(PoisonError::into_inner);
    let excluded = filter.excludes(target, level);
    let decision = filter.generation << 1 | u32::from(excluded);
    cache.store(decision, Ordering::Relaxed);
    excluded
}

/// Whether a call of `callsite` has no span, whatever its parent is: nothing is recorded, or the
/// filter excludes it.
#[inline]
pub(super) fn is_off_for(callsite: &CallSite) -> bool {
    let listeners = listeners::current();
    cfg!(feature = "off")
        || listeners == 0
        || listeners & FILTER != 0 && excludes_call(listeners, callsite)
}

/// Out of line, so that what is compiled into each annotated function stays short.
#[inline(never)]
fn excludes_call(listeners: Listeners, callsite: &CallSite) -> bool {
    // A capture is found in the context, and a call that is measured has to be noted: both later.
    !listeners::has_captures(listeners)
        && !listeners::measures(listeners & MEASURES, Some(callsite))
        && excludes_function(callsite)
}

/// Whether the filter excludes the calls of a function. It does not apply to spans of other
/// libraries, which have no level of ours or a filter of their own.
#[inline]
pub(super) fn excludes_function(callsite: &CallSite) -> bool {
    callsite.is_function() && excludes(callsite.filter_cache(), callsite.level(), callsite.target())
}

/// Whether the filter excludes the spans of a tracer, or those without one, whose target is empty.
pub(super) fn excludes_scope(scope: Option<&Scope>) -> bool {
    static WITHOUT: AtomicU32 = AtomicU32::new(0);
    match scope {
        Some(scope) => excludes(scope.filter_cache(), Level::Info, scope.name()),
        None => excludes(&WITHOUT, Level::Info, ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filter(directives: &[(&str, u8)]) -> Filter {
        let mut directives: Vec<_> = (directives.iter())
            .map(|(prefix, most)| ((*prefix).to_owned(), *most))
            .collect();
        directives.sort_by_key(|(prefix, _)| std::cmp::Reverse(prefix.len()));
        Filter {
            generation: 1,
            directives,
        }
    }

    #[test]
    fn the_most_specific_directive_decides() {
        let filter = filter(&[("", 3), ("orders", 1), ("orders::db", 5), ("hyper", 0)]);
        assert!(!filter.excludes("billing", Level::Info));
        assert!(filter.excludes("billing", Level::Debug));
        assert!(filter.excludes("orders::http", Level::Warn));
        assert!(!filter.excludes("orders::http", Level::Error));
        assert!(!filter.excludes("orders::db::pool", Level::Trace));
        assert!(filter.excludes("hyper::client", Level::Error));
    }

    #[test]
    fn targets_that_no_directive_names_are_excluded() {
        let filter = filter(&[("orders", 5)]);
        assert!(filter.excludes("billing", Level::Error));
        assert!(!filter.excludes("orders", Level::Trace));
    }
}
