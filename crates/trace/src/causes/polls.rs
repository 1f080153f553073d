//! What spans say about their polls and their processor time: futures that block, wait or are late, and functions.

use std::cmp::Reverse;
use std::ops::RangeInclusive;

use floe_waterfall::duration;
use rustc_hash::{FxHashMap, FxHashSet};

use super::contention::longest_gap;
use super::{Cause, CauseKind, Finding, LEAST, Name, is_above, least, name};
use crate::forest::Forest;
use crate::span::{Span, Value};

/// A shorter poll is usual for its name, or computes. Else its thread may have waited for a processor.
const LONG_POLL: u64 = 20_000_000;
/// A future that is polled more often than this does not wait.
const BUSY_WAIT: u64 = 100_000;
/// A wait is long from here on, whatever its name usually takes; a shorter one is short from here on.
const LONG_WAIT: u64 = 80_000_000;
const SHORT_WAIT: u64 = 5_000_000;
/// A future that waits more often works, or is an interval.
const MOST_WAITS: u64 = 8;
/// Who ends within this time of a wake may be the reason of it, if chance would do so once in so many times.
const AT_ONCE: u64 = 200_000;
const UNLIKELY: u64 = 50;
/// The most spans that one is compared with, for that and for the longest polls.
const MOST_COMPARED: usize = 1_000;

/// What a span says about its polls and its processor time, in nanoseconds.
pub(super) struct Profile {
    polls: u64,
    pub(super) busy: Option<u64>,
    idle: u64,
    scheduled: u64,
    max_poll: u64,
    pub(super) max_scheduled: u64,
    pub(super) cpu: Option<u64>,
}

impl Profile {
    pub(super) fn of(span: &Span) -> Self {
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

    /// How often it waited to be woken.
    const fn waits(&self) -> u64 {
        // A future that was woken once may have been polled often, for others in its task.
        let is_once = self.scheduled == self.max_scheduled || self.polls < 2;
        if is_once { 1 } else { self.polls - 1 }
    }

    /// How long it waited until it was woken, on average.
    const fn wait(&self) -> u64 {
        self.idle.saturating_sub(self.scheduled) / self.waits()
    }

    fn is_busy_waiting(&self, span: &Span) -> bool {
        let rule = CauseKind::BusyWait.rule();
        let worked = self.busy.unwrap_or_default().saturating_add(self.scheduled);
        span.duration() >= rule.time
            && usize::try_from(self.polls).is_ok_and(|polls| polls >= rule.count)
            && span.duration() / self.polls <= BUSY_WAIT
            && worked >= span.duration() / 2
    }
}

/// The spans whose polls or processor time is a cause, but for the names that wait for each other.
pub(super) fn polls(forest: &Forest<'_>, queues: &FxHashSet<Name<'_>>) -> Vec<Finding> {
    let mut findings = long_polls(forest);
    let polls = findings.iter().map(|it| (it.cause.span, it.cause.time));
    let mut longest: Vec<_> = polls.collect();
    longest.sort_by_key(|(span, poll)| (Reverse(*poll), *span));
    longest.truncate(MOST_COMPARED);
    let ends = Ends::of(forest);
    let program = Program { forest, ends, longest };
    for trace in forest.traces() {
        for span in trace.spans.iter().copied() {
            findings.extend(program.starved(span, trace.duration()));
            if !queues.contains(&name(forest, span)) {
                findings.extend(program.waiting(span, trace.duration()));
            }
        }
    }
    findings
}

/// Whether a wait needs no comparison with others of its name.
pub(super) fn is_late_anyway(cause: &Cause) -> bool {
    cause.time / u64::try_from(cause.spans).unwrap_or(u64::MAX) >= LONG_WAIT
}

/// Whether a child says at least half of it, too.
fn is_below(forest: &Forest<'_>, span: usize, time: u64, of: impl Fn(&Profile) -> u64) -> bool {
    let mut children = forest.children(span).iter();
    children.any(|child| of(&Profile::of(forest.span(*child))) >= time / 2)
}

fn long_polls(forest: &Forest<'_>) -> Vec<Finding> {
    let mut of_name: FxHashMap<Name<'_>, (usize, Vec<Finding>)> = FxHashMap::default();
    for index in 0..forest.recording().spans.len() {
        let (spans, found) = of_name.entry(name(forest, index)).or_default();
        *spans += 1;
        found.extend(long_poll(forest, index));
    }
    let groups = of_name.into_values().flat_map(|(spans, mut found)| {
        let is_usual = found.len() * 2 >= spans && found.len() >= CauseKind::LongPoll.rule().count;
        found.retain(|finding| {
            let profile = Profile::of(forest.span(finding.cause.span));
            let busy = profile.busy.unwrap_or_default();
            let time = finding.cause.time;
            let computes = profile.cpu.is_some_and(|cpu| cpu >= busy / 2);
            is_usual || computes || time >= LONG_POLL || busy / 2 >= time
        });
        found
    });
    groups.collect()
}

fn long_poll(forest: &Forest<'_>, index: usize) -> Option<Finding> {
    let span = forest.span(index);
    let profile = Profile::of(span);
    let longest = profile.max_poll;
    let rule = CauseKind::LongPoll.rule();
    if longest < rule.time || is_below(forest, index, longest, |below| below.max_poll) {
        return None;
    }
    let children = forest.children(index).iter().map(|it| forest.span(*it));
    // What ran inside of the poll is a function without polls of its own, or futures that are polled one by one.
    let functions = children.clone().filter(|it| Profile::of(it).busy.is_none());
    let inside = functions.filter(|it| (longest / 2..=longest).contains(&it.duration()));
    let polled: Vec<_> = children.filter_map(|it| Profile::of(it).busy).collect();
    let below = polled.iter().copied().fold(0, u64::saturating_add);
    let place = if let Some(inside) = inside.max_by_key(|it| it.duration()) {
        format!("`{}`, in `{}`,", span.name, inside.name)
    } else if polled.len() >= rule.count && below >= profile.busy.unwrap_or_default() / 2 {
        format!("`{}`, one task with {} spans below it,", span.name, polled.len())
    } else {
        format!("`{}`", span.name)
    };
    let (what, computed) = match (profile.cpu, profile.busy) {
        (Some(cpu), Some(busy)) if cpu >= busy / 2 => ("computes", String::new()),
        (Some(cpu), Some(busy)) if cpu < busy / 10 => ("blocks its thread", String::new()),
        (Some(cpu), Some(busy)) => (
            "blocks its thread, or has no processor on a busy machine,",
            format!("; of {} in polls it computed for {}", duration(busy), duration(cpu)),
        ),
        _ => ("blocks or computes", String::new()),
    };
    let message = CauseKind::LongPoll.say(&[&place, &what, &duration(longest), &computed]);
    Some(Finding::new(CauseKind::LongPoll, index, longest, message))
}

/// The spans of a file, with the longest polls and the ends.
struct Program<'a> {
    forest: &'a Forest<'a>,
    ends: Ends,
    longest: Vec<(usize, u64)>,
}

impl Program<'_> {
    fn starved(&self, index: usize, trace: u64) -> Option<Finding> {
        let span = self.forest.span(index);
        let profile = Profile::of(span);
        let delay = profile.scheduled.max(profile.max_scheduled);
        let of = |below: &Profile| below.scheduled.max(below.max_scheduled);
        if delay < least(CauseKind::StarvedTask, trace)
            || profile.is_busy_waiting(span)
            || is_below(self.forest, index, delay, of)
        {
            return None;
        }
        let culprit = self.culprit(index, profile.max_scheduled / 2..=u64::MAX);
        let by = culprit.map_or_else(
            || "other tasks: many short polls, work without a span, or other programs of the machine".to_owned(),
            |(other, poll)| format!("`{}`, whose longest poll took {}", self.forest.span(other).name, duration(poll)),
        );
        let message = CauseKind::StarvedTask.say(&[&span.name, &duration(delay), &by]);
        let rank = culprit.map_or(delay, |(_, poll)| poll.min(delay));
        Some(Finding::new(CauseKind::StarvedTask, index, delay, message).ranked(rank))
    }

    /// The span of the same program with a poll of about this time while another one ran, and that time.
    fn culprit(&self, index: usize, about: RangeInclusive<u64>) -> Option<(usize, u64)> {
        let span = self.forest.span(index);
        let others = self.longest.iter().copied();
        let others = others.filter(|(other, poll)| *other != index && about.contains(poll));
        let others = others.filter(|(other, _)| {
            let other = self.forest.span(*other);
            let is_meanwhile = other.start < span.end && span.start < other.end;
            is_meanwhile && is_same_program(self.forest, span, other)
        });
        others.max_by_key(|(_, poll)| *poll)
    }

    /// A span that waits, blocks or computes itself.
    fn waiting(&self, index: usize, trace: u64) -> Option<Finding> {
        let span = self.forest.span(index);
        let profile = Profile::of(span);
        let own = self.forest.self_time(index);
        if profile.is_busy_waiting(span) {
            let each = duration(span.duration() / profile.polls.max(1));
            let message = CauseKind::BusyWait.say(&[&span.name, &profile.polls, &each]);
            let is_long = own >= least(CauseKind::BusyWait, trace);
            return is_long.then(|| Finding::new(CauseKind::BusyWait, index, own, message));
        }
        if profile.busy.is_some() {
            let time = profile.idle.saturating_sub(profile.scheduled).min(own);
            self.late(index, time, trace, &profile)
        } else {
            function(self.forest, index, profile.cpu?, least(CauseKind::Blocked, trace))
        }
    }

    /// A future that waited for long, and was woken late or never.
    fn late(&self, index: usize, time: u64, trace: u64, profile: &Profile) -> Option<Finding> {
        let span = self.forest.span(index);
        // A future that was ready at once has not waited, and who waits for a thread is woken late, too.
        let is_ready = profile.polls == 1 && !is_cancelled(span);
        let is_starved = profile.scheduled >= (time / 2).max(SHORT_WAIT);
        if is_ready || is_starved || time < (trace / 10).max(LEAST) {
            return None;
        }
        // A runtime whose thread is busy wakes nobody: neither timers nor sockets.
        let wait = profile.wait();
        let waited = duration(time);
        if let Some((other, poll)) =
            self.culprit(index, (wait / 2).max(LEAST)..=wait.saturating_mul(4))
        {
            let message = format!(
                "`{}` waited {waited} to be woken, while a thread was busy with `{}`, whose longest poll took {}",
                span.name,
                self.forest.span(other).name,
                duration(poll)
            );
            let finding = Finding::new(CauseKind::StarvedTask, index, time, message);
            return Some(finding.ranked(poll.min(time)));
        }
        if time < least(CauseKind::LateWake, trace)
            || wait < SHORT_WAIT
            || profile.waits() > MOST_WAITS
        {
            return None;
        }
        let why = if profile.scheduled == 0 && is_cancelled(span) {
            " and was never woken, and was given up: what it waited for did not happen, or nothing called its waker".to_owned()
        } else if profile.scheduled == 0 {
            " and was never woken itself, but went on when another future of its task was: perhaps nothing called its waker".to_owned()
        } else {
            match self.held_up(index) {
                // It waits for a task that says itself what it does.
                Some((_, false)) => return None,
                Some((other, true)) => {
                    let message =
                        CauseKind::LateWake.say(&[&span.name, &waited, &self.until(other)]);
                    // What has a lock for long waits or works itself, and is the second cause.
                    let rank = time.max(self.forest.span(other).duration());
                    return Some(
                        Finding::new(CauseKind::ContendedLock, index, time, message).ranked(rank),
                    );
                }
                None => format!(
                    " for what no span below it shows: a slow answer, a timer, a late waker, or a runtime that was blocked; it was polled {} after it was woken",
                    duration(profile.max_scheduled)
                ),
            }
        };
        let message = CauseKind::LateWake.say(&[&span.name, &waited, &why]);
        Some(Finding::new(CauseKind::LateWake, index, time, message))
    }

    fn until(&self, other: usize) -> String {
        let name = &self.forest.span(other).name;
        format!(
            " until `{name}` ended, which had begun before, as for a lock, a connection or a result of this one"
        )
    }

    /// The span that ended when another one was woken, and ran while that one waited. The second value says whether it
    /// had begun before, so that it may have held what the other one needed; else it is like a task that is waited for.
    fn held_up(&self, index: usize) -> Option<(usize, bool)> {
        let span = self.forest.span(index);
        let (from, to) = longest_gap(self.forest, index);
        let wait = to - from;
        let woken = to.saturating_sub(Profile::of(span).max_scheduled);
        let near = self.ends.between(woken.saturating_sub(AT_ONCE), woken.saturating_add(AT_ONCE));
        let holders = near.iter().take(MOST_COMPARED).filter(|(end, other)| {
            let it = self.forest.span(*other);
            // Who lets a future go on does so in its last poll. What was woken by the same event ends later than that.
            let profile = Profile::of(it);
            let last_poll = profile.busy.map_or(AT_ONCE, |_| profile.max_poll);
            end.saturating_sub(it.start.max(from)) >= wait / 5 * 4
                && end.saturating_sub(woken) <= last_poll
                && it.name != span.name
                && is_same_program(self.forest, it, span)
                && !is_above(self.forest, *other, index)
                && !is_above(self.forest, index, *other)
        });
        let other =
            holders.map(|(_, other)| *other).min_by_key(|it| self.forest.span(*it).start)?;
        // Where many spans end all the time, one ends just then by chance.
        let meanwhile = u64::try_from(self.ends.between(from, to).len()).ok()?;
        let is_unlikely = meanwhile.saturating_mul(AT_ONCE * 2) <= wait / UNLIKELY;
        let before = from.saturating_sub((wait / 50).max(LEAST));
        let began_before = self.forest.span(other).start <= before;
        Some((other, began_before && is_unlikely))
    }
}

/// A function that was blocked, or computed.
fn function(forest: &Forest<'_>, index: usize, cpu: u64, least: u64) -> Option<Finding> {
    let span = forest.span(index);
    let own = forest.self_time(index);
    let below = forest.children(index).iter();
    let below = below.filter_map(|child| Profile::of(forest.span(*child)).cpu);
    let computed = cpu.saturating_sub(below.fold(0, u64::saturating_add)).min(own);
    let blocked = own - computed;
    if blocked >= least && blocked / 2 >= computed {
        let busy =
            if computed >= own / 10 { ", or had no processor on a busy machine" } else { "" };
        let by = format!(": it was blocked by a lock, a file, the network or a sleep{busy}");
        let message =
            CauseKind::Blocked.say(&[&span.name, &duration(own), &duration(computed), &by]);
        return Some(Finding::new(CauseKind::Blocked, index, blocked, message));
    }
    (computed >= least).then(|| {
        let of =
            if blocked < computed / 2 { String::new() } else { format!(" of {}", duration(own)) };
        let message = CauseKind::Computing.say(&[&span.name, &duration(computed), &of]);
        Finding::new(CauseKind::Computing, index, computed, message)
    })
}

fn is_same_program(forest: &Forest<'_>, one: &Span, other: &Span) -> bool {
    let source = |span: &Span| forest.recording().source(span.source);
    one.source == other.source
        || source(one).map(|it| &it.resource) == source(other).map(|it| &it.resource)
}

fn is_cancelled(span: &Span) -> bool {
    span.attribute("floe.cancelled") == Some(&Value::Bool(true))
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
