//! Sampling rules: ratios for the roots whose names match a pattern.
//!
//! A call site compares its name once after each change of the rules; a span without a call site
//! compares its name each time.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::callsite::CallSite;

/// Rules in the order in which they are tried.
#[derive(Debug, Default)]
pub(super) struct Rules {
    /// Differs after each change. No rules have 0.
    generation: u32,
    /// Patterns with the bounds for the trace id.
    rules: Box<[(Box<str>, u64)]>,
}

static GENERATION: AtomicU32 = AtomicU32::new(0);

/// The rules in use. Locked when they change, and once by each thread after that.
static CURRENT: Mutex<Option<Arc<Rules>>> = Mutex::new(None);

/// The rules as a thread knows them.
#[derive(Debug, Default)]
pub(crate) struct KnownRules(Arc<Rules>);

impl KnownRules {
    pub(super) fn get(&mut self) -> &Rules {
        if self.0.generation != GENERATION.load(Ordering::Acquire)
            && let Some(rules) = &*CURRENT.lock().unwrap_or_else(PoisonError::into_inner)
        {
            self.0 = Arc::clone(rules);
        }
        &self.0
    }
}

impl Rules {
    /// Replaces the rules for all threads.
    #[cfg(feature = "provider")]
    pub(super) fn install(rules: impl Iterator<Item = (Box<str>, u64)>) {
        let mut current = CURRENT.lock().unwrap_or_else(PoisonError::into_inner);
        let generation = GENERATION.load(Ordering::Relaxed).wrapping_add(1).max(1);
        *current = Some(Arc::new(Self {
            generation,
            rules: rules.collect(),
        }));
        GENERATION.store(generation, Ordering::Release);
    }

    /// The bound for a call site, if a rule has one.
    #[inline]
    pub(super) fn of_site(&self, site: &CallSite) -> Option<u64> {
        let known = site.rule().load(Ordering::Relaxed);
        // The upper half is the generation of the rules that the lower half is an index into.
        let place = if known >> 32 == u64::from(self.generation) {
            known & u64::from(u32::MAX)
        } else {
            let place = self.place(site.name());
            let generation = u64::from(self.generation) << 32;
            site.rule().store(generation | place, Ordering::Relaxed);
            place
        };
        self.bound(place)
    }

    /// The bound for a name, if a rule has one.
    pub(super) fn of_name(&self, name: &str) -> Option<u64> {
        self.bound(self.place(name))
    }

    /// The first rule that matches, counted from 1, or 0.
    fn place(&self, name: &str) -> u64 {
        let matching = |(pattern, _): &(Box<str>, u64)| matches(pattern, name);
        let place = self.rules.iter().position(matching);
        place.map_or(0, |place| place as u64 + 1)
    }

    fn bound(&self, place: u64) -> Option<u64> {
        let place = usize::try_from(place).ok()?.checked_sub(1)?;
        self.rules.get(place).map(|(_, bound)| *bound)
    }
}

/// Whether a pattern matches a text. What follows a `*` is matched as early as possible, so that only
/// the last `*` is ever retried.
pub(crate) fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut p, mut t) = (0, 0);
    // The position after the last `*`, and the place in the text where the rest was tried.
    let mut star = None;
    while t < text.len() {
        if pattern.get(p) == Some(&b'*') {
            p += 1;
            star = Some((p, t));
        } else if pattern.get(p) == Some(&text[t]) {
            p += 1;
            t += 1;
        } else if let Some((after, from)) = star {
            p = after;
            t = from + 1;
            star = Some((after, t));
        } else {
            return false;
        }
    }
    pattern[p..].iter().all(|byte| *byte == b'*')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_first_rule_that_matches_decides() {
        let rules = Rules {
            generation: 1,
            rules: [("health.*", 1), ("*.run", 2), ("health.run", 3)]
                .map(|(pattern, bound)| (pattern.into(), bound))
                .into(),
        };
        assert_eq!(rules.of_name("health.run"), Some(1));
        assert_eq!(rules.of_name("floe.pipeline.run"), Some(2));
        assert_eq!(rules.of_name("health"), None);
    }

    #[test]
    fn a_star_is_any_text_and_nothing_else_is_special() {
        for (pattern, text, expected) in [
            ("a.b", "a.b", true),
            ("a.b", "axb", false),
            ("a?", "ab", false),
            ("*", "", true),
            ("a*", "a", true),
            ("a*b*c", "aXbXbXc", true),
            ("*grün", "sehr grün", true),
            ("a*a", "a", false),
            ("", "a", false),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        }
    }

    proptest! {
        #[test]
        fn matching_is_that_of_the_regular_expression(pattern in "[ab*]{0,8}", text in "[ab]{0,10}") {
            let expression = format!("^{}$", pattern.replace('*', ".*"));
            let expected = regex::Regex::new(&expression).unwrap().is_match(&text);
            prop_assert_eq!(matches(&pattern, &text), expected);
        }
    }
}
