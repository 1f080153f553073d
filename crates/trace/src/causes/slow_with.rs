//! What the slow spans of a name have that its quick ones do not have: an attribute, a host, a version, a parent, a
//! child, an event, or a place at the start of its process.

use std::collections::BTreeMap;

use floe_waterfall::duration;
use rustc_hash::FxHashMap;

use super::chance::{as_f64, fisher, outlier, risk_ratio};
use super::{CauseKind, Finding, Tested};
use crate::forest::Forest;
use crate::names::{normalized, percentile};
use crate::span::Value;

/// The slow spans take at least so many times as long as the others, by their medians, as (n, of n).
const TAIL: (u64, u64) = (3, 2);
/// One span that takes so many times the median of its name is told apart, without a test of what it has.
const OUTLIER: u64 = 4;
/// A value is in at least this part of the slow spans, as a divisor, and makes a span slow so many times as often.
const SUPPORT: usize = 5;
const RISK_RATIO: f64 = 1.5;
/// Values that are in nearly the same spans (as (n, of n)) are one finding, which names so many of them.
const TWINS: (usize, usize) = (19, 20);
const MOST_TWINS: usize = 3;
/// A key with more different values than this part of the spans is an id, or a number that is compared by its rank.
const IDS: usize = 2;
const NUMBERS: usize = 10;
/// So many spans of a process are its first ones.
const FIRST: usize = 5;
/// The most characters of a value.
const LONGEST: usize = 60;

/// A key, or what else is compared, and its value.
type Feature = (String, String);

const CHILD: &str = "a child";
const EVENT: &str = "an event";
const PARENT: &str = "the parent";
const START: &str = "the start";
/// The time that a profile measures is no reason of it.
const MEASURED: [&str; 8] = [
    "poll_count",
    "busy_ns",
    "idle_ns",
    "scheduled_ns",
    "max_poll_ns",
    "max_scheduled_ns",
    "cpu_ns",
    "queued_ns",
];

/// The names with a tail, each with what separates it best, and how likely chance does so. A tail has at least this part
/// of the time of the file.
pub(super) fn slow_with(forest: &Forest<'_>, least: u64) -> Vec<Tested> {
    let mut groups: BTreeMap<(&str, String), Vec<usize>> = BTreeMap::new();
    let mut plain: FxHashMap<&str, String> = FxHashMap::default();
    // Spans of a trace follow each other, so that they can be counted as one.
    for span in forest.traces().iter().flat_map(|trace| &trace.spans) {
        let it = forest.span(*span);
        let name = plain
            .entry(&it.name)
            .or_insert_with(|| normalized(&it.name))
            .clone();
        groups
            .entry((forest.recording().service(it), name))
            .or_default()
            .push(*span);
    }
    let groups = groups
        .into_iter()
        .filter(|(_, spans)| spans.len() >= CauseKind::SlowWith.rule().count);
    let found =
        groups.filter_map(|((_, name), spans)| Group::new(forest, &name, &spans).test(least));
    found.collect()
}

/// The spans of a name, and their durations in order.
struct Group<'a> {
    forest: &'a Forest<'a>,
    name: &'a str,
    spans: &'a [usize],
    sorted: Vec<u64>,
}

/// The spans from a duration on.
struct Tail {
    from: u64,
    slow: usize,
    usual: u64,
}

impl<'a> Group<'a> {
    fn new(forest: &'a Forest<'a>, name: &'a str, spans: &'a [usize]) -> Self {
        let mut sorted: Vec<u64> = spans.iter().map(|it| forest.span(*it).duration()).collect();
        sorted.sort_unstable();
        Self {
            forest,
            name,
            spans,
            sorted,
        }
    }

    fn test(&self, least: u64) -> Option<Tested> {
        let tails: Vec<Tail> = self.tails(least);
        let features = if tails.is_empty() {
            BTreeMap::new()
        } else {
            self.features()
        };
        let mut tried = 0;
        let mut best: Option<(f64, Finding)> = None;
        for tail in &tails {
            let Some((chance, finding)) = self.separated(tail, &features, &mut tried) else {
                continue;
            };
            if finding.cause.time >= least && best.as_ref().is_none_or(|it| chance < it.0) {
                best = Some((chance, finding));
            }
        }
        let best = best.map(|(chance, finding)| (chance * as_f64(tried), finding));
        best.into_iter()
            .chain(self.outlier(least))
            .min_by(|one, other| one.0.total_cmp(&other.0))
    }

    /// Two ways to tell slow spans from others by their durations alone: those far above the quartiles, and the upper one
    /// of two groups.
    fn tails(&self, least: u64) -> Vec<Tail> {
        let log = |it: &u64| fraction(*it).max(1.0).ln();
        let [low, high] = [25, 75].map(|it| log(&percentile(&self.sorted, it)));
        let far = (high - low).mul_add(1.5, high);
        let many = self.sorted.len();
        // Otsu's threshold of the logarithms.
        let all: f64 = self.sorted.iter().map(log).sum();
        let mut below = 0.0;
        let mut best = (0.0, many);
        for (at, it) in self.sorted.iter().enumerate() {
            if at > 0 && self.sorted.get(at - 1) != Some(it) {
                let (left, right) = (as_f64(at), as_f64(many - at));
                let between = left * right * ((all - below) / right - below / left).powi(2);
                if between > best.0 {
                    best = (between, at);
                }
            }
            below += log(it);
        }
        let mut splits = vec![self.sorted.partition_point(|it| log(it) <= far), best.1];
        splits.dedup();
        let tails = splits.into_iter().filter_map(|at| {
            let (others, slow) = self.sorted.split_at_checked(at)?;
            let usual = percentile(others, 50);
            let excess = slow
                .iter()
                .map(|it| it - usual)
                .fold(0, u64::saturating_add);
            let is_tail = percentile(slow, 50) / TAIL.0 >= usual / TAIL.1;
            (slow.len() >= SUPPORT && is_tail && excess >= least).then(|| Tail {
                from: slow[0],
                slow: slow.len(),
                usual,
            })
        });
        tails.collect()
    }

    /// The spans of each value, as their places in the group.
    fn features(&self) -> BTreeMap<Feature, Vec<usize>> {
        let mut keys: BTreeMap<String, BTreeMap<String, Vec<usize>>> = BTreeMap::new();
        let mut numbers: BTreeMap<String, Vec<(f64, usize)>> = BTreeMap::new();
        let mut started: FxHashMap<u32, usize> = FxHashMap::default();
        let mut by_start: Vec<usize> = (0..self.spans.len()).collect();
        by_start.sort_by_key(|at| self.forest.span(self.spans[*at]).start);
        for at in by_start {
            let span = self.forest.span(self.spans[at]);
            let mut add = |key: &str, value: String| {
                let values = keys.entry(key.to_owned()).or_default();
                let places = values.entry(value).or_default();
                if places.last() != Some(&at) {
                    places.push(at);
                }
            };
            let source = self.forest.recording().source(span.source);
            let resource = source.iter().flat_map(|it| &it.resource);
            for (key, value) in span
                .attributes
                .iter()
                .chain(resource)
                .filter(|it| !MEASURED.contains(&&*it.0))
            {
                add(key, value.to_string().chars().take(LONGEST).collect());
                let number = match value {
                    Value::Int(it) => it.to_string().parse().ok(),
                    Value::Double(it) => Some(*it),
                    _ => None,
                };
                numbers
                    .entry(key.to_string())
                    .or_default()
                    .extend(number.map(|it| (it, at)));
            }
            let parent = self.forest.parent(self.spans[at]);
            add(
                PARENT,
                parent.map_or_else(String::new, |it| normalized(&self.forest.span(it).name)),
            );
            for child in self.forest.children(self.spans[at]) {
                add(CHILD, normalized(&self.forest.span(*child).name));
            }
            for event in &span.events {
                add(EVENT, event.name.to_string());
            }
            let before = started.entry(span.source).or_default();
            *before += 1;
            if *before <= FIRST {
                add(START, FIRST.to_string());
            }
        }
        for (key, mut numbers) in numbers {
            numbers.sort_by(|one, other| one.0.total_cmp(&other.0));
            let values = keys.entry(key).or_default();
            if values.len() > NUMBERS {
                for part in [50, 75, 90, 95] {
                    let Some((least, _)) = numbers.get(numbers.len() * part / 100) else {
                        continue;
                    };
                    let above = numbers.iter().filter(|it| it.0 >= *least);
                    values.insert(format!("≥ {least}"), above.map(|it| it.1).collect());
                }
            }
        }
        let mut features = BTreeMap::new();
        for (key, values) in keys {
            let with: usize = values.values().map(Vec::len).sum();
            let is_id = values.len() * IDS > with && with > NUMBERS;
            for (value, mut places) in values {
                places.sort_unstable();
                let is_all = places.len() == self.spans.len();
                if !is_all && (!is_id || value.starts_with('≥')) {
                    features.insert((key.clone(), value), places);
                }
            }
        }
        features
    }

    /// The value that separates the slow ones best.
    fn separated(
        &self,
        tail: &Tail,
        features: &BTreeMap<Feature, Vec<usize>>,
        tried: &mut usize,
    ) -> Option<Tested> {
        let is_slow = |at: usize| self.forest.span(self.spans[at]).duration() >= tail.from;
        let mut best: Option<(f64, f64, &Feature)> = None;
        let slow_with = |places: &[usize]| places.iter().filter(|it| is_slow(**it)).count();
        for (feature, places) in features {
            let support = slow_with(places);
            if support < SUPPORT || support * SUPPORT < tail.slow {
                continue;
            }
            *tried += 1;
            let [slow_rows, slow, rows, all] = self.rows(places, &is_slow);
            let ratio = risk_ratio(slow_rows, slow, rows, all);
            let chance = fisher(slow_rows, slow, rows, all);
            if ratio >= RISK_RATIO
                && best.is_none_or(|it| chance < it.0 || chance <= it.0 && ratio > it.1)
            {
                best = Some((chance, ratio, feature));
            }
        }
        let (chance, _, feature) = best?;
        let places = features.get(feature)?;
        let support = slow_with(places);
        let slow = places
            .iter()
            .copied()
            .filter(|it| is_slow(*it))
            .map(|it| self.spans[it]);
        let longest = slow
            .clone()
            .max_by_key(|it| self.forest.span(*it).duration())?;
        let excess = slow
            .map(|it| self.forest.span(it).duration() - tail.usual)
            .fold(0, u64::saturating_add);
        let twins = features.iter().filter(|(_, it)| is_twin(places, it));
        let mut what: Vec<String> = twins.map(|(feature, _)| text(feature)).collect();
        let others = what.len().saturating_sub(MOST_TWINS);
        what.truncate(MOST_TWINS);
        what.extend((others > 0).then(|| format!("{others} others")));
        let message = CauseKind::SlowWith.say(&[
            &self.name,
            &support,
            &tail.slow,
            &what.join(" or "),
            &(places.len() - support),
            &(self.spans.len() - tail.slow),
            &duration(tail.from),
            &duration(tail.usual),
        ]);
        Some((
            chance,
            Finding::new(CauseKind::SlowWith, longest, excess, message).of_spans(support),
        ))
    }

    /// Spans of a trace are not independent: those with the value are one row, and those without it.
    fn rows(&self, places: &[usize], is_slow: &dyn Fn(usize) -> bool) -> [usize; 4] {
        let mut rows = [0; 4];
        let trace = |at: &usize| self.forest.span(self.spans[*at]).trace;
        let mut places = places.iter().copied().peekable();
        let all: Vec<usize> = (0..self.spans.len()).collect();
        for of_trace in all.chunk_by(|one, other| trace(one) == trace(other)) {
            let (mut with, mut without) = ((0, 0), (0, 0));
            for at in of_trace {
                let row = if places.next_if_eq(at).is_some() {
                    &mut with
                } else {
                    &mut without
                };
                row.0 += usize::from(is_slow(*at));
                row.1 += 1;
            }
            for (at, (slow, spans)) in [with, without]
                .into_iter()
                .enumerate()
                .filter(|it| it.1.1 > 0)
            {
                let is_slow = usize::from(slow * 2 >= spans);
                rows[1] += is_slow;
                rows[3] += 1;
                if at == 0 {
                    rows[0] += is_slow;
                    rows[2] += 1;
                }
            }
        }
        rows
    }

    /// One span that is far above all others.
    fn outlier(&self, least: u64) -> Option<Tested> {
        let (longest, others) = self.sorted.split_last()?;
        let usual = percentile(others, 50);
        if longest / OUTLIER < usual || longest - usual < least {
            return None;
        }
        let span = *self
            .spans
            .iter()
            .find(|it| self.forest.span(**it).duration() == *longest)?;
        let first = self
            .spans
            .iter()
            .min_by_key(|it| self.forest.span(**it).start)?;
        let chance = outlier(others, *longest);
        let (chance, place) = if span == *first {
            (chance / as_f64(self.spans.len()), ", the first one,")
        } else {
            (chance, "")
        };
        let only = |name: &str| {
            let others = self.spans.iter().filter(|it| **it != span);
            others
                .flat_map(|it| self.forest.children(*it))
                .all(|it| normalized(&self.forest.span(*it).name) != name)
        };
        let children = self
            .forest
            .children(span)
            .iter()
            .map(|it| normalized(&self.forest.span(*it).name));
        let child = children
            .filter(|name| only(name))
            .map(|it| format!(": it alone has `{it}` below it"))
            .next();
        let message = format!(
            "one of {} spans `{}`{place} took {}, the others {} or so, at most {}{}",
            self.spans.len(),
            self.name,
            duration(*longest),
            duration(usual),
            duration(*others.last()?),
            child.unwrap_or_default()
        );
        Some((
            chance,
            Finding::new(CauseKind::SlowWith, span, longest - usual, message),
        ))
    }
}

fn is_twin(one: &[usize], other: &[usize]) -> bool {
    let both = one
        .iter()
        .filter(|it| other.binary_search(it).is_ok())
        .count();
    let either = one.len() + other.len() - both;
    both * TWINS.1 >= either * TWINS.0
}

fn text((key, value): &Feature) -> String {
    match key.as_str() {
        CHILD => format!("`{value}` below them"),
        EVENT => format!("the event `{value}`"),
        PARENT if value.is_empty() => "no parent".to_owned(),
        PARENT => format!("the parent `{value}`"),
        START => format!("a place among the first {value} of their process"),
        _ if value.starts_with('≥') => format!("`{key}` {value}"),
        _ => format!("`{key}={value}`"),
    }
}

#[expect(clippy::cast_precision_loss, reason = "a time")]
const fn fraction(time: u64) -> f64 {
    time as f64
}
