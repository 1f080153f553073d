//! Finds the differences between two sets of runs.
//!
//! A run is a recording: one of a benchmark, of a test, of a night. Spans are compared by their service, their name, their
//! place (asset, route or statement) and the name of their parent; numbers and ids in names count as equal. Calls are
//! counted for each span of the parent, and times for each call, so runs of different lengths can be compared.
//!
//! Exact differences hold for all parents: a name that each parent calls now and none did before, another number of
//! calls. [`statistics`] judges the others: a sample is a run, or with few runs, a part of a
//! run.

mod calls;
mod runs;
mod statistics;
mod times;

use std::borrow::Borrow;
use std::cmp::Reverse;
use std::collections::BTreeMap;

use serde::Serialize;

use self::runs::{Calls, Key, Sets};
use crate::significance::{as_f64, as_f64_of, unlikely};
use crate::span::Recording;

/// With this number of runs on each side, or more, a sample is a whole run.
const RUNS: usize = 9;

/// The kind of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ChangeKind {
    /// Spans fail that did not fail before.
    Failing,
    /// Spans have a new name.
    New,
    /// A name has no spans any more.
    Gone,
    /// A parent makes this call more often.
    MoreCalls,
    /// A parent makes this call less often.
    FewerCalls,
    /// The self time is longer.
    Slower,
    /// The self time is shorter.
    Faster,
    /// A whole trace or server span takes longer, and no other change explains it.
    SlowerTotal,
    /// A whole trace or server span takes less time, and no other change explains it.
    FasterTotal,
}

/// One difference.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[expect(clippy::exhaustive_structs, reason = "plain data")]
pub struct Change {
    /// The kind of the change.
    #[serde(rename = "what")]
    pub kind: ChangeKind,
    /// The service, or an empty text.
    pub service: String,
    /// The name of the spans, with `*` for numbers and ids.
    pub name: String,
    /// The asset, route or statement of the spans, or an empty text.
    pub place: String,
    /// The name of the parent, or an empty text.
    pub parent: String,
    /// The value before, for people.
    pub before: String,
    /// The value after, for people.
    pub after: String,
    /// The factor of the change of a number.
    pub factor: Option<f64>,
    /// The chance of a difference this large if nothing had changed, corrected for all comparisons; `None` if exact.
    pub chance: Option<f64>,
    /// The additional time of all traces after the change, in nanoseconds, as far as spans show it.
    #[serde(rename = "weight_ns")]
    pub weight: i64,
}

/// The comparison of two sets of runs.
#[derive(Clone, Debug, Default, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "plain data")]
pub struct Diff {
    /// The differences: failures first, then sorted by the time that they change.
    pub changes: Vec<Change>,
    /// The numbers of runs, traces and spans of each set.
    pub coverage: [(usize, usize, usize); 2],
    /// Notes on parts that could not be compared.
    pub notes: Vec<String>,
    /// Whether more runs or calls might turn a note into a difference.
    pub is_undecided: bool,
}

impl Diff {
    /// Notes a possible difference for which there is too little data.
    fn doubt(&mut self, note: String) {
        self.notes.push(note);
        self.is_undecided = true;
    }
}

/// Compares two sets of runs. Only measurements of a run are kept, so an iterator that reads one file after the other takes
/// the memory of the largest file.
#[must_use]
pub fn diff<I: IntoIterator<Item: Borrow<Recording>>>(before: I, after: I) -> Diff {
    let sets = Sets::new([before.into_iter(), after.into_iter()]);
    let coverage = [0, 1].map(|side| sets.coverage(side));
    let mut diff = Diff { coverage, ..Diff::default() };
    if coverage.iter().any(|it| it.2 == 0) {
        diff.notes.push("one side has no spans; nothing is compared".to_owned());
        return diff;
    }
    let keys = sets.keys();
    let keys = calls::present(&sets, &keys, &mut diff);
    calls::counted(&sets, &keys, &mut diff.changes);
    calls::failing(&sets, &keys, &mut diff);
    let shift = times::timed(&sets, &keys, &mut diff);
    times::totals(&sets, &keys, shift, &mut diff);
    diff.changes.sort_by_key(|change| {
        let is_failing = change.kind == ChangeKind::Failing;
        let name = change.name.clone();
        (!is_failing, Reverse(change.weight.abs()), change.kind, name)
    });
    diff
}

fn by_name(keys: impl Iterator<Item = Key>) -> BTreeMap<usize, Vec<Key>> {
    let mut names: BTreeMap<usize, Vec<Key>> = BTreeMap::new();
    keys.for_each(|key| names.entry(key.0).or_default().push(key));
    names
}

/// Creates a change of a name. The keys have this name, and differ by their parent.
fn change(sets: &Sets, keys: &[Key], kind: ChangeKind, before: String, after: String) -> Change {
    let name = keys.first().map(|key| sets.names[key.0].clone());
    let name = name.unwrap_or_default();
    let parent = match keys {
        [(_, Some(parent))] => sets.names[*parent].name.clone(),
        _ => String::new(),
    };
    Change {
        kind,
        service: name.service,
        name: name.name,
        place: name.place,
        parent,
        before,
        after,
        factor: None,
        chance: None,
        weight: weight(sets, keys, |it| &it.durations),
    }
}

/// The additional time of all traces after the change, compared with as many traces before it.
fn weight(sets: &Sets, keys: &[Key], of: fn(&Calls) -> &[f64]) -> i64 {
    let traces = [0, 1].map(|side| as_f64(sets.traces(side).max(1)));
    let [before, after] = [0, 1].map(|side| total(sets, side, keys, of) / traces[side]);
    let time = (after - before) * traces[1];
    let nanos = i64::try_from(rounded(time.abs())).unwrap_or(i64::MAX);
    if time < 0.0 { -nanos } else { nanos }
}

/// The sum of times that are given as logarithms.
fn total(sets: &Sets, side: usize, keys: &[Key], of: fn(&Calls) -> &[f64]) -> f64 {
    let calls = keys.iter().flat_map(|key| sets.calls(side, *key));
    let tick = as_f64_of(sets.tick);
    calls.flat_map(of).map(|it| (it.exp() - tick).max(0.0)).sum()
}

/// The significant changes. A test consists of its weight, its chance, and the change, if the change is large enough.
fn surprising(tests: Vec<(f64, f64, Option<Change>)>, most: f64) -> impl Iterator<Item = Change> {
    let unlikely = unlikely(tests, most).into_iter();
    unlikely.filter_map(|(change, chance)| Some(Change { chance: Some(chance), ..change? }))
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the number is not negative, and the cast saturates"
)]
const fn rounded(number: f64) -> u64 {
    number as u64
}

fn decimal(value: f64) -> String {
    let text = format!("{value:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
