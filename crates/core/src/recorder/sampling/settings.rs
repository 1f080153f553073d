//! The settings of the head's samplers. Settings are immutable: new ones of the next generation replace them.
//!
//! Each thread refers to its last used settings, and each call site stores its applicable rule with the generation of
//! the rules. So the settings of the next provider reach all of them, and no span takes a lock.

use std::fmt::Debug;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use opentelemetry::baggage::BaggageExt;
use opentelemetry::trace::SpanKind;
use opentelemetry::{Context, Key, KeyValue, TraceId};

use crate::callsite::{CallSite, Level, Scope};
use crate::clock::monotonic_nanos;
use crate::recorder::fork::lock;
use crate::recorder::record::{Code, Origin, SpanRecord};

/// A row of the table of rules. A field that is `None` matches every span.
#[derive(Debug)]
pub struct Rule {
    /// The pattern of the name, in which `*` stands for any characters and `?` for one.
    pub span: Option<String>,
    /// The beginning of the target.
    pub target: Option<String>,
    /// The least verbose level that matches. A span without a level does not match.
    pub level: Option<Level>,
    /// The kind.
    pub kind: Option<SpanKind>,
    /// The decision about the spans that match.
    pub then: Then,
}

/// The decision of a rule.
#[derive(Debug)]
pub enum Then {
    /// The span is turned off.
    Off,
    /// The spans stay, even if a later rule turns them off.
    Keep,
    /// Roots are sampled by this ratio, or by the ratio of the sampler if there is none, and then limited by the rate
    /// limit.
    Sample(Option<Ratio>, Option<RateLimit>),
}

impl Then {
    /// Samples roots by `ratio`, or by the ratio of the sampler if it is `None`, and limits their number to
    /// `per_second`.
    pub fn sample(ratio: Option<f64>, per_second: Option<f64>) -> Self {
        Self::Sample(ratio.map(Ratio::new), per_second.map(RateLimit::new))
    }
}

#[derive(Debug)]
pub(in crate::recorder) struct Subject<'a> {
    pub(in crate::recorder) name: &'a str,
    /// The module path of a function, the target of a span of `tracing`, or else the name of the tracer, if there is one.
    pub(in crate::recorder) target: &'a str,
    pub(in crate::recorder) level: Option<Level>,
    pub(in crate::recorder) kind: SpanKind,
}

impl<'a> Subject<'a> {
    fn of_site(site: &'a CallSite) -> Self {
        // The spans of `tracing` have their own filters for levels, so rules do not match their levels.
        let is_function = site.is_function();
        Self {
            name: site.name(),
            target: if is_function { site.target() } else { site.scope_name() },
            level: is_function.then(|| site.level()),
            kind: site.kind().clone(),
        }
    }

    /// Returns the subject for a span whose name is set.
    pub(super) fn of_record(record: &'a SpanRecord) -> Self {
        let site = record.head.callsite.map(Self::of_site);
        let (target, level) = match record.origin() {
            Origin::Api(scope) => (scope.name(), None),
            Origin::CallSite => site.map_or(("", None), |site| (site.target, site.level)),
            Origin::Builder { scope, level, .. } => (scope.map_or("", Scope::name), *level),
        };

        Self { name: record.name_or_site(), target, level, kind: record.kind() }
    }
}

impl Rule {
    /// Whether one of the patterns matches a name.
    pub fn matches_name(patterns: &[String], name: &str) -> bool {
        patterns.iter().any(|pattern| matches(pattern, name))
    }

    fn matches(&self, subject: &Subject<'_>) -> bool {
        let Self { span, target, level, kind, then: _ } = self;
        span.as_ref().is_none_or(|span| matches(span, subject.name))
            && target.as_ref().is_none_or(|target| subject.target.starts_with(&**target))
            && level.is_none_or(|least| subject.level.is_some_and(|level| level >= least))
            && kind.as_ref().is_none_or(|kind| *kind == subject.kind)
    }
}

/// The metrics that count calls without a span, on the threads of the calls.
pub trait Measure: Debug + Send + Sync {
    /// Counts a call.
    fn measure(&self, callsite: &'static CallSite, code: Code, time: Duration);
}

/// The number of the rule for a span, counted from 1; 0 for none.
type Number = u32;

/// The number for a rule that turns the span off.
const OFF: Number = u32::MAX;

#[derive(Debug)]
pub(super) struct Settings {
    /// The generation; 0 only before the first provider starts.
    pub(super) generation: u32,
    /// The share of sampled traces if no rule matches.
    pub(super) ratio: Ratio,
    pub(super) rules: Arc<[Rule]>,
    pub(super) baggage: Box<[Key]>,
    pub(super) measures: Option<Arc<dyn Measure>>,
}

/// A share of traces. A trace is sampled if the last 64 bits of its id, shifted right by one, are below this number,
/// as with OpenTelemetry's `TraceIdRatioBased`. So other SDKs with the same ratio sample the same traces.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Ratio(u64);

impl Ratio {
    /// A number above all ids.
    const ALL: Self = Self(1 << 63);

    pub(super) fn new(ratio: f64) -> Self {
        // A float holds 2^63 exactly, so 1.0 gives a number that exceeds every 63-bit number.
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_precision_loss,
            clippy::cast_sign_loss,
            reason = "the ratio is in 0..=1"
        )]
        Self((ratio.clamp(0.0, 1.0) * Self::ALL.0 as f64) as u64)
    }

    fn samples(self, trace_id: TraceId) -> bool {
        #[expect(clippy::cast_possible_truncation, reason = "only the low half decides")]
        let low = u128::from_be_bytes(trace_id.to_bytes()) as u64;
        low >> 1 < self.0
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            generation: 0,
            ratio: Ratio::ALL,
            rules: Arc::default(),
            baggage: Box::default(),
            measures: None,
        }
    }
}

pub(super) enum Sampled {
    /// A rule needs the name, which is not known yet.
    NeedsName,
    No,
    Yes,
}

impl Settings {
    /// Decides for a span by its trace id, and for a root also by the rules. Without a `subject`, the call site
    /// describes the span.
    pub(super) fn sample(
        &self,
        trace_id: TraceId,
        is_root: bool,
        callsite: Option<&CallSite>,
        subject: Option<&Subject<'_>>,
    ) -> Sampled {
        let number = match (subject, callsite) {
            _ if !is_root || self.rules.is_empty() => 0,
            (Some(subject), _) => self.find_rule(subject),
            (None, Some(site)) => self.number_of_site(site),
            (None, None) => return Sampled::NeedsName,
        };

        let rule = (number as usize).checked_sub(1).and_then(|index| self.rules.get(index));
        let (ratio, limit) = match rule.map(|rule| &rule.then) {
            Some(Then::Sample(ratio, limit)) => (ratio.unwrap_or(self.ratio), limit.as_ref()),
            _ => (self.ratio, None),
        };

        let is_sampled = number != OFF && ratio.samples(trace_id);
        if is_sampled && limit.is_none_or(RateLimit::take_token) {
            Sampled::Yes
        } else {
            Sampled::No
        }
    }

    pub(super) fn excludes(&self, subject: &Subject<'_>) -> bool {
        self.find_rule(subject) == OFF
    }

    #[inline]
    fn number_of_site(&self, site: &CallSite) -> Number {
        stored(site, self.generation).unwrap_or_else(|| self.look_up(site))
    }

    #[cold]
    fn look_up(&self, site: &CallSite) -> Number {
        let number = self.find_rule(&Subject::of_site(site));
        let generation = u64::from(self.generation) << 32;
        site.rule_cache().store(generation | u64::from(number), Ordering::Relaxed);
        number
    }

    fn find_rule(&self, subject: &Subject<'_>) -> Number {
        let mut is_kept = false;
        for (rule, number) in self.rules.iter().zip(1..) {
            match rule.then {
                Then::Off if is_kept => {}
                _ if !rule.matches(subject) => {}
                Then::Off => return OFF,
                Then::Keep => is_kept = true,
                Then::Sample(..) => return number,
            }
        }
        0
    }

    /// Returns the values of the listed keys in the baggage of `cx`. `None` if there are none.
    ///
    /// Baggage is read when the span starts, because only the caller's thread sees it. Without listed keys, it is not
    /// read at all.
    #[cold]
    pub(super) fn baggage(&self, cx: &Context) -> Option<Arc<[KeyValue]>> {
        let baggage = cx.baggage();
        if baggage.is_empty() {
            return None;
        }

        let entry = |key: &_| Some(KeyValue::new(Key::clone(key), baggage.get(key)?.clone()));
        let found: Vec<_> = self.baggage.iter().filter_map(entry).collect();
        (!found.is_empty()).then(|| found.into())
    }
}

/// The current settings. They are locked when they change, then once by each thread, and once by each call site that
/// rules may turn off.
static CURRENT: Mutex<Option<Arc<Settings>>> = Mutex::new(None);

static GENERATION: AtomicU32 = AtomicU32::new(0);

pub(super) fn install(mut settings: Settings) {
    let mut current = lock(&CURRENT);
    let generation = GENERATION.load(Ordering::Relaxed).wrapping_add(1);
    settings.generation = generation.max(1);
    GENERATION.store(settings.generation, Ordering::Release);
    *current = Some(Arc::new(settings));
}

#[derive(Debug)]
pub(crate) struct CachedSettings(Option<Arc<Settings>>);

impl CachedSettings {
    pub(in crate::recorder) const NONE: Self = Self(None);

    pub(in crate::recorder) fn measures(&mut self) -> Option<&dyn Measure> {
        self.get().measures.as_deref()
    }

    #[inline]
    pub(super) fn get(&mut self) -> &Settings {
        let generation = GENERATION.load(Ordering::Acquire);
        if (self.0.as_ref()).is_none_or(|settings| settings.generation != generation) {
            self.update();
        }

        self.0.get_or_insert_default()
    }

    #[cold]
    fn update(&mut self) {
        if let Some(settings) = &*lock(&CURRENT) {
            self.0 = Some(Arc::clone(settings));
        }
    }
}

/// Returns the stored number of a rule; `None` if it belongs to another generation.
#[inline]
fn stored(site: &CallSite, generation: u32) -> Option<Number> {
    let stored = site.rule_cache().load(Ordering::Relaxed);
    #[expect(clippy::cast_possible_truncation, reason = "the upper half is the generation")]
    (stored >> 32 == u64::from(generation)).then_some(stored as u32)
}

#[inline]
pub(super) fn excludes_call_site(site: &CallSite) -> bool {
    let number = stored(site, GENERATION.load(Ordering::Acquire));
    number.unwrap_or_else(|| look_up(site)) == OFF
}

#[cold]
fn look_up(site: &CallSite) -> Number {
    lock(&CURRENT).as_ref().map_or(0, |settings| settings.look_up(site))
}

/// Whether a pattern matches a text, where `*` matches any characters and `?` one.
///
/// The text between two `*` is matched at its first occurrence, so only the last `*` is retried.
fn matches(pattern: &str, text: &str) -> bool {
    let pattern = pattern.as_bytes();
    let text = text.as_bytes();
    let mut p = 0;
    let mut t = 0;
    // The position after the last `*` in the pattern, and the position of the last attempt in the text.
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

fn after_character(text: &[u8], at: usize) -> usize {
    let rest = text[at + 1..].iter();
    at + 1 + rest.take_while(|byte| **byte & 0xC0 == 0x80).count()
}

const SECOND: u64 = 1_000_000_000;

/// A rate limit for sampled roots: a token bucket in one atomic integer. All times are nanoseconds of the monotonic
/// clock.
///
/// The integer is the time at which the bucket will be full again (the generic cell rate algorithm). Taking a token
/// adds the interval of one token. If the time is too far in the future, the bucket is empty.
#[derive(Debug)]
pub struct RateLimit {
    /// The time in which one token is added, in nanoseconds.
    interval: u64,
    full_at: AtomicU64,
}

impl RateLimit {
    fn new(per_second: f64) -> Self {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "the rate is more than 0, and the conversion saturates"
        )]
        let interval = (SECOND as f64 / per_second) as u64;
        Self { interval, full_at: AtomicU64::new(0) }
    }

    /// Takes a token, and returns whether there was one. The bucket holds the tokens of one second, and at least one.
    #[cold]
    fn take_token(&self) -> bool {
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

    #[test]
    fn a_ratio_of_one_is_above_every_trace_id() {
        assert_eq!([0.0, 0.5, 1.0].map(Ratio::new), [Ratio(0), Ratio(1 << 62), Ratio::ALL]);
    }

    proptest! {
        #[test]
        fn a_pattern_matches_like_the_regular_expression(pattern in r"[abü.\[\]*?]{0,8}", text in r"[abü.\[\]]{0,10}") {
            let body = regex::escape(&pattern).replace(r"\*", ".*").replace(r"\?", ".");
            let expected = regex::Regex::new(&format!("^{body}$")).unwrap().is_match(&text);
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
        // The bucket holds unused tokens of at most one second.
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
            let mut now = SECOND;
            let mut taken = 0_u64;

            for step in steps {
                now += step;
                taken += u64::from(limit.take_token_at(now));
            }
            let rate = u64::from(per_second);
            // The interval is truncated to whole nanoseconds, which may allow one more token.
            prop_assert!(taken <= rate + (now - SECOND) * rate / SECOND + 1);
        }
    }
}
