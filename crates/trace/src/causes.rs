//! Finds why traces were slow, from the times, parents and attributes of their spans.
//!
//! Each kind of cause is a rule in a file of its own, with its thresholds, its test and its message. This module sorts
//! the findings by the time that the traces waited for them.

mod calls;
mod chance;
mod contended_lock;
mod repeated_calls;
mod slow_with;

use std::cmp::{Ordering, Reverse};

use floe_waterfall::critical_path;
use rustc_hash::{FxHashMap, FxHashSet};
use serde::Serialize;

use crate::forest::{Forest, Trace};
use crate::names::normalized;
use crate::significance::unlikely;
use crate::span::{Span, Value};

/// The kind of a cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum CauseKind {
    /// Spans of one name wait for each other, for example for a lock or in a pool, or for one span of another name.
    ContendedLock,
    /// A span has many equal children, one after the other.
    RepeatedCalls,
    /// A span repeats a call that failed, with pauses in between.
    Retries,
    /// The slow spans of a name have a property that its quick spans lack.
    SlowWith,
}

const MS: u64 = 1_000_000;
/// The accepted chance that a statistical rule reports a cause in a file without one.
const CHANCE: f64 = 0.01;
/// The minimum duration of a cause, in nanoseconds.
const LEAST: u64 = MS;
/// The minimum share of a cause in its trace, as a divisor.
const OF_TRACE: u64 = 10;
/// The maximum number of spans of a cause that are looked for below the spans of another cause.
const MOST_BELOW: usize = 10_000;

impl CauseKind {
    /// Whether a rule finds the cause in a single span, without a statistical test.
    const fn is_of_one_span(self) -> bool {
        matches!(self, Self::RepeatedCalls | Self::Retries)
    }
}

/// A reason why spans of one name are slow.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "plain data")]
pub struct Cause {
    /// The kind of the cause.
    pub kind: CauseKind,
    /// The span that shows the cause best, as an index.
    pub span: usize,
    /// The number of spans of this name that show the cause.
    pub spans: usize,
    /// The time that the cause takes in all these spans, in nanoseconds.
    pub time: u64,
    /// A sentence that describes the cause.
    pub message: String,
}

/// A cause in one span, or in all spans of a name.
struct Finding {
    cause: Cause,
    /// The slow spans, each with the time that the cause takes there.
    at: Vec<(usize, u64)>,
    /// The minimum share of the cause in the time of all traces, as a divisor.
    of_file: u64,
    /// The subject of the finding in addition to the span, such as the name of a call.
    about: String,
    /// The time of the cause on the critical path of the longest traces.
    on_path: u64,
}

/// A finding, and the chance that it is random.
type Tested = (f64, Finding);

fn by_chance(one: &Tested, other: &Tested) -> Ordering {
    one.0.total_cmp(&other.0)
}

/// The finding of a name that is least likely random. Each of the tests may use half of the accepted chance.
fn likeliest(tests: impl Iterator<Item = Tested>) -> Option<Tested> {
    let (chance, finding) = tests.min_by(by_chance)?;
    Some((2.0 * chance, finding))
}

impl Finding {
    /// The span in which the cause takes the most time becomes the example.
    fn new(kind: CauseKind, of_file: u64, at: Vec<(usize, u64)>, message: String) -> Self {
        let time = sum(at.iter().map(|it| it.1));
        let span = at.iter().max_by_key(|it| it.1).map_or(0, |it| it.0);
        let cause = Cause { kind, span, spans: at.len(), time, message };
        Self { cause, at, of_file, about: String::new(), on_path: 0 }
    }

    /// Sets the example span.
    fn of(mut self, span: usize) -> Self {
        self.cause.span = span;
        self
    }
}

/// Returns the causes of slow spans, sorted by the time that the longest traces waited for them. Causes that take a
/// negligible part of the time of all traces are left out.
///
/// The slow spans of a name come after the causes below them that explain half of their time.
#[must_use]
pub fn causes(forest: &Forest<'_>) -> Vec<Cause> {
    let all = sum(forest.traces().iter().map(Trace::duration));
    let mut tested = contended_lock::contended(forest, all);
    tested.extend(slow_with::slow_with(forest, all));
    // A name without a finding was tested, too.
    let tested = tested.into_iter().map(|it| match it {
        Some((chance, finding)) => (1.0, chance, Some(finding)),
        None => (1.0, 1.0, None),
    });
    let found = unlikely(tested.collect(), CHANCE).into_iter();
    let mut findings: Vec<_> = found.filter_map(|it| it.0).collect();
    findings.extend(of_spans(forest));
    let mut found = by_name(forest, findings);
    found.retain(|it| it.cause.time >= (all / it.of_file).max(LEAST));
    let on_path = on_path(forest, all);
    for it in &mut found {
        it.on_path = sum(it.at.iter().map(|(span, time)| on_path[*span].min(*time)));
    }
    innermost(forest, &mut found, &on_path);
    let order = |it: &Finding| (Reverse((it.on_path, it.cause.time)), it.cause.kind, it.cause.span);
    found.sort_by_key(order);
    found.into_iter().map(|it| it.cause).collect()
}

/// The causes that rules find in single spans.
fn of_spans(forest: &Forest<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for trace in forest.traces() {
        let enough = |time: u64| time >= (trace.duration() / OF_TRACE).max(LEAST);
        let mut short: FxHashMap<String, Vec<Finding>> = FxHashMap::default();
        for span in trace.spans.iter().copied() {
            for calls in calls::calls(forest, span) {
                match repeated_calls::repeated(forest, span, &calls) {
                    Some(it) if enough(it.cause.time) => findings.push(it),
                    Some(it) => {
                        short.entry(normalized(&forest.span(span).name)).or_default().push(it);
                    }
                    None => {}
                }
            }
        }
        // A loop in each round of an outer loop is short; together such loops may take most of the trace.
        let short =
            short.into_values().filter(|all| enough(sum(all.iter().map(|it| it.cause.time))));
        findings.extend(short.flatten());
    }
    findings
}

fn sum(times: impl IntoIterator<Item = u64>) -> u64 {
    times.into_iter().fold(0, u64::saturating_add)
}

/// The time that each span and the spans below it take on the critical paths of the longest traces. These traces
/// together take half of the time of all traces.
fn on_path(forest: &Forest<'_>, all: u64) -> Vec<u64> {
    let mut traces: Vec<&Trace> = forest.traces().iter().collect();
    traces.sort_by_key(|trace| Reverse(trace.duration()));
    let mut times = vec![0_u64; forest.recording().spans.len()];
    let mut left = all / 2;
    for trace in traces {
        for step in critical_path(forest.tree(), &trace.roots) {
            times[step.span] = times[step.span].saturating_add(step.to - step.from);
        }
        let below = forest.tree().below(&trace.roots);
        for span in below.collect::<Vec<_>>().into_iter().rev() {
            if let Some(parent) = forest.tree().parent(span) {
                times[parent] = times[parent].saturating_add(times[span]);
            }
        }
        if left <= trace.duration() {
            break;
        }
        left -= trace.duration();
    }
    times
}

/// Service and name.
type Name<'a> = (&'a str, &'a str);

fn name<'a>(forest: &Forest<'a>, span: usize) -> Name<'a> {
    let span = forest.span(span);
    (forest.recording().service(span), &span.name)
}

/// The time in which a span was entered, in nanoseconds: `busy_ns`, which bridges from `tracing` record.
fn busy(span: &Span) -> Option<u64> {
    let value = span.attribute("busy_ns").and_then(Value::as_int)?;
    u64::try_from(value).ok()
}

/// Sorts the slow spans of a name after the cause below them that takes half of their additional time, and a loop in
/// both slow and quick spans after the slow calls in the loop.
fn innermost(forest: &Forest<'_>, found: &mut [Finding], on_path: &[u64]) {
    found.sort_by_key(|it| (it.on_path, Reverse(forest.span(it.cause.span).start)));
    for at in 0..found.len() {
        if found[at].cause.kind != CauseKind::SlowWith {
            continue;
        }
        let slow: FxHashSet<usize> = found[at].at.iter().map(|it| it.0).collect();
        for below in 0..found.len() {
            let (above, other) = (&found[at], &found[below]);
            let is_loop = other.cause.kind.is_of_one_span();
            let is_inside = |span: usize| {
                let first = if is_loop { Some(span) } else { forest.tree().parent(span) };
                std::iter::successors(first, |it| forest.tree().parent(*it))
                    .any(|it| slow.contains(&it))
            };
            let step = other.at.len() / MOST_BELOW + 1;
            let looked_at = other.at.iter().step_by(step);
            let all = looked_at.len();
            let inside: Vec<_> = looked_at.filter(|it| is_inside(it.0)).collect();
            let took = |of: &dyn Fn(&(usize, u64)) -> u64| {
                sum(inside.iter().map(|it| of(it))).saturating_mul(step as u64)
            };
            if is_loop && inside.len() * 2 < all {
                if took(&|it| on_path[it.0].min(it.1)) > other.on_path / 2 {
                    found[below].on_path = other.on_path.min(above.on_path.saturating_sub(1));
                }
            } else if at != below
                && other.on_path >= above.on_path / 2
                && took(&|it| it.1) >= above.cause.time / 2
            {
                found[at].on_path = above.on_path.min(other.on_path.saturating_sub(1));
            }
        }
    }
}

fn by_name(forest: &Forest<'_>, findings: Vec<Finding>) -> Vec<Finding> {
    let mut causes: FxHashMap<(CauseKind, &str, String, String), Finding> = FxHashMap::default();
    for mut finding in findings {
        let (service, name) = name(forest, finding.cause.span);
        let key = (finding.cause.kind, service, normalized(name), finding.about.clone());
        let Some(known) = causes.get_mut(&key) else {
            causes.insert(key, finding);
            continue;
        };
        // The merged finding shows the span and the message of the longest single finding.
        let longest = |it: &Finding| it.at.iter().map(|it| it.1).max();
        if longest(&finding) > longest(known) {
            std::mem::swap(&mut finding, known);
        }
        known.cause.time = known.cause.time.saturating_add(finding.cause.time);
        known.cause.spans += finding.cause.spans;
        known.at.append(&mut finding.at);
    }
    causes.into_values().collect()
}
