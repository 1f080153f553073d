//! Finds the differences between two sets of runs.
//!
//! A run is one recording, for example of a benchmark, a test or a night. Spans are matched by their service, name and
//! place (asset, route or statement), and by the name of their parent; numbers and ids in names are ignored. Calls are
//! counted per parent span and times are measured per call, so runs of different lengths can be compared.
//!
//! Some differences are exact, such as another constant number of calls. [`significance`](crate::significance) judges the others, with each
//! run as a sample or, if there are few runs, with parts of the runs as samples.

mod calls;
mod runs;
mod times;

use std::borrow::Borrow;
use std::cmp::Reverse;

use serde::Serialize;

use self::runs::{Calls, Key, Sets};
use crate::significance::{as_f64, as_f64_of, unlikely};
use crate::span::Recording;

/// If both sides together have at least this number of runs, each run is a sample.
const RUNS: usize = 9;

/// The kind of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ChangeKind {
    /// Spans fail more often than before.
    Failing,
    /// A name had no spans before, at least below this parent.
    New,
    /// A name has no spans any more, at least below this parent.
    Gone,
    /// A parent makes this call more often.
    MoreCalls,
    /// A parent makes this call less often.
    FewerCalls,
    /// The self time is longer.
    Slower,
    /// The self time is shorter.
    Faster,
    /// A whole trace or server span takes longer.
    SlowerTotal,
    /// A whole trace or server span takes less time.
    FasterTotal,
}

/// A difference between the two sets of runs.
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
    /// The value before the change, as readable text.
    pub before: String,
    /// The value after the change, as readable text.
    pub after: String,
    /// The factor by which a time or a number of calls changed.
    pub factor: Option<f64>,
    /// The chance of a difference this large if nothing had changed, corrected for all comparisons; `None` if exact.
    pub chance: Option<f64>,
    /// The time that the change adds to all traces after it, in nanoseconds; negative if it saves time.
    #[serde(rename = "weight_ns")]
    pub weight: i64,
}

/// The size of a set of runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[expect(clippy::exhaustive_structs, reason = "plain data")]
pub struct Coverage {
    /// The number of runs.
    pub runs: usize,
    /// The number of traces.
    pub traces: usize,
    /// The number of spans.
    pub spans: usize,
}

/// The comparison of two sets of runs.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[expect(clippy::exhaustive_structs, reason = "plain data")]
pub struct Diff {
    /// The differences: failures first, then sorted by the time that they add or save, the longest first.
    pub changes: Vec<Change>,
    /// The runs before the change.
    pub before: Coverage,
    /// The runs after the change.
    pub after: Coverage,
    /// Notes, for example on a shift of the machine.
    pub notes: Vec<String>,
}

/// Compares two sets of runs. Only measurements of a run are kept, so an iterator that reads one file after the other
/// needs only the memory of the largest file.
#[must_use]
pub fn diff<I: IntoIterator<Item: Borrow<Recording>>>(before: I, after: I) -> Diff {
    let sets = Sets::new([before.into_iter(), after.into_iter()]);
    let [before, after] = [0, 1].map(|side| sets.coverage(side));
    let mut diff = Diff { before, after, ..Diff::default() };
    if before.spans.min(after.spans) == 0 {
        diff.notes.push("one side has no spans; nothing is compared".to_owned());
        return diff;
    }
    let keys = sets.keys();
    let keys = calls::present(&sets, &keys, &mut diff);
    calls::counted(&sets, &keys, &mut diff);
    calls::failing(&sets, &keys, &mut diff);
    times::timed(&sets, &keys, &mut diff);
    times::totals(&sets, &keys, &mut diff);
    diff.changes.sort_by_key(|change| {
        let is_failing = change.kind == ChangeKind::Failing;
        let name = change.name.clone();
        (!is_failing, Reverse(change.weight.abs()), change.kind, name)
    });
    diff
}

/// Creates a change of a name. All `keys` have this name and differ only in their parents.
fn change(sets: &Sets, keys: &[Key], kind: ChangeKind, before: String, after: String) -> Change {
    let name = keys.first().map(|key| sets.names[key.0].clone()).unwrap_or_default();
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

/// Returns the time that all traces after the change take more than as many traces before it, in nanoseconds.
fn weight(sets: &Sets, keys: &[Key], of: fn(&Calls) -> &[f64]) -> i64 {
    let traces = [0, 1].map(|side| as_f64(sets.traces(side).max(1)));
    let [before, after] = [0, 1].map(|side| total(sets, side, keys, of) / traces[side]);
    let time = (after - before) * traces[1];
    let nanos = i64::try_from(rounded(time.abs())).unwrap_or(i64::MAX);
    if time < 0.0 { -nanos } else { nanos }
}

/// Returns the sum of the times of calls, which are given as logarithms.
fn total(sets: &Sets, side: usize, keys: &[Key], of: fn(&Calls) -> &[f64]) -> f64 {
    let calls = keys.iter().flat_map(|key| sets.calls(side, *key));
    let tick = as_f64_of(sets.tick);
    calls.flat_map(of).map(|it| (it.exp() - tick).max(0.0)).sum()
}

/// Returns the significant changes. A test consists of its chance, and the change if it is large enough.
fn surprising(tests: Vec<(f64, Option<Change>)>, most: f64) -> impl Iterator<Item = Change> {
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
