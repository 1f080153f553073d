//! Why traces took as long as they did: what spans say about their polls, their processor time, and each other.
//!
//! floe-telemetry records polls with `poll_profile` and processor time with `thread_cpu_time`; without them, only what
//! times and parents tell is found.

mod contention;

use std::cmp::Reverse;
use std::ops::RangeInclusive;

use floe_waterfall::duration;
use rustc_hash::FxHashMap;

use self::contention::{contended, longest_gap};
use crate::forest::{Forest, Trace};
use crate::names::{names, percentile};
use crate::span::{Span, Value};

/// What makes spans slow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum CauseKind {
    /// One poll of a future took long: it blocks or computes, and every task of its thread waits.
    LongPoll,
    /// A future was woken and polled much later, because the threads of its runtime were busy.
    StarvedTask,
    /// Spans of one name wait for each other, as below a lock or in a pool, or a span waits until another one ends that
    /// had begun before.
    ContendedLock,
    /// A future waited for long, no span below it says for what, and it was polled as soon as it was woken, if ever.
    LateWake,
    /// A function took more time than its thread computed: it was blocked, by a lock, a file or a sleep.
    Blocked,
    /// A span has many equal children, one after the other, or a trace has thousands of equal, tiny spans.
    RepeatedCalls,
    /// A span calls again what failed, and waits in between.
    Retries,
    /// A span waits for several others, one after the other.
    SerialCalls,
    /// A future is polled thousands of times, because it wakes itself instead of waiting.
    BusyWait,
    /// A function computed.
    Computing,
}

impl CauseKind {
    /// Returns its name in JSON: `long_poll`, `starved_task`, `contended_lock`, `late_wake`, `blocked`,
    /// `repeated_calls`, `retries`, `serial_calls`, `busy_wait` or
    /// `computing`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::LongPoll => "long_poll",
            Self::StarvedTask => "starved_task",
            Self::ContendedLock => "contended_lock",
            Self::LateWake => "late_wake",
            Self::Blocked => "blocked",
            Self::RepeatedCalls => "repeated_calls",
            Self::Retries => "retries",
            Self::SerialCalls => "serial_calls",
            Self::BusyWait => "busy_wait",
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
    /// The order of causes: whoever is held up by another span comes after it.
    rank: u64,
    message: String,
}

impl Finding {
    const fn new(kind: CauseKind, span: usize, time: u64, message: String) -> Self {
        Self {
            kind,
            span,
            time,
            rank: time,
            message,
        }
    }
}

/// What a span says about its polls and its processor time, in nanoseconds.
struct Profile {
    polls: u64,
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
            polls: number("poll_count").unwrap_or_default(),
            busy: number("busy_ns"),
            idle: number("idle_ns").unwrap_or_default(),
            scheduled: number("scheduled_ns").unwrap_or_default(),
            max_poll: number("max_poll_ns").unwrap_or_default(),
            max_scheduled: number("max_scheduled_ns").unwrap_or_default(),
            cpu: number("cpu_ns"),
        }
    }

    /// How long it waited until it was woken, on average.
    fn wait(&self) -> u64 {
        let waited = self.idle.saturating_sub(self.scheduled);
        // A future that was woken once may have been polled often, for others in its task.
        let is_once = self.scheduled == self.max_scheduled;
        let waits = if is_once {
            1
        } else {
            self.polls.saturating_sub(1)
        };
        waited / waits.max(1)
    }
}

/// A cause takes at least this part of its trace, as a divisor, and this time, in nanoseconds.
const PART: u64 = 10;
const LEAST: u64 = 1_000_000;
/// A poll is long from here on, in a trace of any length, because others wait, too.
const LONG_POLL: u64 = 5_000_000;
/// On a busy machine, who is woken waits for less.
const LONG_DELAY: u64 = 10_000_000;
/// Healthy calls of servers and disks take less, and so may any function.
const LONG_CALL: u64 = 20_000_000;
/// So many equal children, one after the other, are reported.
const REPEATED: usize = 5;
/// So many long calls of different names, one after the other, are reported.
const SERIAL: usize = 3;
/// So many equal, tiny spans of a trace are reported, which take at most this time of their own, on average.
const MANY: usize = 1_000;
const TINY: u64 = 20_000;
/// A future that is polled at least as often as `MANY`, and more often than this, does not wait.
const BUSY_WAIT: u64 = 100_000;
/// Who ends within this time of a wake may be the reason of it.
const AT_ONCE: u64 = 200_000;
/// That is said if chance would do it once in so many times.
const UNLIKELY: u64 = 20;
/// The most spans that one is compared with, for that and for the longest polls.
const MOST_COMPARED: usize = 1_000;
/// A name usually takes the median of so many spans; a span that takes so many times as long is unusual.
const USUAL: usize = 5;
const UNUSUAL: u64 = 5;

/// Returns what makes spans slow, what takes the most time in one span first. A cause takes at least a tenth of a trace.
///
/// Of nested spans that show the same, the innermost is named. A span that another one holds up comes after it.
#[must_use]
pub fn causes(forest: &Forest<'_>) -> Vec<Cause> {
    let mut findings = long_polls(forest);
    let polls = findings.iter().map(|finding| (finding.span, finding.time));
    let mut long_polls: Vec<_> = polls.collect();
    long_polls.sort_by_key(|(span, poll)| (Reverse(*poll), *span));
    long_polls.truncate(MOST_COMPARED);
    let (locks, queued) = contended(forest);
    findings.extend(locks);
    let ends = Ends::of(forest);
    for trace in forest.traces() {
        let least = (trace.duration() / PART).max(LEAST);
        findings.extend(many(forest, trace));
        let mut loops: FxHashMap<&str, Vec<Finding>> = FxHashMap::default();
        for span in trace.spans.iter().copied() {
            findings.extend(starved(forest, span, least, &long_polls));
            let again = repeated(forest, span, LEAST);
            let is_short = again.as_ref().is_some_and(|it| it.time < least);
            let retries = again
                .as_ref()
                .is_some_and(|it| it.kind == CauseKind::Retries && !is_short);
            if is_short {
                let of_name = loops.entry(&forest.span(span).name).or_default();
                of_name.extend(again);
            } else {
                findings.extend(again);
            }
            findings.extend(serial(forest, span, least));
            if !queued.contains(&span) && !retries {
                findings.extend(waiting(forest, span, least, &long_polls, &ends));
            }
        }
        // A loop in each round of another one is short, and all of them are the trace.
        for short in loops.into_values() {
            if short.iter().map(|it| it.time).fold(0, u64::saturating_add) >= least {
                findings.extend(short);
            }
        }
    }
    by_name(forest, findings)
}

/// The findings of spans with the same name as one cause, in order.
fn by_name(forest: &Forest<'_>, findings: Vec<Finding>) -> Vec<Cause> {
    let mut causes: FxHashMap<(CauseKind, &str, &str), (Cause, u64)> = FxHashMap::default();
    for finding in findings {
        let span = forest.span(finding.span);
        let key = (finding.kind, forest.recording().service(span), &*span.name);
        let (cause, rank) = causes.entry(key).or_insert_with(|| {
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
        if finding.rank > *rank || cause.message.is_empty() {
            *rank = finding.rank;
            cause.span = finding.span;
            cause.message = finding.message;
        }
    }
    let usual: FxHashMap<_, _> = names(forest, 0..forest.recording().spans.len())
        .into_iter()
        .filter(|name| name.count >= USUAL)
        .map(|name| ((name.service, name.name), name.p50))
        .collect();
    let mut causes: Vec<_> = causes
        .into_iter()
        .map(|((kind, service, name), (mut cause, rank))| {
            let is_its_own = matches!(
                kind,
                CauseKind::LongPoll
                    | CauseKind::LateWake
                    | CauseKind::Blocked
                    | CauseKind::Computing
            );
            if let Some(usual) = usual.get(&(service, name))
                && is_its_own
                && forest.span(cause.span).duration() / UNUSUAL >= *usual
            {
                let usual = format!("; `{name}` usually takes {}", duration(*usual));
                cause.message.push_str(&usual);
            }
            (cause, rank)
        })
        .collect();
    causes.sort_by_key(|(cause, rank)| (Reverse(*rank), cause.kind, cause.span));
    causes.into_iter().map(|(cause, _)| cause).collect()
}

/// Whether a child says at least half of it, too.
fn is_below(forest: &Forest<'_>, span: usize, time: u64, of: impl Fn(&Profile) -> u64) -> bool {
    let mut children = forest.children(span).iter();
    children.any(|child| of(&Profile::of(forest.span(*child))) >= time / 2)
}

/// The long polls, of which one that is not so long has to be usual for its name, or to compute. Else its thread may have
/// waited for a processor.
fn long_polls(forest: &Forest<'_>) -> Vec<Finding> {
    let mut of_name: FxHashMap<(&str, &str), (usize, Vec<Finding>)> = FxHashMap::default();
    for trace in forest.traces() {
        for index in &trace.spans {
            let span = forest.span(*index);
            let key = (forest.recording().service(span), &*span.name);
            let (spans, found) = of_name.entry(key).or_default();
            *spans += 1;
            found.extend(long_poll(forest, *index));
        }
    }
    let groups = of_name.into_values().flat_map(|(spans, mut found)| {
        let is_usual = found.len() * 2 >= spans && found.len() >= USUAL;
        found.retain(|finding| {
            let profile = Profile::of(forest.span(finding.span));
            let busy = profile.busy.unwrap_or_default();
            let computes = profile.cpu.is_some_and(|cpu| cpu >= busy / 2);
            is_usual || computes || finding.time >= LONG_CALL || busy / 2 >= finding.time
        });
        found
    });
    groups.collect()
}

fn long_poll(forest: &Forest<'_>, index: usize) -> Option<Finding> {
    let span = forest.span(index);
    let profile = Profile::of(span);
    let longest = profile.max_poll;
    if longest < LONG_POLL || is_below(forest, index, longest, |below| below.max_poll) {
        return None;
    }
    let children = || {
        forest
            .children(index)
            .iter()
            .map(|child| forest.span(*child))
    };
    // What ran inside of the poll is a function without polls of its own, or futures that are polled one by one.
    let inside = children()
        .filter(|child| Profile::of(child).busy.is_none())
        .filter(|child| (longest / 2..=longest).contains(&child.duration()))
        .max_by_key(|child| child.duration());
    let polled: Vec<_> = children().filter_map(|it| Profile::of(it).busy).collect();
    let below = polled.iter().copied().fold(0, u64::saturating_add);
    let place = if let Some(inside) = inside {
        format!("`{}`, in `{}`,", span.name, inside.name)
    } else if polled.len() >= REPEATED && below >= profile.busy.unwrap_or_default() / 2 {
        format!(
            "`{}`, one task with {} spans below it,",
            span.name,
            polled.len()
        )
    } else {
        format!("`{}`", span.name)
    };
    let what = match (profile.cpu, profile.busy) {
        (Some(cpu), Some(busy)) if cpu >= busy / 2 => "computes",
        (Some(cpu), Some(busy)) if cpu < busy / 10 => "blocks its thread",
        (Some(_), Some(_)) => "blocks its thread, or has no processor on a busy machine,",
        _ => "blocks or computes",
    };
    let computed = match (profile.cpu, profile.busy) {
        (Some(cpu), Some(busy)) if (busy / 10..busy / 2).contains(&cpu) => {
            format!(
                "; of {} in polls it computed for {}",
                duration(busy),
                duration(cpu)
            )
        }
        _ => String::new(),
    };
    let message = format!(
        "{place} {what} inside of async code: one poll took {}, in which no other task of the thread ran{computed}",
        duration(longest)
    );
    Some(Finding::new(CauseKind::LongPoll, index, longest, message))
}

fn starved(
    forest: &Forest<'_>,
    index: usize,
    least: u64,
    long_polls: &[(usize, u64)],
) -> Option<Finding> {
    let span = forest.span(index);
    let profile = Profile::of(span);
    if is_busy_waiting(span, &profile) {
        return None;
    }
    let delay = profile.scheduled.max(profile.max_scheduled);
    if delay < least.max(LONG_DELAY)
        || is_below(forest, index, delay, |below| {
            below.scheduled.max(below.max_scheduled)
        })
    {
        return None;
    }
    let culprit = culprit(
        forest,
        index,
        profile.max_scheduled / 2..=u64::MAX,
        long_polls,
    );
    let by = culprit.map_or_else(
        || {
            "other tasks: many short polls, work without a span, or other programs of the machine"
                .to_owned()
        },
        |(other, poll)| {
            format!(
                "`{}`, whose longest poll took {}",
                forest.span(other).name,
                duration(poll)
            )
        },
    );
    let message = format!(
        "`{}` was woken and waited {} for a thread, which was busy with {by}",
        span.name,
        duration(delay)
    );
    Some(Finding {
        rank: culprit.map_or(delay, |(_, poll)| poll.min(delay)),
        ..Finding::new(CauseKind::StarvedTask, index, delay, message)
    })
}

/// The span of the same program with a poll of about this time while another one ran, and that time.
fn culprit(
    forest: &Forest<'_>,
    index: usize,
    about: RangeInclusive<u64>,
    long_polls: &[(usize, u64)],
) -> Option<(usize, u64)> {
    let span = forest.span(index);
    let others = long_polls.iter().copied();
    others
        .filter(|(other, poll)| *other != index && about.contains(poll))
        .filter(|(other, _)| {
            let other = forest.span(*other);
            other.start < span.end && span.start < other.end && is_same_program(forest, span, other)
        })
        .max_by_key(|(_, poll)| *poll)
}

fn is_same_program(forest: &Forest<'_>, one: &Span, other: &Span) -> bool {
    let source = |span: &Span| forest.recording().source(span.source);
    one.source == other.source
        || source(one).map(|it| &it.resource) == source(other).map(|it| &it.resource)
}

/// A span that waits, blocks or computes itself.
fn waiting(
    forest: &Forest<'_>,
    index: usize,
    least: u64,
    long_polls: &[(usize, u64)],
    ends: &Ends,
) -> Option<Finding> {
    let span = forest.span(index);
    let profile = Profile::of(span);
    let own = forest.self_time(index);
    if own < least {
        return None;
    }
    if is_busy_waiting(span, &profile) {
        let message = format!(
            "`{}` was polled {} times, once in {}: it wakes itself instead of waiting, or is woken for little",
            span.name,
            profile.polls,
            duration(span.duration() / profile.polls.max(1))
        );
        return Some(Finding::new(CauseKind::BusyWait, index, own, message));
    }
    if profile.busy.is_some() {
        let time = profile.idle.saturating_sub(profile.scheduled).min(own);
        // A future that was ready at once has not waited, and who waits for a thread is woken late, too.
        let is_ready = profile.polls == 1 && !is_cancelled(span);
        if is_ready || time < least || profile.scheduled >= (time / 2).max(LONG_POLL) {
            return None;
        }
        // A runtime whose thread is busy wakes nobody: neither timers nor sockets.
        let wait = profile.wait();
        let about = (wait / 2).max(LEAST)..=wait.saturating_mul(4);
        if let Some((other, poll)) = culprit(forest, index, about, long_polls) {
            let message = format!(
                "`{}` waited {} to be woken, while a thread was busy with `{}`, whose longest poll took {}",
                span.name,
                duration(time),
                forest.span(other).name,
                duration(poll)
            );
            return Some(Finding {
                rank: poll.min(time),
                ..Finding::new(CauseKind::StarvedTask, index, time, message)
            });
        }
        // A future that is polled again and again works, or ends a loop of its own.
        if time < LONG_CALL || wait < LONG_POLL {
            return None;
        }
        return Some(late(forest, index, time, &profile, ends));
    }
    let cpu = profile.cpu?;
    let below = forest.children(index).iter();
    let below: u64 = below
        .filter_map(|child| Profile::of(forest.span(*child)).cpu)
        .fold(0, u64::saturating_add);
    let computed = cpu.saturating_sub(below).min(own);
    let blocked = own - computed;
    let least = least.max(LONG_CALL);
    if blocked >= least && blocked / 2 >= computed {
        let (kind, by) = match held_up(forest, index, ends) {
            Some((other, true)) => (CauseKind::ContendedLock, format!(": it was blocked{}", until(forest, other, true))),
            _ if computed >= own / 10 => (
                CauseKind::Blocked,
                ": it was blocked by a lock, a file, the network or a sleep, or had no processor on a busy machine".to_owned(),
            ),
            _ => (
                CauseKind::Blocked,
                ": it was blocked by a lock, a file, the network or a sleep".to_owned(),
            ),
        };
        let message = format!(
            "`{}` took {} itself and computed for {}{by}",
            span.name,
            duration(own),
            duration(computed)
        );
        return Some(Finding::new(kind, index, blocked, message));
    }
    (computed >= least).then(|| {
        let of = if blocked < computed / 2 {
            String::new()
        } else {
            format!(" of {}", duration(own))
        };
        let message = format!("`{}` computed for {}{of}", span.name, duration(computed));
        Finding::new(CauseKind::Computing, index, computed, message)
    })
}

fn is_busy_waiting(span: &Span, profile: &Profile) -> bool {
    let busy = profile.busy.unwrap_or_default();
    let worked = busy.saturating_add(profile.scheduled);
    span.duration() >= LONG_CALL
        && usize::try_from(profile.polls).is_ok_and(|polls| polls >= MANY)
        && span.duration() / profile.polls <= BUSY_WAIT
        && worked >= span.duration() / 2
}

/// A future that waited for long, and was woken late or never.
fn late(forest: &Forest<'_>, index: usize, time: u64, profile: &Profile, ends: &Ends) -> Finding {
    let span = forest.span(index);
    let waited = format!("`{}` waited {}", span.name, duration(time));
    if profile.scheduled == 0 {
        let why = if is_cancelled(span) {
            ", and was given up: what it waited for did not happen, or nothing called its waker"
        } else {
            " itself, but went on when another future of its task was: perhaps nothing called its waker"
        };
        let message = format!("{waited} and was never woken{why}");
        return Finding::new(CauseKind::LateWake, index, time, message);
    }
    if let Some((other, is_held)) = held_up(forest, index, ends) {
        let kind = if is_held {
            CauseKind::ContendedLock
        } else {
            CauseKind::LateWake
        };
        let message = format!("{waited}{}", until(forest, other, is_held));
        // What has a lock for long waits or works itself, and is the second cause; a task is the first one.
        let other = forest.span(other).duration();
        let rank = if is_held {
            time.max(other)
        } else {
            time.min(other / 5 * 4)
        };
        return Finding {
            rank,
            ..Finding::new(kind, index, time, message)
        };
    }
    let message = format!(
        "{waited} for what no span below it shows: a slow answer, a timer, a late waker, or a runtime that was blocked; it was polled {} after it was woken",
        duration(profile.max_scheduled)
    );
    Finding::new(CauseKind::LateWake, index, time, message)
}

fn is_cancelled(span: &Span) -> bool {
    span.attribute("floe.cancelled") == Some(&Value::Bool(true))
}

/// What a span waited for.
fn until(forest: &Forest<'_>, other: usize, is_held: bool) -> String {
    let name = &forest.span(other).name;
    if is_held {
        format!(
            " until `{name}` ended, which had begun before, as for a lock, a connection or a result of this one"
        )
    } else {
        format!(
            " until `{name}` ended, which began at the same time, as for a task that it has spawned"
        )
    }
}

/// All spans by their end.
struct Ends(Vec<(u64, usize)>);

impl Ends {
    fn of(forest: &Forest<'_>) -> Self {
        let spans = forest.recording().spans.iter().enumerate();
        let mut ends: Vec<_> = spans.map(|(index, span)| (span.end, index)).collect();
        ends.sort_unstable();
        Self(ends)
    }

    fn between(&self, from: u64, to: u64) -> &[(u64, usize)] {
        let first = self.0.partition_point(|(end, _)| *end < from);
        let after = self.0.partition_point(|(end, _)| *end <= to);
        self.0.get(first..after).unwrap_or_default()
    }
}

/// The span that ended when another one was woken, and ran while that one waited. The second value says
/// whether it had begun before that one waited, so that it may have held what the other one needed; if not, it has
/// begun when the other one began to wait, in a trace of its own, as a task does that is spawned.
///
/// Who lets a future go on does so in its last poll, or has ended just before. What was woken by the same event, such as
/// the end of a long poll, or by the future itself, ends later than that.
fn held_up(forest: &Forest<'_>, index: usize, ends: &Ends) -> Option<(usize, bool)> {
    let span = forest.span(index);
    let (from, to) = longest_gap(forest, index);
    let wait = to - from;
    let profile = Profile::of(span);
    let (woken, before, after) = match profile.busy {
        Some(_) => (to.saturating_sub(profile.max_scheduled), AT_ONCE, AT_ONCE),
        // A thread does not say when it was woken.
        None => (to, AT_ONCE * 3, 0),
    };
    let stagger = (wait / 50).max(LEAST);
    let began_before = |other: usize| forest.span(other).start.saturating_add(stagger) <= from;
    // Where many spans end all the time, one ends just then by chance.
    let meanwhile = ends.between(from, to);
    let step = meanwhile.len().div_ceil(MOST_COMPARED).max(1);
    let sample = meanwhile.iter().step_by(step);
    let others = sample.filter(|(_, other)| began_before(*other)).count() * step;
    if u64::try_from(others).ok()?.saturating_mul(before + after) > wait / UNLIKELY {
        return None;
    }
    let near = ends
        .between(woken.saturating_sub(before), woken.saturating_add(after))
        .iter();
    near.take(MOST_COMPARED)
        .filter_map(|(end, other)| {
            let it = forest.span(*other);
            let together = end.saturating_sub(it.start.max(from));
            let is_before = began_before(*other);
            let is_spawned = it.start >= from
                && it.start - from <= stagger
                && forest.parent(*other).is_none()
                && it.trace != span.trace;
            let is_it = *other != index
                && together >= wait / 5 * 4
                && (is_before || is_spawned)
                && end.saturating_sub(woken) <= last_poll(it)
                && it.name != span.name
                && is_same_program(forest, it, span)
                && !is_above(forest, *other, index)
                && !is_above(forest, index, *other);
            is_it.then_some((it.start, *other, is_before))
        })
        .min()
        .map(|(_, other, is_before)| (other, is_before))
}

/// The longest that the last poll of a future took, or what is like it in a function.
fn last_poll(span: &Span) -> u64 {
    let profile = Profile::of(span);
    profile.busy.map_or(AT_ONCE, |_| profile.max_poll)
}

/// Whether a span is an ancestor of another one.
fn is_above(forest: &Forest<'_>, above: usize, below: usize) -> bool {
    let mut ancestors = std::iter::successors(forest.parent(below), |it| forest.parent(*it));
    forest.span(above).trace == forest.span(below).trace && ancestors.any(|it| it == above)
}

/// Thousands of tiny spans of one name that make up a trace.
fn many(forest: &Forest<'_>, trace: &Trace) -> Option<Finding> {
    if trace.spans.len() < MANY || trace.duration() < LEAST {
        return None;
    }
    let names = names(forest, trace.spans.iter().copied());
    // The one with the most time of its own is the first.
    let name = names.first()?;
    let each = name.own / u64::try_from(name.count).ok()?.max(1);
    if name.count < MANY || each > TINY || name.own < trace.duration() / 2 {
        return None;
    }
    let mut spans = trace.spans.iter().copied();
    let first = spans.find(|span| &*forest.span(*span).name == name.name)?;
    let message = format!(
        "`{}` is called {} times in one trace and takes {} each, of which much may be the cost of its spans",
        name.name,
        name.count,
        duration(each)
    );
    Some(Finding::new(
        CauseKind::RepeatedCalls,
        first,
        name.own,
        message,
    ))
}

/// Equal children, one after the other.
#[derive(Default)]
struct Calls {
    durations: Vec<u64>,
    /// How many failed that another one followed, and when the first one began, and the last one.
    failed: usize,
    first_failed: u64,
    last: u64,
    last_failed: bool,
    until: u64,
    called: u64,
}

fn repeated(forest: &Forest<'_>, index: usize, least: u64) -> Option<Finding> {
    let children = forest.children(index);
    let mut groups: FxHashMap<&str, Calls> = FxHashMap::default();
    for child in children {
        let child = forest.span(*child);
        let calls = groups.entry(&child.name).or_default();
        // What overlaps is not repeated, but parallel.
        if child.start >= calls.until {
            if calls.last_failed {
                calls.failed += 1;
                calls.last = child.start;
            }
            if child.is_error() && calls.failed == 0 {
                calls.first_failed = child.start;
            }
            calls.last_failed = child.is_error();
            calls.durations.push(child.duration());
            calls.called = calls.called.saturating_add(child.duration());
        }
        calls.until = child.end.max(calls.until);
    }
    let found = groups.into_iter().filter_map(|(name, mut calls)| {
        let count = calls.durations.len();
        let retried = calls.last.saturating_sub(calls.first_failed);
        // What is called again although it did not fail is no retry.
        if calls.failed >= 2 && calls.failed + 1 == count && retried >= least {
            let message = format!(
                "`{}` calls `{name}` {count} times, because it failed {} times, which took {} until the last call",
                forest.span(index).name,
                calls.failed,
                duration(retried)
            );
            return Some((retried, name, CauseKind::Retries, message));
        }
        // One call that is longer than the others is slow for a reason of its own.
        calls.durations.sort_unstable();
        let usual = percentile(&calls.durations, 50);
        let time = usual.saturating_mul(u64::try_from(count).ok()?).min(calls.called);
        (count >= REPEATED && time >= least).then(|| {
            let message = format!(
                "`{}` calls `{name}` {count} times, one after the other, in {}",
                forest.span(index).name,
                duration(calls.called)
            );
            (time, name, CauseKind::RepeatedCalls, message)
        })
    });
    let (time, _, kind, message) = found.max_by_key(|(time, name, ..)| (*time, Reverse(*name)))?;
    Some(Finding::new(kind, index, time, message))
}

/// Children that wait for long, one after the other, of different names.
fn serial(forest: &Forest<'_>, index: usize, least: u64) -> Option<Finding> {
    let long: Vec<&Span> = (forest.children(index).iter())
        .map(|child| forest.span(*child))
        .filter(|child| child.duration() >= LONG_CALL)
        .filter(|child| {
            let profile = Profile::of(child);
            let worked = profile.busy.or(profile.cpu);
            worked.is_some_and(|time| time <= child.duration() / 2)
        })
        .collect();
    let mut all: Vec<&str> = long.iter().map(|child| &*child.name).collect();
    all.dedup();
    if all.len() < SERIAL || long.windows(2).any(|pair| pair[1].start < pair[0].end) {
        return None;
    }
    let sum = (long.iter().map(|child| child.duration())).fold(0, u64::saturating_add);
    let longest = long.iter().map(|child| child.duration()).max()?;
    if sum - longest < least {
        return None;
    }
    let others = all.split_off(all.len().min(5));
    let mut all: Vec<String> = all.iter().map(|name| format!("`{name}`")).collect();
    all.extend((!others.is_empty()).then(|| format!("{} others", others.len())));
    let final_one = all.pop()?;
    let message = format!(
        "`{}` waits for {} and {final_one} one after the other, {}: if none needs the result of another, all at once take {}",
        forest.span(index).name,
        all.join(", "),
        duration(sum),
        duration(longest)
    );
    Some(Finding {
        rank: sum,
        ..Finding::new(CauseKind::SerialCalls, index, sum - longest, message)
    })
}
