//! The filter of a provider: which functions have spans, by target and level.
//!
//! The decision for a call site is cached in the call site, together with the generation of the
//! filter that made it. A call that the filter excludes costs two loads more than a call while nothing is
//! recorded. Replacing the filter increments the generation, which makes each call site decide once more.

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
    /// Has 31 bits. It is 0 only for the initial filter, which is never used.
    generation: u32,
    /// Sorted by the length of the target, the longest first.
    directives: Vec<Directive>,
}

/// A prefix of targets, and the most verbose level that is recorded, as a number; 0 excludes all levels.
pub(crate) type Directive = (String, u8);

impl Filter {
    /// Returns whether the most specific directive excludes the level. A target without a directive is
    /// excluded.
    fn excludes(&self, target: &str, level: Level) -> bool {
        let mut directives = self.directives.iter();
        let directive = directives.find(|(prefix, _)| target.starts_with(&**prefix));
        directive.is_none_or(|(_, most)| level as u8 > *most)
    }
}

/// Replaces the filter. Of several directives for one target the last one applies. `None` removes the
/// filter.
#[cfg(feature = "provider")]
pub(super) fn replace(directives: Option<Vec<Directive>>) {
    let mut current = CURRENT.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(mut directives) = directives else {
        listeners::clear(FILTER);
        return;
    };
    directives.reverse();
    // The sort is stable, so for equal targets the last directive stays first.
    directives.sort_by_key(|(prefix, _)| std::cmp::Reverse(prefix.len()));
    current.directives = directives;
    current.generation = ((current.generation + 1) & (u32::MAX >> 1)).max(1);
    GENERATION.store(current.generation, Ordering::Release);
    listeners::set(FILTER);
}

/// Returns whether the filter excludes spans of this level and target, whose decision `cache` stores.
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

/// Returns whether the filter excludes a call of `callsite`.
#[inline]
pub(super) fn excludes_call(listeners: Listeners, callsite: &CallSite) -> bool {
    // Captures and measured calls are not excluded: the sampler handles both.
    listeners & FILTER != 0
        && !listeners::has_captures(listeners)
        && !listeners::measures(listeners & MEASURES, Some(callsite))
        && excludes_function(callsite)
}

/// Returns whether the filter excludes the calls of a function. It does not apply to spans from other
/// APIs: those of OpenTelemetry have no level, and `tracing` has its own filters.
#[inline]
pub(super) fn excludes_function(callsite: &CallSite) -> bool {
    callsite.is_function() && excludes(callsite.filter_cache(), callsite.level(), callsite.target())
}

/// Returns whether the filter excludes the spans of a tracer, or those without a tracer, which have an
/// empty target.
pub(super) fn excludes_scope(scope: Option<&Scope>) -> bool {
    static NO_SCOPE: AtomicU32 = AtomicU32::new(0);
    match scope {
        Some(scope) => excludes(scope.filter_cache(), Level::Info, scope.name()),
        None => excludes(&NO_SCOPE, Level::Info, ""),
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
