//! Calls that a span makes one after the other: equal ones, those that failed before, and different ones.

use std::cmp::Reverse;

use floe_waterfall::duration;
use rustc_hash::FxHashMap;

use super::{CauseKind, Finding, LEAST, MS, busy};
use crate::forest::{Forest, Trace};
use crate::names::{names, normalized};
use crate::span::{Kind, Span};

/// The least part of its trace that a cause takes, as a divisor.
const OF_TRACE: u64 = 10;
/// The least number of equal calls, and the least time that those that are retried take.
const LOOP: usize = 5;
const RETRIED: (usize, u64) = (2, MS);
/// The least number of calls of different names, and the least time of each.
const SERIAL: (usize, u64) = (3, 20 * MS);
/// So many equal, tiny spans of a trace are reported, which take at most this time of their own, on average.
const MANY: usize = 1_000;
const TINY: u64 = 20_000;
/// The most names that a sentence lists, and the most characters of a statement.
const MOST_NAMES: usize = 5;
const LONGEST: usize = 80;

pub(super) fn calls(forest: &Forest<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for trace in forest.traces() {
        findings.extend(many(forest, trace));
        let enough = (trace.duration() / OF_TRACE).max(LEAST);
        let mut loops: FxHashMap<String, Vec<Finding>> = FxHashMap::default();
        for span in trace.spans.iter().copied() {
            for again in repeated(forest, span) {
                if again.cause.time >= enough {
                    findings.push(again);
                } else {
                    loops.entry(normalized(&forest.span(span).name)).or_default().push(again);
                }
            }
            findings.extend(serial(forest, span, enough.max(SERIAL.1)));
        }
        // A loop in each round of another one is short, and all of them are the trace.
        for short in loops.into_values() {
            if short.iter().map(|it| it.cause.time).fold(0, u64::saturating_add) >= enough {
                findings.extend(short);
            }
        }
    }
    findings
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
    let top = std::iter::successors(Some(first), |it| forest.parent(*it)).last()?;
    Some(Finding::new(CauseKind::RepeatedCalls, first, vec![(top, name.own)], message))
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
    /// The time between a call that failed and the next one.
    paused: u64,
}

impl Calls {
    fn add(&mut self, call: &Span) {
        // What overlaps is not repeated, but parallel.
        if call.start >= self.until {
            if self.last_failed {
                self.failed += 1;
                self.last = call.start;
                self.paused = self.paused.saturating_add(call.start - self.until);
            }
            self.last_failed = call.is_failure();
            if self.last_failed && self.failed == 0 {
                self.first_failed = call.start;
            }
            self.durations.push(call.duration());
            self.called = self.called.saturating_add(call.duration());
        }
        self.until = call.end.max(self.until);
    }

    fn finding(mut self, parent: &Span, index: usize, name: &str) -> Option<Finding> {
        let count = self.durations.len();
        let retried = self.last.saturating_sub(self.first_failed);
        // What is called again although it did not fail is no retry.
        if self.failed >= RETRIED.0 && self.failed + 1 == count && retried >= RETRIED.1 {
            let pauses = if self.paused < retried / 10 {
                String::new()
            } else {
                format!(", {} of it in pauses between them", duration(self.paused))
            };
            let message = format!(
                "`{}` calls {name} {count} times, because it failed {} times, which took {} until the last call{pauses}",
                parent.name,
                self.failed,
                duration(retried)
            );
            return Some(Finding::new(CauseKind::Retries, index, vec![(index, retried)], message));
        }
        // One call that is longer than the others is slow for a reason of its own.
        self.durations.sort_unstable();
        let median = self.durations.get(count.saturating_sub(1) / 2)?;
        let time = median.saturating_mul(count as u64).min(self.called);
        (count >= LOOP && time >= LEAST).then(|| {
            let took = duration(self.called);
            let message = format!(
                "`{}` calls {name} {count} times, one after the other, in {took}",
                parent.name
            );
            Finding::new(CauseKind::RepeatedCalls, index, vec![(index, time)], message)
        })
    }
}

/// The loops of a span. Ids in names and statements do not tell calls apart.
fn repeated(forest: &Forest<'_>, index: usize) -> Vec<Finding> {
    let children = forest.children(index);
    if children.len() < RETRIED.0 {
        return Vec::new();
    }
    let mut groups: FxHashMap<(String, Option<String>), Calls> = FxHashMap::default();
    for child in children {
        let child = forest.span(*child);
        let statement = child.statement().map(normalized);
        groups.entry((normalized(&child.name), statement)).or_default().add(child);
    }
    let mut statements: FxHashMap<String, usize> = FxHashMap::default();
    for (name, _) in groups.keys() {
        *statements.entry(name.clone()).or_default() += 1;
    }
    let found = groups.into_iter().filter_map(|((name, statement), calls)| {
        let is_one = statements.get(&name) == Some(&1);
        let name = match statement.filter(|it| !is_one && *it != name) {
            Some(statement) => {
                format!("`{name}` (`{}`)", statement.chars().take(LONGEST).collect::<String>())
            }
            None => format!("`{name}`"),
        };
        let finding = calls.finding(forest.span(index), index, &name)?;
        Some(Finding { about: name, ..finding })
    });
    let mut found: Vec<Finding> = found.collect();
    found.sort_by(|one, other| {
        (Reverse(one.cause.time), &one.cause.message)
            .cmp(&(Reverse(other.cause.time), &other.cause.message))
    });
    found
}

/// Whether a span waits: a call of another program, or what says that it did not work.
fn waits(span: &Span) -> bool {
    let is_call = matches!(span.kind, Kind::Client | Kind::Producer | Kind::Consumer);
    busy(span).map_or(is_call, |time| time <= span.duration() / 2)
}

/// Children that wait for long, one after the other, of different names.
fn serial(forest: &Forest<'_>, index: usize, least: u64) -> Option<Finding> {
    let children = forest.children(index).iter().map(|child| forest.span(*child));
    let long = children.filter(|child| child.duration() >= SERIAL.1 && waits(child));
    let long: Vec<&Span> = long.collect();
    let mut all: Vec<&str> = long.iter().map(|child| &*child.name).collect();
    all.dedup();
    if all.len() < SERIAL.0 || long.windows(2).any(|pair| pair[1].start < pair[0].end) {
        return None;
    }
    let sum = long.iter().map(|child| child.duration()).fold(0, u64::saturating_add);
    let longest = long.iter().map(|child| child.duration()).max()?;
    if sum - longest < least {
        return None;
    }
    let others = all.split_off(all.len().min(MOST_NAMES));
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
    Some(Finding::new(CauseKind::SerialCalls, index, vec![(index, sum - longest)], message))
}
