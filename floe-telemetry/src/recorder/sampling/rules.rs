//! Sampling rules: ratios for roots whose names match a pattern.
//!
//! A call site caches the rule that matches its name until the rules change. The name of a span without a
//! call site is matched each time.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::probability::Threshold;
use crate::callsite::CallSite;

/// Rules in the order in which they are tried.
#[derive(Debug, Default)]
pub(super) struct Rules {
    /// Changes with the rules, and is 0 only before the first rules are installed.
    generation: u32,
    /// Patterns with their thresholds.
    rules: Box<[(Box<str>, Threshold)]>,
}

static GENERATION: AtomicU32 = AtomicU32::new(0);

/// The rules in use. Locked when they change, and once by each thread after that.
static CURRENT: Mutex<Option<Arc<Rules>>> = Mutex::new(None);

/// A thread's reference to the rules.
#[derive(Debug, Default)]
pub(crate) struct CachedRules(Arc<Rules>);

impl CachedRules {
    /// Returns the rules in use.
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
    pub(super) fn install(rules: impl Iterator<Item = (Box<str>, Threshold)>) {
        let mut current = CURRENT.lock().unwrap_or_else(PoisonError::into_inner);
        let generation = GENERATION.load(Ordering::Relaxed).wrapping_add(1).max(1);
        *current = Some(Arc::new(Self {
            generation,
            rules: rules.collect(),
        }));
        GENERATION.store(generation, Ordering::Release);
    }

    /// Returns the threshold for a call site, if a rule matches its name.
    #[inline]
    pub(super) fn threshold_for_site(&self, site: &CallSite) -> Option<Threshold> {
        let cached = site.rule_cache().load(Ordering::Relaxed);
        // The upper half is the generation of the rules, the lower half the number of the rule.
        let number = if cached >> 32 == u64::from(self.generation) {
            cached & u64::from(u32::MAX)
        } else {
            let number = self.number(site.name());
            let generation = u64::from(self.generation) << 32;
            site.rule_cache()
                .store(generation | number, Ordering::Relaxed);
            number
        };
        self.threshold(number)
    }

    /// Returns the threshold for a name, if a rule matches it.
    pub(super) fn threshold_for_name(&self, name: &str) -> Option<Threshold> {
        self.threshold(self.number(name))
    }

    /// Returns the number of the first rule that matches, counted from 1, or 0 if none does.
    fn number(&self, name: &str) -> u64 {
        let matching = |(pattern, _): &(Box<str>, Threshold)| matches(pattern, name);
        let index = self.rules.iter().position(matching);
        index.map_or(0, |index| index as u64 + 1)
    }

    fn threshold(&self, number: u64) -> Option<Threshold> {
        let index = usize::try_from(number).ok()?.checked_sub(1)?;
        self.rules.get(index).map(|(_, threshold)| *threshold)
    }
}

/// Returns whether a pattern matches a text, where `*` matches any characters.
///
/// The text between two `*` is matched at its first occurrence, so that only the last `*` is retried.
pub(crate) fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut p, mut t) = (0, 0);
    // The position after the last `*` in the pattern, and the position in the text of the last attempt.
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
                .map(|(pattern, bits)| (pattern.into(), Threshold::from_bits(bits)))
                .into(),
        };
        let threshold = |name| rules.threshold_for_name(name).map(Threshold::bits);
        assert_eq!(threshold("health.run"), Some(1));
        assert_eq!(threshold("floe.pipeline.run"), Some(2));
        assert_eq!(threshold("health"), None);
    }

    #[test]
    fn a_star_matches_any_text_and_no_other_character_is_special() {
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
        fn a_pattern_matches_like_the_regular_expression(pattern in "[ab*]{0,8}", text in "[ab]{0,10}") {
            let expression = format!("^{}$", pattern.replace('*', ".*"));
            let expected = regex::Regex::new(&expression).unwrap().is_match(&text);
            prop_assert_eq!(matches(&pattern, &text), expected);
        }
    }
}
