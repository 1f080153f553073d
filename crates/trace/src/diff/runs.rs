//! The measurements of each name in the runs of both sides.

use std::borrow::Borrow;
use std::collections::{BTreeMap, BTreeSet};

use floe_waterfall::duration;
use indexmap::IndexSet;
use itertools::Itertools as _;
use rustc_hash::{FxHashMap, FxHashSet};

use super::{Coverage, RUNS, rounded};
use crate::forest::Forest;
use crate::operation::{Operation, Operations, Together};
use crate::significance::{as_f64, as_f64_of};
use crate::span::{Kind, Recording};

/// A name and the name of the parent, as indices of [`Sets::names`].
pub(super) type Key = (usize, Option<usize>);

/// The calls of a key in one run, sorted by start. Times are nanoseconds while the runs are read, and then logarithms,
/// because the resolution of the clocks is known only when all runs are read.
#[derive(Debug, Default)]
pub(super) struct Calls {
    /// The self times.
    pub(super) own: Vec<f64>,
    /// The durations. That of the first root of a trace is the duration of the trace, which may end later.
    pub(super) durations: Vec<f64>,
    /// Whether any of the calls is a root or a server span.
    pub(super) are_entries: bool,
    /// 1 for a failed call, else 0.
    pub(super) failed: Vec<f64>,
    /// For each parent that makes such calls: its index among the spans of its name, and the number of these calls.
    pub(super) by_parent: Vec<(usize, usize)>,
}

impl Calls {
    fn take_logarithms(&mut self, tick: u64) {
        for time in self.own.iter_mut().chain(&mut self.durations) {
            *time = (*time + as_f64_of(tick)).ln();
        }
    }
}

#[derive(Debug, Default)]
pub(super) struct Run {
    pub(super) calls: FxHashMap<Key, Calls>,
    /// The number of spans of each name.
    spans: FxHashMap<usize, usize>,
    traces: usize,
}

impl Run {
    /// Returns the number of calls of each parent, including zeros.
    pub(super) fn by_parent(&self, key: Key) -> Vec<f64> {
        let mut counts = vec![0.0; self.parents(key)];
        for (parent, calls) in self.calls.get(&key).iter().flat_map(|it| &it.by_parent) {
            if let Some(count) = counts.get_mut(*parent) {
                *count = as_f64(*calls);
            }
        }
        counts
    }

    /// Returns the number of possible parents of a call, which for a root is the number of traces.
    fn parents(&self, key: Key) -> usize {
        key.1.map_or(self.traces, |parent| self.spans.get(&parent).copied().unwrap_or_default())
    }

    fn new(recording: &Recording, names: &[usize], together: &mut Together) -> Self {
        let forest = Forest::new(recording);
        let entries =
            forest.traces().iter().filter_map(|it| Some((*it.roots.first()?, it.duration())));
        let entries: FxHashMap<usize, u64> = entries.collect();
        let mut run = Self { traces: forest.traces().len(), ..Self::default() };
        let mut order = (0..names.len()).collect_vec();
        order.sort_by_key(|index| forest.span(*index).start);
        for index in order {
            let span = forest.span(index);
            let key = (names[index], forest.tree().parent(index).map(|it| names[it]));
            let calls = run.calls.entry(key).or_default();
            calls.own.push(as_f64_of(forest.self_time(index)));
            let time = entries.get(&index).copied().unwrap_or_else(|| span.duration());
            calls.durations.push(as_f64_of(time));
            calls.failed.push(f64::from(u8::from(span.is_failure())));
            calls.are_entries |= key.1.is_none() || span.kind == Kind::Server;
            let called = run.add_children(&forest, index, names);
            together.add(names[index], &called);
        }
        run
    }

    /// Counts the children of a span by their names, and returns these names.
    fn add_children(
        &mut self,
        forest: &Forest<'_>,
        parent: usize,
        names: &[usize],
    ) -> BTreeSet<usize> {
        let spans = self.spans.entry(names[parent]).or_default();
        let which = *spans;
        *spans += 1;
        let mut siblings: BTreeMap<usize, usize> = BTreeMap::new();
        for child in forest.tree().children(parent) {
            *siblings.entry(names[*child]).or_default() += 1;
        }
        for (name, siblings) in &siblings {
            let calls = self.calls.entry((*name, Some(names[parent]))).or_default();
            calls.by_parent.push((which, *siblings));
        }
        siblings.into_keys().collect()
    }
}

/// The runs before and after the change.
#[derive(Debug)]
pub(super) struct Sets {
    pub(super) names: IndexSet<Operation>,
    pub(super) runs: [Vec<Run>; 2],
    /// The resolution of the clocks, in nanoseconds. It is added to each time, so that smaller differences vanish.
    pub(super) tick: u64,
    /// The names of calls, below those of their parents, that exclude another call of the parent, as behind a proxy.
    pub(super) excluded: FxHashSet<(usize, usize)>,
}

/// Returns the greatest power of ten, up to the given one, that divides all times.
fn finer_tick(run: &Recording, tick: u64) -> u64 {
    let times = run.spans.iter().flat_map(|it| [it.start, it.end]);
    times.fold(tick, |mut tick, time| {
        while time % tick != 0 {
            tick /= 10;
        }
        tick
    })
}

impl Sets {
    /// Measures each run before the next one is read.
    pub(super) fn new<R: Borrow<Recording>>(sets: [impl Iterator<Item = R>; 2]) -> Self {
        let mut names = Operations::default();
        let mut together = Together::default();
        let mut tick = 1_000_000_000;
        let mut run = |recording: R| {
            let recording = recording.borrow();
            tick = finer_tick(recording, tick);
            Run::new(recording, &names.of(recording), &mut together)
        };
        let mut runs = sets.map(|set| set.map(&mut run).collect_vec());
        let calls = runs.iter_mut().flatten().flat_map(|run| run.calls.values_mut());
        calls.for_each(|calls| calls.take_logarithms(tick));
        Self { names: names.0, runs, tick, excluded: together.excluded() }
    }

    /// Returns the numbers of runs, traces and spans of a side.
    pub(super) fn coverage(&self, side: usize) -> Coverage {
        let spans = self.runs[side].iter().flat_map(|run| run.spans.values()).sum();
        Coverage { runs: self.runs[side].len(), traces: self.traces(side), spans }
    }

    /// Formats a time for people, given the logarithm of its sum with the [`tick`](Self::tick).
    pub(super) fn time(&self, logarithm: f64) -> String {
        duration(rounded(logarithm.exp()).saturating_sub(self.tick))
    }

    /// Whether both sides together have enough runs to make each run a sample.
    pub(super) fn are_runs(&self) -> bool {
        self.runs[0].len() + self.runs[1].len() >= RUNS
    }

    pub(super) fn traces(&self, side: usize) -> usize {
        self.runs[side].iter().map(|run| run.traces).sum()
    }

    /// Returns the keys of all runs, sorted by their texts.
    pub(super) fn keys(&self) -> Vec<Key> {
        let runs = self.runs.iter().flatten();
        let keys: FxHashSet<Key> = runs.flat_map(|run| run.calls.keys().copied()).collect();
        let mut keys = keys.into_iter().collect_vec();
        keys.sort_by_key(|(name, parent)| (&self.names[*name], parent.map(|it| &self.names[it])));
        keys
    }

    /// Returns the calls of a key, for each run of a side that has any.
    pub(super) fn calls(&self, side: usize, key: Key) -> impl Iterator<Item = &Calls> {
        self.runs[side].iter().filter_map(move |run| run.calls.get(&key))
    }

    pub(super) fn parents(&self, side: usize, key: Key) -> usize {
        self.runs[side].iter().map(|run| run.parents(key)).sum()
    }
}
