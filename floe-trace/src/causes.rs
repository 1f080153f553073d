//! Why traces took as long as they did: what spans say about their polls, their processor time, and each other.
//!
//! floe-telemetry records polls with `poll_profile` and processor time with `thread_cpu_time`; without them, only what
//! times and parents tell is found.

use std::cmp::Reverse;

use floe_waterfall::duration;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::forest::Forest;
use crate::names::percentile;
use crate::span::{Span, Value};

/// What makes spans slow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum CauseKind {
    /// One poll of a future took long: it blocks or computes, and every task of its thread waits.
    LongPoll,
    /// A future was woken and polled much later, because the threads of its runtime were busy.
    StarvedTask,
    /// Spans of one name wait for each other: one ends after the other, as below a lock or a pool of one.
    ContendedLock,
    /// A future waited, no span below it says for what, and it was polled as soon as it was woken.
    LateWake,
    /// A function took more time than its thread computed: it was blocked, by a lock, a file or a sleep.
    Blocked,
    /// A span has many equal children, one after the other.
    RepeatedCalls,
    /// A function computed.
    Computing,
}

impl CauseKind {
    /// Returns its name in JSON: `long_poll`, `starved_task`, `contended_lock`, `late_wake`, `blocked`,
    /// `repeated_calls` or `computing`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::LongPoll => "long_poll",
            Self::StarvedTask => "starved_task",
            Self::ContendedLock => "contended_lock",
            Self::LateWake => "late_wake",
            Self::Blocked => "blocked",
            Self::RepeatedCalls => "repeated_calls",
            Self::Computing => "computing",
        }
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

/// A cause in one span.
struct Finding {
    kind: CauseKind,
    span: usize,
    time: u64,
    message: String,
}

/// What a span says about its polls and its processor time, in nanoseconds.
struct Profile {
    busy: Option<u64>,
    idle: u64,
    scheduled: u64,
    max_poll: u64,
    max_scheduled: u64,
    cpu: Option<u64>,
}

impl Profile {
    fn of(span: &Span) -> Self {
        let number = |key| {
            let value = span.attribute(key).and_then(Value::as_int);
            value.and_then(|value| u64::try_from(value).ok())
        };
        Self {
            busy: number("busy_ns"),
            idle: number("idle_ns").unwrap_or_default(),
            scheduled: number("scheduled_ns").unwrap_or_default(),
            max_poll: number("max_poll_ns").unwrap_or_default(),
            max_scheduled: number("max_scheduled_ns").unwrap_or_default(),
            cpu: number("cpu_ns"),
        }
    }
}

/// A cause takes at least this part of its trace, as a divisor, and this time, in nanoseconds.
const PART: u64 = 10;
const LEAST: u64 = 100_000;
/// So many equal children, one after the other, are reported.
const REPEATED: usize = 5;
/// So many spans that wait for each other are reported.
const WAITERS: usize = 4;
/// The most spans of one name that are compared with each other.
const MOST_WAITERS: usize = 10_000;

/// Returns what makes spans slow, what takes the most time first. A cause takes at least a tenth of a trace.
///
/// Of nested spans that show the same, the innermost is named.
#[must_use]
pub fn causes(forest: &Forest<'_>) -> Vec<Cause> {
    let mut findings = Vec::new();
    let mut long_polls = Vec::new();
    for trace in forest.traces() {
        let least = (trace.duration() / PART).max(LEAST);
        for span in &trace.spans {
            if let Some(finding) = long_poll(forest, *span, least) {
                long_polls.push((*span, Profile::of(forest.span(*span)).max_poll));
                findings.push(finding);
            }
        }
    }
    let lock = contended(forest, &mut findings);
    for trace in forest.traces() {
        let least = (trace.duration() / PART).max(LEAST);
        for span in trace.spans.iter().copied() {
            findings.extend(starved(forest, span, least, &long_polls));
            findings.extend(repeated(forest, span, least));
            if !lock.contains(&span) {
                findings.extend(waiting(forest, span, least, &long_polls));
            }
        }
    }
    let mut causes: FxHashMap<(CauseKind, &str, &str), (Cause, u64)> = FxHashMap::default();
    for finding in findings {
        let span = forest.span(finding.span);
        let key = (finding.kind, forest.recording().service(span), &*span.name);
        let (cause, longest) = causes.entry(key).or_insert_with(|| {
            let cause = Cause {
                kind: finding.kind,
                span: finding.span,
                spans: 0,
                time: 0,
                message: String::new(),
            };
            (cause, 0)
        });
        cause.spans += 1;
        cause.time = cause.time.saturating_add(finding.time);
        if finding.time > *longest || cause.message.is_empty() {
            *longest = finding.time;
            cause.span = finding.span;
            cause.message = finding.message;
        }
    }
    let mut causes: Vec<_> = causes.into_values().map(|(cause, _)| cause).collect();
    causes.sort_by_key(|cause| (Reverse(cause.time), cause.kind, cause.span));
    causes
}

/// Whether a child says at least four fifths of it, too.
fn is_below(forest: &Forest<'_>, span: usize, time: u64, of: impl Fn(&Profile) -> u64) -> bool {
    let mut children = forest.children(span).iter();
    children.any(|child| of(&Profile::of(forest.span(*child))) >= time / 5 * 4)
}

fn long_poll(forest: &Forest<'_>, index: usize, least: u64) -> Option<Finding> {
    let span = forest.span(index);
    let profile = Profile::of(span);
    let longest = profile.max_poll;
    if longest < least || is_below(forest, index, longest, |below| below.max_poll) {
        return None;
    }
    // What ran inside of the poll is a function without polls of its own.
    let children = forest.children(index).iter();
    let inside = children
        .filter(|child| Profile::of(forest.span(**child)).busy.is_none())
        .filter(|child| (longest / 2..=longest).contains(&forest.span(**child).duration()))
        .max_by_key(|child| forest.span(**child).duration());
    let place = inside.map_or_else(
        || format!("`{}`", span.name),
        |inside| format!("`{}`, in `{}`,", span.name, forest.span(*inside).name),
    );
    let what = match (profile.cpu, profile.busy) {
        (Some(cpu), Some(busy)) if cpu >= busy / 2 => "computes",
        (Some(_), Some(_)) => "blocks its thread",
        _ => "blocks or computes",
    };
    Some(Finding {
        kind: CauseKind::LongPoll,
        span: index,
        time: longest,
        message: format!(
            "{place} {what} inside of async code: one poll took {}, in which no other task of the thread ran",
            duration(longest)
        ),
    })
}

fn starved(
    forest: &Forest<'_>,
    index: usize,
    least: u64,
    long_polls: &[(usize, u64)],
) -> Option<Finding> {
    let span = forest.span(index);
    let profile = Profile::of(span);
    let delay = profile.scheduled.max(profile.max_scheduled);
    if delay < least
        || is_below(forest, index, delay, |below| {
            below.scheduled.max(below.max_scheduled)
        })
    {
        return None;
    }
    let culprit = culprit(forest, index, profile.max_scheduled / 2, long_polls);
    let by = culprit.map_or_else(
        || "by work that no span with a poll profile shows".to_owned(),
        |(other, poll)| {
            format!(
                "by `{}`, whose longest poll took {}",
                forest.span(other).name,
                duration(poll)
            )
        },
    );
    Some(Finding {
        kind: CauseKind::StarvedTask,
        span: index,
        time: delay,
        message: format!(
            "`{}` was woken and waited {} for a thread, which was busy {by}",
            span.name,
            duration(delay)
        ),
    })
}

/// The span of the same program that held up a thread for at least this time while another one ran, and for how long.
fn culprit(
    forest: &Forest<'_>,
    index: usize,
    least: u64,
    long_polls: &[(usize, u64)],
) -> Option<(usize, u64)> {
    let span = forest.span(index);
    let resource = |span: &Span| {
        let source = forest.recording().source(span.source);
        source.map(|it| &it.resource)
    };
    let others = long_polls.iter().copied();
    others
        .filter(|(other, poll)| *other != index && *poll >= least)
        .filter(|(other, _)| {
            let other = forest.span(*other);
            other.start < span.end && span.start < other.end && resource(other) == resource(span)
        })
        .max_by_key(|(_, poll)| *poll)
}

/// A span that waits, blocks or computes itself.
fn waiting(
    forest: &Forest<'_>,
    index: usize,
    least: u64,
    long_polls: &[(usize, u64)],
) -> Option<Finding> {
    let span = forest.span(index);
    let profile = Profile::of(span);
    let own = forest.self_time(index);
    if own < least {
        return None;
    }
    if profile.busy.is_some() {
        let time = profile.idle.saturating_sub(profile.scheduled).min(own);
        if time < least {
            return None;
        }
        // A runtime whose thread is busy wakes nobody: neither timers nor sockets.
        if let Some((other, poll)) = culprit(forest, index, time / 2, long_polls) {
            return Some(Finding {
                kind: CauseKind::StarvedTask,
                span: index,
                time,
                message: format!(
                    "`{}` waited {} to be woken, while a thread was busy by `{}`, whose longest poll took {}",
                    span.name,
                    duration(time),
                    forest.span(other).name,
                    duration(poll)
                ),
            });
        }
        return Some(Finding {
            kind: CauseKind::LateWake,
            span: index,
            time,
            message: format!(
                "`{}` waited {} for what no span below it shows; it was polled {} after it was woken, so it was woken late",
                span.name,
                duration(time),
                duration(profile.max_scheduled)
            ),
        });
    }
    let cpu = profile.cpu?;
    let below = forest.children(index).iter();
    let below: u64 = below
        .filter_map(|child| Profile::of(forest.span(*child)).cpu)
        .fold(0, u64::saturating_add);
    let computed = cpu.saturating_sub(below).min(own);
    let blocked = own - computed;
    if blocked >= least && blocked >= computed {
        return Some(Finding {
            kind: CauseKind::Blocked,
            span: index,
            time: blocked,
            message: format!(
                "`{}` took {} itself and computed for {}: it was blocked by a lock, a file, the network or a sleep",
                span.name,
                duration(own),
                duration(computed)
            ),
        });
    }
    (computed >= least).then(|| Finding {
        kind: CauseKind::Computing,
        span: index,
        time: computed,
        message: format!("`{}` computed for {}", span.name, duration(computed)),
    })
}

fn repeated(forest: &Forest<'_>, index: usize, least: u64) -> Option<Finding> {
    let children = forest.children(index);
    if children.len() < REPEATED {
        return None;
    }
    let mut groups: FxHashMap<&str, (usize, u64, u64)> = FxHashMap::default();
    for child in children {
        let child = forest.span(*child);
        let (count, time, until) = groups.entry(&child.name).or_default();
        // What overlaps is not repeated, but parallel.
        if child.start >= *until {
            *count += 1;
            *time = time.saturating_add(child.duration());
        }
        *until = child.end.max(*until);
    }
    let many = groups
        .into_iter()
        .filter(|(_, (count, time, _))| *count >= REPEATED && *time >= least);
    let (name, (count, time, _)) =
        many.max_by_key(|(name, (_, time, _))| (*time, Reverse(*name)))?;
    Some(Finding {
        kind: CauseKind::RepeatedCalls,
        span: index,
        time,
        message: format!(
            "`{}` calls `{name}` {count} times, one after the other, in {}",
            forest.span(index).name,
            duration(time)
        ),
    })
}

/// Adds the spans that wait for others of their name, and returns them.
fn contended(forest: &Forest<'_>, findings: &mut Vec<Finding>) -> FxHashSet<usize> {
    let mut groups: FxHashMap<(&str, &str), Vec<usize>> = FxHashMap::default();
    for trace in forest.traces() {
        for index in &trace.spans {
            let span = forest.span(*index);
            // Only its own time may be that of a lock.
            let waits = forest.self_time(*index) >= LEAST.max(span.duration() / 2);
            let profile = Profile::of(span);
            let is_starved = profile.max_scheduled >= span.duration() / 2;
            let computes = profile
                .busy
                .or(profile.cpu)
                .is_some_and(|time| time >= span.duration() / 2);
            if waits && !is_starved && !computes && span.start > 0 {
                let group = groups
                    .entry((forest.recording().service(span), &span.name))
                    .or_default();
                if group.len() < MOST_WAITERS {
                    group.push(*index);
                }
            }
        }
    }
    let of_trace: FxHashMap<_, _> = forest
        .traces()
        .iter()
        .map(|trace| (trace.id, (trace.duration() / PART).max(LEAST)))
        .collect();
    let least = |index: usize| {
        of_trace
            .get(&forest.span(index).trace)
            .copied()
            .unwrap_or(LEAST)
    };
    let mut found = FxHashSet::default();
    for group in groups.into_values() {
        for cluster in clusters(forest, group) {
            let Some(hold) = hold_time(forest, &cluster) else {
                continue;
            };
            let count = cluster.len();
            for index in cluster {
                let span = forest.span(index);
                let time = forest.self_time(index).saturating_sub(hold);
                if time < least(index) {
                    continue;
                }
                found.insert(index);
                findings.push(Finding {
                    kind: CauseKind::ContendedLock,
                    span: index,
                    time,
                    message: format!(
                        "{} spans `{}` wait for each other: one ends every {}, as below a lock or in a pool of one",
                        count,
                        span.name,
                        duration(hold)
                    ),
                });
            }
        }
    }
    found
}

/// Spans that overlap, directly or through others, by start.
fn clusters(forest: &Forest<'_>, mut group: Vec<usize>) -> Vec<Vec<usize>> {
    group.sort_by_key(|index| forest.span(*index).start);
    let mut clusters: Vec<Vec<usize>> = Vec::new();
    let mut until = 0;
    for index in group {
        let span = forest.span(index);
        match clusters.last_mut() {
            Some(cluster) if span.start < until => cluster.push(index),
            _ => clusters.push(vec![index]),
        }
        until = span.end.max(until);
    }
    clusters.retain(|cluster| cluster.len() >= WAITERS);
    clusters
}

/// For how long each of these spans keeps the others waiting, if they wait for each other.
///
/// Below a lock the ends are as far from each other as the lock is held, however close the starts are. Spans that are
/// independent of each other end together if they start together.
fn hold_time(forest: &Forest<'_>, cluster: &[usize]) -> Option<u64> {
    let mut ends: Vec<u64> = cluster
        .iter()
        .map(|index| forest.span(*index).end)
        .collect();
    ends.sort_unstable();
    let mut steps: Vec<u64> = ends.windows(2).map(|ends| ends[1] - ends[0]).collect();
    steps.sort_unstable();
    let hold = percentile(&steps, 50);
    let longest = cluster
        .iter()
        .map(|index| forest.span(*index).duration())
        .max()?;
    let regular =
        percentile(&steps, 25) >= hold / 2 && percentile(&steps, 75) <= hold.saturating_mul(2);
    // The first one need not wait.
    let durations = cluster.iter().map(|index| forest.span(*index).duration());
    let is_staircase =
        durations.min()? <= hold.saturating_mul(2) && longest >= hold.saturating_mul(3);
    if hold == 0 || !regular || !is_staircase {
        return None;
    }
    // Calls that come as regularly as they end say nothing, unless each one begins because another one has ended.
    let starts: Vec<u64> = cluster
        .iter()
        .map(|index| forest.span(*index).start)
        .collect();
    let started_within = starts.last()? - starts.first()?;
    let ended_within = ends.last()? - ends.first()?;
    let follow = starts.iter().filter(|start| {
        let before = ends.partition_point(|end| end <= *start);
        let last = before.checked_sub(1).and_then(|at| ends.get(at));
        last.is_some_and(|end| *start - end <= hold / 10)
    });
    let closed = follow.count() * 4 >= starts.len() * 3;
    (started_within <= ended_within / 2 || closed).then_some(hold)
}
