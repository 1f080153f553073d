//! Why traces took as long as they did: what the times, parents and attributes of spans tell.

mod calls;
mod chance;
mod contention;
mod slow_with;

use std::cmp::{Ordering, Reverse};
use std::fmt::Display;

use rustc_hash::FxHashMap;

use crate::forest::{Forest, Trace};
use crate::names::normalized;
use crate::significance::unlikely;
use crate::span::{Span, Value};

/// What makes spans slow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum CauseKind {
    /// Spans of one name wait for each other, as below a lock or in a pool, or until one span of another name ends.
    ContendedLock,
    /// A span has many equal children, one after the other, or a trace has thousands of equal, tiny spans.
    RepeatedCalls,
    /// A span calls again what failed, and waits in between.
    Retries,
    /// A span waits for several others, one after the other.
    SerialCalls,
    /// The slow spans of a name have something that its quick ones do not have.
    SlowWith,
}

/// What a rule asks for, and what it says.
struct Rule {
    kind: CauseKind,
    name: &'static str,
    /// The least time in one span, in nanoseconds.
    time: u64,
    /// The least number of calls or spans.
    count: usize,
    /// The least part of its trace, as a divisor, if it is one.
    of_trace: Option<u64>,
    /// The least part of the time of all traces, in all spans of a name, as a divisor.
    of_file: u64,
    /// With a place for each number and name.
    sentence: &'static str,
}

const MS: u64 = 1_000_000;

/// The rules, in the order of [`CauseKind`]. The statistical ones, [`ContendedLock`](CauseKind::ContendedLock) and
/// [`SlowWith`](CauseKind::SlowWith), also ask that chance explains what they find in at most `CHANCE` of all files.
#[rustfmt::skip]
const RULES: [Rule; 5] = [
    // Fewer calls overtake than by chance, or the steps between their ends are more regular, or they all end with one.
    Rule { kind: CauseKind::ContendedLock, name: "contended_lock", time: 20 * MS, count: 5, of_trace: None, of_file: 20,
        sentence: "{} spans `{}` wait for each other, up to {}: {} on every {}, as below {}" },
    // Equal calls, none of which overlaps the one before.
    Rule { kind: CauseKind::RepeatedCalls, name: "repeated_calls", time: MS, count: 5, of_trace: Some(10), of_file: 50,
        sentence: "`{}` calls {} {} times, one after the other, in {}" },
    // Equal calls that failed, but for the last one.
    Rule { kind: CauseKind::Retries, name: "retries", time: MS, count: 2, of_trace: Some(10), of_file: 50,
        sentence: "`{}` calls {} {} times, because it failed {} times, which took {} until the last call{}" },
    // Calls of different names that wait, none of which overlaps the one before.
    Rule { kind: CauseKind::SerialCalls, name: "serial_calls", time: 20 * MS, count: 3, of_trace: Some(10), of_file: 50,
        sentence: "`{}` waits for {} and {} one after the other, {}: if none needs the result of another, all at once take {}" },
    // A value is more frequent among the slow spans of a name than chance explains, or one span is far above the others.
    Rule { kind: CauseKind::SlowWith, name: "slow_with", time: MS, count: 20, of_trace: None, of_file: 50,
        sentence: "`{}`: {} of the {} slow ones have {}, {} of {} others do; slow is from {} on, the others take {} or so" },
];

const _: () = {
    let mut at = 0;
    while at < RULES.len() {
        assert!(RULES[at].kind as usize == at, "a rule is not at its place");
        at += 1;
    }
};

/// In so many files without a cause may chance make a statistical rule speak.
const CHANCE: f64 = 0.01;
/// What is shorter is no cause.
const LEAST: u64 = MS;

impl CauseKind {
    /// Returns its name in JSON: `contended_lock`, `repeated_calls`, `retries`, `serial_calls` or `slow_with`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.rule().name
    }

    const fn rule(self) -> &'static Rule {
        &RULES[self as usize]
    }

    /// Its sentence, with these in their places.
    fn say(self, parts: &[&dyn Display]) -> String {
        let mut texts = self.rule().sentence.split("{}");
        let mut sentence = texts.next().unwrap_or_default().to_owned();
        for (part, text) in parts.iter().zip(texts) {
            sentence.push_str(&part.to_string());
            sentence.push_str(text);
        }
        sentence
    }
}

/// Something that makes spans of one name slow.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "plain data")]
pub struct Cause {
    /// What it is.
    pub kind: CauseKind,
    /// The span that shows it best, as an index.
    pub span: usize,
    /// How many spans of its name show it.
    pub spans: usize,
    /// How much time it took in all of them, in nanoseconds.
    pub time: u64,
    /// A sentence about it.
    pub message: String,
}

/// A cause in one span, or in all spans of a name.
struct Finding {
    cause: Cause,
    /// The order of causes: slow spans come after a cause below them.
    rank: u64,
    /// What it is about beside its span, such as the name of a call.
    about: String,
}

/// How likely chance explains a finding.
type Tested = (f64, Finding);

fn by_chance(one: &Tested, other: &Tested) -> Ordering {
    one.0.total_cmp(&other.0)
}

/// Of two tests of a name, the one that chance explains least. Each of them has half of the chance to speak.
fn likeliest(tests: impl Iterator<Item = Tested>) -> Option<Tested> {
    let (chance, finding) = tests.min_by(by_chance)?;
    Some((2.0 * chance, finding))
}

impl Finding {
    const fn new(kind: CauseKind, span: usize, time: u64, message: String) -> Self {
        let cause = Cause { kind, span, spans: 1, time, message };
        Self { cause, rank: time, about: String::new() }
    }

    /// The same for several spans together.
    const fn of_spans(mut self, spans: usize) -> Self {
        self.cause.spans = spans;
        self
    }

    const fn ranked(mut self, rank: u64) -> Self {
        self.rank = rank;
        self
    }
}

/// Returns what makes spans slow, what takes the most time first: in all spans of a name together for what compares
/// them, else in one span. A cause takes a part of the time of all traces that matters.
///
/// The slow spans of a name come after the causes below them that explain half of their time.
#[must_use]
pub fn causes(forest: &Forest<'_>) -> Vec<Cause> {
    let traces = forest.traces().iter().map(Trace::duration);
    let all = traces.fold(0, u64::saturating_add);
    let least = |kind: CauseKind| (all / kind.rule().of_file).max(LEAST);
    let mut tested = contention::contended(forest, least(CauseKind::ContendedLock));
    tested.extend(slow_with::slow_with(forest, least(CauseKind::SlowWith)));
    // A name of which nothing is found was looked at, too.
    let tested = tested.into_iter().map(|it| match it {
        Some((chance, finding)) => (1.0, chance, Some(finding)),
        None => (1.0, 1.0, None),
    });
    let found = unlikely(tested.collect(), CHANCE).into_iter();
    let mut findings: Vec<_> = found.filter_map(|it| it.0).collect();
    innermost(forest, &mut findings);
    findings.extend(calls::calls(forest));
    let mut found = by_name(forest, findings);
    found.retain(|it| it.cause.time >= least(it.cause.kind));
    found.sort_by_key(|it| (Reverse(it.rank), it.cause.kind, it.cause.span));
    found.into_iter().map(|it| it.cause).collect()
}

/// The least time of a cause in a trace.
fn least(kind: CauseKind, trace: u64) -> u64 {
    let rule = kind.rule();
    rule.of_trace.map_or(0, |part| trace / part).max(rule.time)
}

/// Service and name.
type Name<'a> = (&'a str, &'a str);

fn name<'a>(forest: &Forest<'a>, span: usize) -> Name<'a> {
    let span = forest.span(span);
    (forest.recording().service(span), &span.name)
}

/// How long a span was entered, in nanoseconds, if it says so: `busy_ns`, as bridges from `tracing` record it.
fn busy(span: &Span) -> Option<u64> {
    let value = span.attribute("busy_ns").and_then(Value::as_int)?;
    u64::try_from(value).ok()
}

/// Whether a span is an ancestor of another one.
fn is_above(forest: &Forest<'_>, above: usize, below: usize) -> bool {
    let mut ancestors = std::iter::successors(forest.parent(below), |it| forest.parent(*it));
    forest.span(above).trace == forest.span(below).trace && ancestors.any(|it| it == above)
}

/// Puts the slow spans of a name after those that are below them, if these explain half of their time.
fn innermost(forest: &Forest<'_>, findings: &mut [Finding]) {
    findings.sort_by_key(|it| (it.rank, Reverse(forest.span(it.cause.span).start)));
    for at in 0..findings.len() {
        let (rank, span) = (findings[at].rank, findings[at].cause.span);
        for above in &mut findings[at + 1..] {
            let is_slow = above.cause.kind == CauseKind::SlowWith;
            if is_slow && above.rank / 2 <= rank && is_above(forest, above.cause.span, span) {
                above.rank = rank.saturating_sub(1);
            }
        }
    }
}

/// The findings of spans with the same name as one.
fn by_name(forest: &Forest<'_>, findings: Vec<Finding>) -> Vec<Finding> {
    let mut causes: FxHashMap<(CauseKind, &str, String, String), (Finding, u64)> =
        FxHashMap::default();
    for finding in findings {
        let (service, name) = name(forest, finding.cause.span);
        let about = finding.about.clone();
        let key = (finding.cause.kind, service, normalized(name), about);
        let rank = finding.rank;
        let Some((known, ranks)) = causes.get_mut(&key) else {
            causes.insert(key, (finding, rank));
            continue;
        };
        // Who waits for others is before or after them by the longest wait of one span.
        *ranks = match known.cause.kind {
            CauseKind::ContendedLock => rank.max(*ranks),
            _ => rank.saturating_add(*ranks),
        };
        let time = known.cause.time.saturating_add(finding.cause.time);
        let spans = known.cause.spans + finding.cause.spans;
        if finding.rank > known.rank {
            *known = finding;
        }
        (known.cause.time, known.cause.spans) = (time, spans);
    }
    let causes = causes.into_values().map(|(finding, rank)| Finding { rank, ..finding });
    causes.collect()
}
