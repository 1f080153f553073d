//! The measurements of each name in the runs of both sides.

use std::collections::BTreeMap;

use floe_waterfall::duration;
use rustc_hash::{FxHashMap, FxHashSet};

use super::{RUNS, rounded};
use crate::forest::Forest;
use crate::names::normalized;
use crate::significance::{as_f64, logarithm};
use crate::span::{Kind, Recording, Span};

/// The attributes that distinguish spans of one name, the most distinctive one first.
const PLACES: [&str; 5] =
    ["floe.asset.key", "http.route", "db.query.summary", "db.query.text", "db.statement"];

/// The identity by which spans are compared.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Operation {
    pub(super) service: String,
    pub(super) name: String,
    /// The asset, route or statement of the spans, unless the name contains it.
    pub(super) place: String,
}

/// A name and the name of the parent, as indices of [`Sets::names`].
pub(super) type Key = (usize, Option<usize>);

/// The calls of a key in one run, by start.
#[derive(Debug, Default)]
pub(super) struct Calls {
    /// The logarithms of the self times, in nanoseconds.
    pub(super) own: Vec<f64>,
    /// The logarithms of the durations, in nanoseconds. The duration of a root is that of its trace, which may last
    /// longer.
    pub(super) durations: Vec<f64>,
    /// The logarithms of the times between the end of the parent and the start of the call, if the call starts later.
    pub(super) waits: Vec<f64>,
    /// Whether the calls are roots or server spans.
    pub(super) are_entries: bool,
    /// 1 for a failed call, else 0.
    pub(super) failed: Vec<f64>,
    /// The number of calls for each parent that makes one.
    pub(super) by_parent: Vec<(usize, usize)>,
    /// The maximum number of consecutive calls below one parent.
    pub(super) in_a_row: usize,
    /// The number of parents with several of these calls, and of those with two that overlap.
    pub(super) with_several: usize,
    pub(super) with_overlap: usize,
    /// The number of parents that also make other calls, and of those with an overlap between the two.
    pub(super) with_others: usize,
    pub(super) beside_others: usize,
}

/// A run.
#[derive(Debug, Default)]
pub(super) struct Run {
    pub(super) calls: FxHashMap<Key, Calls>,
    /// The number of spans of each name.
    spans: FxHashMap<usize, usize>,
    traces: usize,
}

impl Run {
    /// The number of calls of each parent, including zeros.
    pub(super) fn by_parent(&self, key: Key) -> Vec<f64> {
        let mut counts = vec![0.0; self.parents(key)];
        for (parent, calls) in self.calls.get(&key).iter().flat_map(|it| &it.by_parent) {
            if let Some(count) = counts.get_mut(*parent) {
                *count = as_f64(*calls);
            }
        }
        counts
    }

    /// The number of possible parents of this call; for roots, the number of traces.
    fn parents(&self, key: Key) -> usize {
        key.1.map_or(self.traces, |parent| self.spans.get(&parent).copied().unwrap_or_default())
    }

    fn new(recording: &Recording, names: &[usize], tick: u64) -> Self {
        let forest = Forest::new(recording);
        let logarithm = |time: u64| logarithm(time.saturating_add(tick));
        let entries =
            forest.traces().iter().filter_map(|it| Some((*it.roots.first()?, it.duration())));
        let entries: FxHashMap<usize, u64> = entries.collect();
        let mut run = Self { traces: forest.traces().len(), ..Self::default() };
        let mut order: Vec<usize> = (0..names.len()).collect();
        order.sort_by_key(|index| forest.span(*index).start);
        for index in order {
            let span = forest.span(index);
            let key = (names[index], forest.parent(index).map(|it| names[it]));
            let calls = run.calls.entry(key).or_default();
            calls.own.push(logarithm(forest.self_time(index)));
            let time = entries.get(&index).copied().unwrap_or_else(|| span.duration());
            calls.durations.push(logarithm(time));
            let ended = forest.parent(index).map(|it| forest.span(it).end);
            let waited = ended.and_then(|it| span.start.checked_sub(it));
            calls.waits.extend(waited.filter(|it| *it > 0).map(logarithm));
            calls.failed.push(f64::from(u8::from(span.is_failure())));
            calls.are_entries |= key.1.is_none() || span.kind == Kind::Server;
            run.add_children(&forest, index, names);
        }
        run
    }

    fn add_children(&mut self, forest: &Forest<'_>, parent: usize, names: &[usize]) {
        let spans = self.spans.entry(names[parent]).or_default();
        let which = *spans;
        *spans += 1;
        let mut siblings: BTreeMap<usize, Vec<&Span>> = BTreeMap::new();
        for child in forest.children(parent) {
            let same = siblings.entry(names[*child]).or_default();
            same.push(forest.span(*child));
        }
        let beside_others = overlapping(forest, forest.children(parent), names);
        let has_others = siblings.len() > 1;
        for (name, siblings) in siblings {
            let calls = self.calls.entry((name, Some(names[parent]))).or_default();
            calls.by_parent.push((which, siblings.len()));
            let (mut in_a_row, mut until) = (0, 0);
            for span in &siblings {
                in_a_row += usize::from(span.start >= until);
                until = span.end.max(until);
            }
            calls.in_a_row = calls.in_a_row.max(in_a_row);
            calls.with_several += usize::from(siblings.len() > 1);
            calls.with_overlap += usize::from(in_a_row < siblings.len());
            calls.with_others += usize::from(has_others);
            calls.beside_others += usize::from(beside_others.contains(&name));
        }
    }
}

/// The names of spans that overlap a span of another name, in the order of their starts.
fn overlapping(forest: &Forest<'_>, spans: &[usize], names: &[usize]) -> FxHashSet<usize> {
    let mut found = FxHashSet::default();
    // The latest end so far, and that of another name. What overlaps an earlier end overlaps these, too, so each name
    // with an overlap is found.
    let mut ends = [(0, usize::MAX); 2];
    for index in spans {
        let (span, name) = (forest.span(*index), names[*index]);
        let other = ends[usize::from(ends[0].1 == name)];
        if other.0 > span.start {
            found.extend([name, other.1]);
        }
        let own = ends.iter().filter(|it| it.1 == name).map(|it| it.0);
        let end = own.fold(span.end, u64::max);
        ends = if end > other.0 { [(end, name), other] } else { [other, (end, name)] };
    }
    found
}

/// The runs before and after.
#[derive(Debug, Default)]
pub(super) struct Sets {
    pub(super) names: Vec<Operation>,
    pub(super) runs: [Vec<Run>; 2],
    /// The resolution of the clocks, in nanoseconds. It is added to each time, so that smaller differences vanish.
    pub(super) tick: u64,
}

/// The greatest power of ten, up to a second, that divides all times.
fn tick(sets: &[&[Recording]; 2]) -> u64 {
    let spans = sets.iter().copied().flatten().flat_map(|run| &run.spans);
    let moved = |time: u64, by: i64| time.wrapping_sub(by.cast_unsigned());
    let times = spans.flat_map(|it| [moved(it.start, it.shifted), moved(it.end, it.shifted)]);
    times.fold(1_000_000_000, |mut tick, time| {
        while time % tick != 0 {
            tick /= 10;
        }
        tick
    })
}

impl Sets {
    pub(super) fn new(sets: [&[Recording]; 2]) -> Self {
        let tick = tick(&sets);
        let mut names = Names::default();
        let mut run = |recording| Run::new(recording, &names.of(recording), tick);
        let runs = sets.map(|set| set.iter().map(&mut run).collect());
        Self { names: names.names, runs, tick }
    }

    /// A time for people, from its logarithm.
    pub(super) fn time(&self, logarithm: f64) -> String {
        duration(rounded(logarithm.exp()).saturating_sub(self.tick))
    }

    /// Whether both sides have enough runs to make each run a sample.
    pub(super) fn are_runs(&self) -> bool {
        self.runs[0].len() + self.runs[1].len() >= RUNS
    }

    pub(super) fn traces(&self, side: usize) -> usize {
        self.runs[side].iter().map(|run| run.traces).sum()
    }

    /// The keys of all runs, by their texts.
    pub(super) fn keys(&self) -> Vec<Key> {
        let runs = self.runs.iter().flatten();
        let keys: FxHashSet<Key> = runs.flat_map(|run| run.calls.keys().copied()).collect();
        let mut keys: Vec<Key> = keys.into_iter().collect();
        keys.sort_by_key(|(name, parent)| (&self.names[*name], parent.map(|it| &self.names[it])));
        keys
    }

    /// The calls of a key, for each run of a side that has any.
    pub(super) fn calls(&self, side: usize, key: Key) -> impl Iterator<Item = &Calls> {
        self.runs[side].iter().filter_map(move |run| run.calls.get(&key))
    }

    pub(super) fn parents(&self, side: usize, key: Key) -> usize {
        self.runs[side].iter().map(|run| run.parents(key)).sum()
    }
}

/// Gives names their numbers.
#[derive(Default)]
struct Names {
    names: Vec<Operation>,
    numbers: FxHashMap<Operation, usize>,
}

impl Names {
    /// The number of each span's name.
    fn of(&mut self, recording: &Recording) -> Vec<usize> {
        // Texts repeat, and to normalize them takes longer than to find them here.
        let mut known: FxHashMap<(&str, &str, &str), usize> = FxHashMap::default();
        let spans = recording.spans.iter().map(|span| {
            let place = PLACES.iter().find_map(|key| span.attribute(key)?.as_str());
            let place = place.filter(|place| !span.name.contains(place));
            let texts = (recording.service(span), &*span.name, place.unwrap_or_default());
            *known.entry(texts).or_insert_with(|| self.number(texts))
        });
        spans.collect()
    }

    fn number(&mut self, (service, name, place): (&str, &str, &str)) -> usize {
        let name = Operation {
            service: service.to_owned(),
            name: normalized(name),
            place: without_values(place),
        };
        *self.numbers.entry(name).or_insert_with_key(|name| {
            self.names.push(name.clone());
            self.names.len() - 1
        })
    }
}

/// A statement without its literals; a list of literals counts as one.
fn without_values(text: &str) -> String {
    let parts = text.split('\'').enumerate();
    let plain: String = parts.map(|(at, part)| if at % 2 == 0 { part } else { "*" }).collect();
    let mut plain = normalized(&plain);
    while plain.contains("*, *") {
        plain = plain.replace("*, *", "*");
    }
    plain
}
