//! Finds why traces were slow, from the times, parents and attributes of their spans.
//!
//! Each rule has a file of its own, with its thresholds and its messages. This module sorts the findings by their time
//! on the critical path of the longest traces.

mod calls;
mod contended_lock;
mod equal_calls;
mod features;
mod group;
mod repeated_calls;
mod slow_with;
mod straggler;
mod tail;

use std::cmp::{Ordering, Reverse};

use floe_waterfall::critical_path;
use itertools::Itertools as _;
use rustc_hash::{FxHashMap, FxHashSet};
use serde::Serialize;

use crate::forest::{Forest, Trace};
use crate::names::normalized;
use crate::operation::{Identities, Operations};
use crate::significance::unlikely;
use crate::span::{Span, Value};

/// The kind of a cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum CauseKind {
    /// Spans of one name wait for each other, as for a lock or a place in a pool, or for one span of another name.
    ContendedLock,
    /// A span has many equal children, one after the other.
    RepeatedCalls,
    /// A span repeats a call, because each call before the last one failed.
    Retries,
    /// The slow spans of a name have a property that its quick spans lack.
    SlowWith,
}

const MS: u64 = 1_000_000;
/// The accepted chance that the statistical rules report any cause in a recording that has none.
const CHANCE: f64 = 0.01;
/// The minimum time that a cause takes, in nanoseconds.
const LEAST: u64 = MS;
/// A cause in a single span is reported only if it takes at least a tenth of the duration of its trace.
const OF_TRACE: u64 = 10;
/// Properties whose spans overlap by this fraction are one, and so are findings whose spans contain each other.
const TWINS: (usize, usize) = (19, 20);
/// If a cause has more spans than this, only some of them are compared with the spans of another cause.
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
    /// The index of the span that shows the cause best.
    pub span: usize,
    /// The number of spans that show the cause.
    pub spans: usize,
    /// The time that the cause takes in all its spans, in nanoseconds.
    pub time: u64,
    /// A sentence that describes the cause.
    pub message: String,
}

/// A cause in one span, or in all spans of a name.
struct Finding {
    cause: Cause,
    /// The slow spans, each with the time that the cause takes in it.
    at: Vec<(usize, u64)>,
    /// The finding is reported only if it takes at least the time of all traces divided by this.
    of_file: u64,
    /// The name of the repeated call, or an empty text. Findings with different texts are not merged.
    about: String,
    /// Whether the finding names a property of the slow spans.
    has_property: bool,
    /// The time of the cause on the critical path of the longest traces.
    on_path: u64,
}

/// The chance that a finding is random, and the finding.
type Tested = (f64, Finding);

fn by_chance(one: &Tested, other: &Tested) -> Ordering {
    one.0.total_cmp(&other.0)
}

/// Returns the finding that is least likely to be random. Its chance is doubled, because it is the best of two tests.
fn likeliest(tests: impl Iterator<Item = Tested>) -> Option<Tested> {
    let (chance, finding) = tests.min_by(by_chance)?;
    Some((2.0 * chance, finding))
}

impl Finding {
    /// Creates a finding whose example is the span in which the cause takes the most time.
    fn new(kind: CauseKind, of_file: u64, at: Vec<(usize, u64)>, message: String) -> Self {
        let time = sum(at.iter().map(|it| it.1));
        let span = at.iter().max_by_key(|it| it.1).map_or(0, |it| it.0);
        let cause = Cause { kind, span, spans: at.len(), time, message };
        Self { cause, at, of_file, about: String::new(), has_property: false, on_path: 0 }
    }

    fn of(mut self, span: usize) -> Self {
        self.cause.span = span;
        self
    }
}

/// Returns the causes of slow spans, sorted by their time on the critical path of the longest traces. Causes that take
/// a negligible part of the time of all traces are left out.
///
/// A [`CauseKind::SlowWith`] comes after a cause below its spans that explains half of their additional time.
#[must_use]
pub fn causes(forest: &Forest<'_>) -> Vec<Cause> {
    let all = sum(forest.traces().iter().map(Trace::duration));
    let mut operations = Operations::default();
    let of_spans = operations.of(forest.recording());
    let mut tested = contended_lock::contended(forest, all);
    let groups = equal_calls::groups(forest, &of_spans);
    tested.extend(slow_with::slow_with(forest, &groups, all));
    // A name without a finding was tested, too, so it counts in the correction of the chances.
    let tested = tested
        .into_iter()
        .map(|it| it.map_or((1.0, None), |(chance, finding)| (chance, Some(finding))));
    let found = unlikely(tested.collect(), CHANCE).into_iter();
    let mut findings = found.filter_map(|it| it.0).collect_vec();
    findings.extend(in_spans(forest, (&of_spans, &operations.0)));
    let tails = tail::tails(forest, &groups, &findings).into_iter().map(|it| it.cause);
    let mut found = by_name(forest, findings);
    found.retain(|it| it.cause.time >= (all / it.of_file).max(LEAST));
    let on_path = on_path(forest, all);
    for it in &mut found {
        it.on_path = sum(it.at.iter().map(|(span, time)| on_path[*span].min(*time)));
    }
    found.sort_by_key(|it| (it.on_path, Reverse(forest.span(it.cause.span).start)));
    let ranks = ranks(forest, &found, &on_path);
    let is_told_below =
        (0..found.len()).map(|at| is_told_below(forest, &found, &ranks, at)).collect_vec();
    let ranked = found.into_iter().zip(ranks).zip(is_told_below).filter(|it| !it.1);
    let ranked = ranked.map(|((it, rank), _)| (it.cause, rank));
    let order = |(it, rank): &(Cause, u64)| (Reverse((*rank, it.time)), it.kind, it.span);
    // A tail names a place without a reason, so it comes last.
    let tails = tails.sorted_by_key(|it| Reverse(it.time));
    ranked.sorted_by_key(order).map(|it| it.0).chain(tails).collect()
}

/// Returns the causes that rules find in single spans.
fn in_spans(forest: &Forest<'_>, operations: Identities<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for trace in forest.traces() {
        let enough = |time: u64| time >= (trace.duration() / OF_TRACE).max(LEAST);
        let mut short: FxHashMap<String, Vec<Finding>> = FxHashMap::default();
        for span in trace.spans.iter().copied() {
            for calls in calls::calls(forest, span, operations) {
                match repeated_calls::repeated(forest, span, &calls) {
                    Some(it) if enough(it.cause.time) => findings.push(it),
                    Some(it) => {
                        short.entry(normalized(&forest.span(span).name)).or_default().push(it);
                    }
                    None => {}
                }
            }
        }
        // An inner loop is short in each round of an outer loop, but all rounds together may take most of the trace.
        let short =
            short.into_values().filter(|all| enough(sum(all.iter().map(|it| it.cause.time))));
        findings.extend(short.flatten());
    }
    findings
}

fn sum(times: impl IntoIterator<Item = u64>) -> u64 {
    times.into_iter().fold(0, u64::saturating_add)
}

/// Returns the time that each span and the spans below it take on the critical paths of the longest traces, which
/// together take at least half of the time of all traces.
fn on_path(forest: &Forest<'_>, all: u64) -> Vec<u64> {
    let mut traces = forest.traces().iter().collect_vec();
    traces.sort_by_key(|trace| Reverse(trace.duration()));
    let mut times = vec![0_u64; forest.recording().spans.len()];
    let mut left = all / 2;
    for trace in traces {
        for step in critical_path(forest.tree(), &trace.roots) {
            times[step.span] = times[step.span].saturating_add(step.to - step.from);
        }
        let below = forest.tree().below(&trace.roots);
        for span in below.collect_vec().into_iter().rev() {
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

/// The service and the name of a span.
type Name<'a> = (&'a str, &'a str);

fn name<'a>(forest: &Forest<'a>, span: usize) -> Name<'a> {
    let span = forest.span(span);
    (forest.recording().service(span), &span.name)
}

/// Returns the time for which a span was entered, in nanoseconds. Bridges from `tracing` record it as `busy_ns`.
fn busy(span: &Span) -> Option<u64> {
    let value = span.attribute("busy_ns").and_then(Value::as_int)?;
    u64::try_from(value).ok()
}

/// Returns the rank of each finding: its time on the critical path, or less than the rank of the finding that explains
/// it. A cause below slow spans that takes half of their additional time explains them. Slow spans around a loop explain
/// the loop if most spans with the loop are quick, because the loop alone does not make them slow.
fn ranks(forest: &Forest<'_>, found: &[Finding], on_path: &[u64]) -> Vec<u64> {
    let mut ranks = found.iter().map(|it| it.on_path).collect_vec();
    let is_slow_with = |it: &(usize, &Finding)| it.1.cause.kind == CauseKind::SlowWith;
    for (at, above) in found.iter().enumerate().filter(is_slow_with) {
        let slow: FxHashSet<usize> = above.at.iter().map(|it| it.0).collect();
        for (below, other) in found.iter().enumerate() {
            let inside = Inside::new(forest, &slow, other, on_path);
            if other.cause.kind.is_of_one_span() && !inside.is_half {
                if inside.on_path > ranks[below] / 2 {
                    ranks[below] = ranks[below].min(ranks[at].saturating_sub(1));
                }
                continue;
            }
            let takes_half = inside.time >= above.cause.time / 2;
            if at != below && takes_half && ranks[below] >= ranks[at] / 2 {
                ranks[at] = ranks[at].min(ranks[below].saturating_sub(1));
            }
        }
    }
    ranks
}

/// Whether another finding, which comes first, is about calls in the same spans, one in each: the server of a client, or
/// the query of a request.
fn is_told_below(forest: &Forest<'_>, found: &[Finding], ranks: &[u64], at: usize) -> bool {
    let above = &found[at];
    if above.cause.kind != CauseKind::SlowWith {
        return false;
    }
    let slow: FxHashSet<usize> = above.at.iter().map(|it| it.0).collect();
    found.iter().zip(ranks).any(|(below, rank)| {
        let tells_as_much = below.has_property || !above.has_property;
        let is_first = below.cause.kind == CauseKind::SlowWith && *rank > ranks[at];
        if !is_first || !tells_as_much {
            return false;
        }
        let most = slow.len().max(below.at.len());
        let step = below.at.len() / MOST_BELOW + 1;
        let looked_at = below.at.iter().step_by(step);
        let around: FxHashSet<usize> = looked_at
            .filter_map(|it| above_of(forest, it.0).find(|it| slow.contains(it)))
            .collect();
        around.len() * step * TWINS.1 >= most * TWINS.0
    })
}

/// Returns the spans above a span.
fn above_of(forest: &Forest<'_>, span: usize) -> impl Iterator<Item = usize> {
    std::iter::successors(forest.tree().parent(span), |it| forest.tree().parent(*it))
}

/// The spans of a finding that are inside of slow spans.
struct Inside {
    /// Whether at least half of all spans of the finding are inside.
    is_half: bool,
    /// The time that the cause takes in them.
    time: u64,
    /// The part of this time that is on the critical path of the longest traces.
    on_path: u64,
}

impl Inside {
    fn new(
        forest: &Forest<'_>,
        slow: &FxHashSet<usize>,
        finding: &Finding,
        on_path: &[u64],
    ) -> Self {
        let is_loop = finding.cause.kind.is_of_one_span();
        let is_inside = |span: usize| {
            let first = if is_loop { Some(span) } else { forest.tree().parent(span) };
            std::iter::successors(first, |it| forest.tree().parent(*it))
                .any(|it| slow.contains(&it))
        };
        let step = finding.at.len() / MOST_BELOW + 1;
        let looked_at = finding.at.iter().step_by(step);
        let all = looked_at.len();
        let inside = looked_at.filter(|it| is_inside(it.0)).collect_vec();
        let took = |times: &mut dyn Iterator<Item = u64>| sum(times).saturating_mul(step as u64);
        Self {
            is_half: inside.len() * 2 >= all,
            time: took(&mut inside.iter().map(|it| it.1)),
            on_path: took(&mut inside.iter().map(|it| on_path[it.0].min(it.1))),
        }
    }
}

fn by_name(forest: &Forest<'_>, findings: Vec<Finding>) -> Vec<Finding> {
    type Key<'a> = (CauseKind, &'a str, String, String);

    let mut causes: FxHashMap<Key<'_>, (_, Finding)> = FxHashMap::default();
    for mut finding in findings {
        let (service, name) = name(forest, finding.cause.span);
        let key = (finding.cause.kind, service, normalized(name), finding.about.clone());
        // The merged finding keeps the span and the message of the longest single finding. A property of slow spans comes
        // before spans without one, and several spans come before a single one.
        let longest = finding.at.iter().map(|it| it.1).max();
        let rank = (finding.has_property, finding.at.len() > 1, longest);
        let Some((known_rank, known)) = causes.get_mut(&key) else {
            causes.insert(key, (rank, finding));
            continue;
        };
        if rank > *known_rank {
            *known_rank = rank;
            std::mem::swap(&mut finding, known);
        }
        known.cause.time = known.cause.time.saturating_add(finding.cause.time);
        known.cause.spans += finding.cause.spans;
        known.at.append(&mut finding.at);
    }
    causes.into_values().map(|it| it.1).collect()
}
