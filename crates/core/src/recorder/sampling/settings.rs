//! The settings of the samplers of the head. Settings never change: others replace them, with the next generation.
//!
//! Each thread refers to the settings that it used last, and each call site stores what the filter and the rules have
//! decided about it, with the generation that decided. So the settings of the next provider reach all of them, and no
//! lock is taken for a span.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use opentelemetry::baggage::BaggageExt;
use opentelemetry::{Context, Key, KeyValue, TraceId};

use crate::callsite::{CallSite, Level, Scope};
use crate::clock::monotonic_nanos;

/// A prefix of targets, and the most verbose level that is recorded, as a number; 0 excludes all levels.
pub(crate) type Directive = (String, u8);

#[derive(Debug)]
pub(super) struct Settings {
    /// Has 31 bits, and is 0 only before the first provider starts.
    pub(super) generation: u32,
    /// The bound of the trace ids that are sampled where no rule matches.
    pub(super) bound: Bound,
    /// Patterns of names with their bounds, in the order in which they are tried.
    pub(super) rules: Box<[(Box<str>, Bound)]>,
    pub(super) rate: Option<RateLimit>,
    /// Sorted by the length of the target, the longest first.
    pub(super) filter: Option<Vec<Directive>>,
    /// Patterns of the names of instrumentation scopes, and whether their spans are recorded.
    pub(super) scopes: Box<[(Box<str>, bool)]>,
    /// The keys of baggage whose values become attributes.
    pub(super) baggage: Box<[Key]>,
}

/// A trace is sampled if the last 63 bits of its id are below this bound, as with OpenTelemetry's `TraceIdRatioBased`:
/// other SDKs with the same ratio sample the same traces.
type Bound = u64;

/// The bound above all ids.
const ALL: Bound = 1 << 63;

/// Returns the bound for a ratio.
pub(super) fn bound(ratio: f64) -> Bound {
    // A float holds 2^63 exactly, so 1.0 gives a bound that no 63-bit number reaches.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        clippy::cast_sign_loss,
        reason = "the ratio is in 0..=1"
    )]
    let bound = (ratio.clamp(0.0, 1.0) * ALL as f64) as u64;
    bound
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            generation: 0,
            bound: ALL,
            rules: Box::default(),
            rate: None,
            filter: None,
            scopes: Box::default(),
            baggage: Box::default(),
        }
    }
}

/// What the rules, the ratio and the rate limit decide.
pub(super) enum Sampled {
    /// Nothing, as there are rules and the name is not known.
    NeedsName,
    No,
    Yes,
}

impl Settings {
    /// Decides for a span by its ids, and for a root also by its name, which is that of its call site if it is not
    /// given, and by the rate limit.
    pub(super) fn sample(
        &self,
        trace_id: TraceId,
        is_root: bool,
        callsite: Option<&CallSite>,
        name: Option<&str>,
    ) -> Sampled {
        let rule = if is_root && !self.rules.is_empty() {
            match (name, callsite) {
                (Some(name), _) => self.rule(self.number(name)),
                (None, Some(site)) => self.rule_of_site(site),
                (None, None) => return Sampled::NeedsName,
            }
        } else {
            None
        };
        #[expect(clippy::cast_possible_truncation, reason = "the ratio depends on the low half")]
        let low = u128::from_be_bytes(trace_id.to_bytes()) as u64;
        if low >> 1 >= rule.unwrap_or(self.bound) {
            return Sampled::No;
        }
        let limit = self.rate.as_ref().filter(|_| is_root);
        if limit.is_some_and(|limit| !limit.take_token()) {
            return Sampled::No;
        }
        Sampled::Yes
    }

    /// Returns the bound of the rule that matches the name of a call site.
    #[inline]
    fn rule_of_site(&self, site: &CallSite) -> Option<Bound> {
        let cached = site.rule_cache().load(Ordering::Relaxed);
        // The upper half is the generation of the rules, the lower half the number of the rule.
        let number = if cached >> 32 == u64::from(self.generation) {
            cached & u64::from(u32::MAX)
        } else {
            let number = self.number(site.name());
            let generation = u64::from(self.generation) << 32;
            site.rule_cache().store(generation | number, Ordering::Relaxed);
            number
        };
        self.rule(number)
    }

    /// Returns the number of the first rule that matches, counted from 1, or 0 if none does.
    fn number(&self, name: &str) -> u64 {
        let mut rules = self.rules.iter();
        let index = rules.position(|(pattern, _)| matches(pattern, name));
        index.map_or(0, |index| index as u64 + 1)
    }

    fn rule(&self, number: u64) -> Option<Bound> {
        let index = usize::try_from(number).ok()?.checked_sub(1)?;
        self.rules.get(index).map(|(_, bound)| *bound)
    }

    /// Returns whether the most specific directive excludes the level. A target without a directive is
    /// excluded.
    fn excludes(&self, target: &str, level: Level) -> bool {
        let Some(filter) = &self.filter else {
            return false;
        };
        let mut directives = filter.iter();
        let directive = directives.find(|(prefix, _)| target.starts_with(&**prefix));
        directive.is_none_or(|(_, most)| level as u8 > *most)
    }

    /// Returns whether the spans of an instrumentation scope are not recorded.
    pub(super) fn disables(&self, scope: &str) -> bool {
        let mut scopes = self.scopes.iter();
        let found = scopes.find(|(pattern, _)| matches(pattern, scope));
        found.is_some_and(|(_, is_enabled)| !is_enabled)
    }

    /// Returns the values of the listed keys in the baggage of `cx`. `None` if there are none.
    ///
    /// Baggage is read where the span starts, because only the caller's thread sees it; with no key listed, it is
    /// not read at all. The collector adds the attributes that every span of the process has.
    #[cold]
    pub(super) fn baggage(&self, cx: &Context) -> Option<Arc<[KeyValue]>> {
        let baggage = cx.baggage();
        if baggage.is_empty() {
            return None;
        }
        let keys = self.baggage.iter();
        let found =
            keys.filter_map(|key| Some(KeyValue::new(key.clone(), baggage.get(key)?.clone())));
        let found: Vec<_> = found.collect();
        (!found.is_empty()).then(|| found.into())
    }
}

/// The settings in use. Locked when they change, once by each thread after that, and once by each call site that the
/// filter decides about.
static CURRENT: Mutex<Option<Arc<Settings>>> = Mutex::new(None);

/// The generation of [`CURRENT`].
static GENERATION: AtomicU32 = AtomicU32::new(0);

fn current() -> MutexGuard<'static, Option<Arc<Settings>>> {
    CURRENT.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Replaces the settings for all threads.
pub(super) fn install(mut settings: Settings) {
    let mut current = current();
    let generation = (GENERATION.load(Ordering::Relaxed) + 1) & (u32::MAX >> 1);
    settings.generation = generation.max(1);
    GENERATION.store(settings.generation, Ordering::Release);
    *current = Some(Arc::new(settings));
}

/// A thread's reference to the settings.
#[derive(Debug, Default)]
pub(crate) struct CachedSettings(Arc<Settings>);

impl CachedSettings {
    /// Returns the settings in use.
    #[inline]
    pub(super) fn get(&mut self) -> &Settings {
        if self.0.generation != GENERATION.load(Ordering::Acquire) {
            self.update();
        }
        &self.0
    }

    #[cold]
    fn update(&mut self) {
        if let Some(settings) = &*current() {
            self.0 = Arc::clone(settings);
        }
    }
}

/// Returns whether the filter or the scope excludes the spans of a call site. The filter does not apply to spans from
/// other APIs: those of OpenTelemetry have no level, and `tracing` has its own filters.
#[inline]
pub(super) fn excludes_call_site(callsite: &CallSite) -> bool {
    excludes(callsite.filter_cache(), |settings| {
        callsite.is_function() && settings.excludes(callsite.target(), callsite.level())
            || settings.disables(callsite.scope_name())
    })
}

/// Returns whether the filter excludes the spans of a tracer or a package, or the spans without one, which have an
/// empty target.
pub(super) fn excludes_scope(scope: Option<&Scope>) -> bool {
    static NO_SCOPE: AtomicU32 = AtomicU32::new(0);
    match scope {
        Some(scope) => excludes(scope.filter_cache(), |settings| {
            settings.excludes(scope.target(), Level::Info) || settings.disables(scope.name())
        }),
        None => excludes(&NO_SCOPE, |settings| settings.excludes("", Level::Info)),
    }
}

/// Returns the decision that `cache` stores, or makes it.
#[inline]
fn excludes(cache: &AtomicU32, decide: impl FnOnce(&Settings) -> bool) -> bool {
    let cached = cache.load(Ordering::Relaxed);
    if cached >> 1 == GENERATION.load(Ordering::Acquire) {
        return cached & 1 != 0;
    }
    decide_filter(cache, decide)
}

#[cold]
fn decide_filter(cache: &AtomicU32, decide: impl FnOnce(&Settings) -> bool) -> bool {
    let current = current();
    let Some(settings) = &*current else {
        return false;
    };
    let excluded = decide(settings);
    let decision = settings.generation << 1 | u32::from(excluded);
    cache.store(decision, Ordering::Relaxed);
    excluded
}

/// Returns whether a pattern matches a text, where `*` matches any characters and `?` one.
///
/// The text between two `*` is matched at its first occurrence, so that only the last `*` is retried.
pub fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut p, mut t) = (0, 0);
    // The position after the last `*` in the pattern, and the position in the text of the last attempt.
    let mut star = None;
    while t < text.len() {
        if pattern.get(p) == Some(&b'*') {
            p += 1;
            star = Some((p, t));
        } else if pattern.get(p) == Some(&b'?') {
            p += 1;
            t = after_character(text, t);
        } else if pattern.get(p) == Some(&text[t]) {
            p += 1;
            t += 1;
        } else if let Some((after, from)) = star {
            p = after;
            t = after_character(text, from);
            star = Some((after, t));
        } else {
            return false;
        }
    }
    pattern[p..].iter().all(|byte| *byte == b'*')
}

/// Returns whether one of the patterns matches.
pub fn matches_any(patterns: &[String], text: &str) -> bool {
    patterns.iter().any(|pattern| matches(pattern, text))
}

/// The index after the character of UTF-8 that begins at `at`.
fn after_character(text: &[u8], at: usize) -> usize {
    let rest = text[at + 1..].iter();
    at + 1 + rest.take_while(|byte| **byte & 0xC0 == 0x80).count()
}

/// A second, in nanoseconds.
const SECOND: u64 = 1_000_000_000;

/// A rate limit for sampled roots: a token bucket in one atomic integer. All times are in nanoseconds of the monotonic
/// clock.
///
/// The integer is the time at which the bucket will be full again (the generic cell rate algorithm). Taking
/// a token adds the interval of one token. If that time is too far in the future, the bucket is empty.
#[derive(Debug)]
pub(super) struct RateLimit {
    /// The time in which one token is added.
    interval: u64,
    /// When the bucket will be full again.
    full_at: AtomicU64,
}

impl RateLimit {
    /// Returns a full bucket.
    pub(super) fn new(per_second: f64) -> Self {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "the rate is more than 0, and the conversion saturates"
        )]
        let interval = (SECOND as f64 / per_second) as u64;
        Self { interval, full_at: AtomicU64::new(0) }
    }

    /// Takes a token. Returns false if there is none. The capacity of the bucket is the tokens of one second,
    /// and at least one.
    #[cold]
    pub(super) fn take_token(&self) -> bool {
        self.take_token_at(monotonic_nanos())
    }

    fn take_token_at(&self, now: u64) -> bool {
        let latest = now.saturating_add(self.interval.max(SECOND));
        let taken = self.full_at.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |full_at| {
            let after = full_at.max(now).saturating_add(self.interval);
            (after <= latest).then_some(after)
        });
        taken.is_ok()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;
    use std::thread;

    use proptest::prelude::*;

    use super::*;

    fn filter(directives: &[(&str, u8)]) -> Settings {
        let mut filter: Vec<_> =
            (directives.iter()).map(|(prefix, most)| ((*prefix).to_owned(), *most)).collect();
        filter.sort_by_key(|(prefix, _)| std::cmp::Reverse(prefix.len()));
        Settings { filter: Some(filter), ..Settings::default() }
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

    #[test]
    fn the_first_rule_that_matches_decides() {
        let rules = [("health.*", 1.0), ("*.run", 0.5), ("health.run", 0.0)];
        let rules = rules.map(|(pattern, ratio)| (pattern.into(), bound(ratio)));
        let settings = Settings { rules: rules.into(), ..Settings::default() };
        let rule = |name| settings.rule(settings.number(name));
        assert_eq!(rule("health.run"), Some(bound(1.0)));
        assert_eq!(rule("floe.pipeline.run"), Some(bound(0.5)));
        assert_eq!(rule("health"), None);
    }

    #[test]
    fn a_ratio_of_one_is_above_every_trace_id() {
        assert_eq!(bound(0.0), 0);
        assert_eq!(bound(1.0), ALL);
        assert_eq!(bound(0.5), 1 << 62);
    }

    #[test]
    fn a_star_matches_any_text_and_a_question_mark_one_character() {
        for (pattern, text, expected) in [
            ("a.b", "a.b", true),
            ("a.b", "axb", false),
            ("a?", "ab", true),
            ("a?", "aü", true),
            ("a?", "a", false),
            ("a?", "abc", false),
            ("*???", "aü", false),
            ("a.?*d", "a.bcd", true),
            ("a[b]", "ab", false),
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
        fn a_pattern_matches_like_the_regular_expression(pattern in "[abü*?]{0,8}", text in "[abü]{0,10}") {
            let expression = pattern.replace('*', ".*").replace('?', ".");
            let expression = format!("^{expression}$");
            let expected = regex::Regex::new(&expression).unwrap().is_match(&text);
            prop_assert_eq!(matches(&pattern, &text), expected);
        }
    }

    #[test]
    fn a_burst_is_limited_to_the_tokens_of_one_second() {
        let limit = RateLimit::new(4.0);
        let start = 5 * SECOND;
        assert_eq!((0..100).filter(|_| limit.take_token_at(start)).count(), 4);
        assert!(!limit.take_token_at(start + SECOND / 4 - 1));
        assert!(limit.take_token_at(start + SECOND / 4));
        assert!(!limit.take_token_at(start + SECOND / 4));
        // Unused tokens do not accumulate beyond one second.
        assert_eq!((0..100).filter(|_| limit.take_token_at(start * 9)).count(), 4);
    }

    #[test]
    fn a_rate_may_be_less_than_one() {
        let limit = RateLimit::new(0.5);
        assert!(limit.take_token_at(SECOND));
        assert!(!limit.take_token_at(SECOND * 2));
        assert!(limit.take_token_at(SECOND * 3));
    }

    #[test]
    fn threads_share_the_limit() {
        let limit = RateLimit::new(1000.0);
        let taken = AtomicUsize::new(0);
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    let own = (0..1000).filter(|_| limit.take_token_at(SECOND)).count();
                    taken.fetch_add(own, Ordering::Relaxed);
                });
            }
        });
        assert_eq!(taken.into_inner(), 1000);
    }

    proptest! {
        #[test]
        fn no_sequence_exceeds_the_rate_and_one_bucket(
            per_second in 1_u32..50,
            steps in prop::collection::vec(0_u64..SECOND, 1..200),
        ) {
            let limit = RateLimit::new(f64::from(per_second));
            let (mut now, mut taken) = (SECOND, 0_u64);
            for step in steps {
                now += step;
                taken += u64::from(limit.take_token_at(now));
            }
            let rate = u64::from(per_second);
            // The interval is truncated to whole nanoseconds, which may allow one more.
            prop_assert!(taken <= rate + (now - SECOND) * rate / SECOND + 1);
        }
    }
}
