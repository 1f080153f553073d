//! Whether calls take longer, all of them or the slowest ones, and requests as a whole.

use std::collections::BTreeMap;

use floe_waterfall::duration;

use super::runs::{Calls, Key, Sets};
use super::statistics::{
    Unit, certainty, common, counts, mean, mean_of, percentile, sorted, student, units, unlikely,
    variance,
};
use super::{Change, ChangeKind, Diff, as_f64, change, rounded, surprising, total, weight};

/// How likely chance may explain any of the times, of the tails, and of the totals.
const CHANCE_OF_TIMES: f64 = 0.01;
const CHANCE_OF_TAILS: f64 = 0.002;
const CHANCE_OF_TOTALS: f64 = 0.002;
/// The least change of self time that is reported if both sides have so many runs, and if not: parts of a run share what
/// the machine did to a name.
const LEAST_CHANGE: f64 = 1.02;
const LEAST_CHANGE_OF_FEW: f64 = 1.05;
const MANY_RUNS: usize = 5;
/// The least change of a tail, and of what is not compared with other names.
const LEAST_CHANGE_OF_TAIL: f64 = 1.25;
const LEAST_CHANGE_OF_TOTAL: f64 = 1.25;
/// Where a tail begins, and from what its change is read.
const TAIL: usize = 95;
const TAILS: [usize; 2] = [95, 99];
/// Names with less of the self time of all spans are not compared by time.
const LEAST_SHARE: f64 = 0.005;
/// Parts of runs are compared for names with so many calls on each side.
const CALLS: usize = 30;
/// A machine that is slower by less is not worth a note.
const LEAST_SHIFT: f64 = 0.02;

/// The times of a name, wherever it is called from, as logarithms; those below each parent are divided by what is
/// typical there, so it does not matter how often each parent calls it.
struct Times {
    keys: Vec<Key>,
    of: fn(&Calls) -> &[f64],
    share: f64,
    /// Whether it has changed by itself, so that it says nothing about the machine.
    has_changed: bool,
    runs: [Vec<Vec<f64>>; 2],
}

impl Times {
    fn new(sets: &Sets, keys: Vec<Key>, of: fn(&Calls) -> &[f64]) -> Self {
        let mut runs = [0, 1].map(|side: usize| vec![Vec::new(); sets.runs[side].len()]);
        for key in &keys {
            let all = [0, 1].iter().flat_map(|side| sets.calls(*side, *key));
            let all: Vec<f64> = all.flat_map(of).copied().collect();
            let typical = percentile(&sorted(&all), 50);
            for (side, runs) in runs.iter_mut().enumerate() {
                for (run, values) in sets.runs[side].iter().zip(runs) {
                    let own = run.calls.get(key).map(of).unwrap_or_default();
                    values.extend(own.iter().map(|it| it - typical));
                }
            }
        }
        Self {
            keys,
            of,
            share: 1.0,
            has_changed: false,
            runs,
        }
    }

    fn subtract(&mut self, side: usize, run: usize, off: f64) {
        for value in &mut self.runs[side][run] {
            *value -= off;
        }
    }

    fn units(&self, are_runs: bool) -> [Vec<Unit>; 2] {
        let runs = self.runs.each_ref();
        runs.map(|runs| units(runs, are_runs, Unit::robust))
    }

    /// How much longer or shorter a name takes in each run than in the others of its side, and the variance of that
    /// which is its own.
    fn levels(&self, side: usize) -> (Vec<Option<f64>>, f64) {
        let unit = |run: &Vec<f64>| (!run.is_empty()).then(|| Unit::robust(run));
        let units: Vec<Option<Unit>> = self.runs[side].iter().map(unit).collect();
        let there: Vec<Unit> = units.iter().flatten().copied().collect();
        let typical = mean_of(&there);
        let variances: Vec<f64> = there.iter().map(Unit::variance).collect();
        let levels = units.iter().map(|it| it.map(|it| it.mean - typical));
        (levels.collect(), mean(&variances))
    }

    /// A test of whether the middle has changed.
    fn test(
        &self,
        sets: &Sets,
        are_runs: bool,
        least: f64,
        kinds: [ChangeKind; 2],
    ) -> (f64, f64, Option<Change>) {
        let units = self.units(are_runs);
        let [before, after] = [&*units[0], &*units[1]];
        let factor = (mean_of(after) - mean_of(before)).exp();
        let mut found = self.change(sets, 50, factor, least, kinds);
        if let (Some(found), [after], true) = (&mut found, after, are_runs) {
            let longer = before.iter().filter(|it| it.mean > after.mean).count();
            found.rank = Some((longer + 1, before.len() + 1));
        }
        (self.share, student([before, after]), found)
    }

    /// The change of a percentile by a factor, if that is large enough.
    fn change(
        &self,
        sets: &Sets,
        percent: usize,
        factor: f64,
        least: f64,
        kinds: [ChangeKind; 2],
    ) -> Option<Change> {
        let [before, after] = [0, 1].map(|side| {
            let calls = self.keys.iter().flat_map(|key| sets.calls(side, *key));
            let values: Vec<f64> = calls.flat_map(self.of).copied().collect();
            duration(rounded(percentile(&sorted(&values), percent).exp()))
        });
        let kind = kinds[usize::from(factor < 1.0)];
        let mut found = change(sets, &self.keys, kind, before, after);
        found.factor = Some(factor);
        found.weight = weight(sets, &self.keys, self.of);
        (factor.max(factor.recip()) >= least).then_some(found)
    }

    fn percentile(&self, side: usize, percent: usize) -> f64 {
        percentile(&sorted(&self.runs[side].concat()), percent)
    }

    /// How far each value is above where the tail of both sides begins, after what has become of the median.
    fn tails(&self) -> [Vec<Vec<f64>>; 2] {
        let medians = [0, 1].map(|side| self.percentile(side, 50));
        let centred = [0, 1].map(|side| {
            let centred = |it: &f64| it - medians[side];
            let runs = self.runs[side].iter();
            runs.map(|run| run.iter().map(centred).collect::<Vec<f64>>())
                .collect::<Vec<_>>()
        });
        let both = sorted(&centred.concat().concat());
        let begin = percentile(&both, TAIL);
        centred.map(|runs| {
            let above = |run: Vec<f64>| run.iter().map(|it| (it - begin).max(0.0)).collect();
            runs.into_iter().map(above).collect()
        })
    }
}

/// Finds names whose self time has changed.
pub(super) fn timed(sets: &Sets, keys: &[Key], are_runs: bool, diff: &mut Diff) {
    let mut names: BTreeMap<usize, Vec<Key>> = BTreeMap::new();
    for key in keys {
        names.entry(key.0).or_default().push(*key);
    }
    let own = |side: usize, keys: &[Key]| total(sets, side, keys, |it| &it.own);
    let totals = [0, 1].map(|side| own(side, keys).max(1.0));
    let (mut times, mut too_few) = (Vec::new(), 0);
    for keys in names.into_values() {
        let share = [0, 1].map(|side| own(side, &keys) / totals[side]);
        let share = share[0].max(share[1]);
        if share < LEAST_SHARE {
            continue;
        }
        let found = Times {
            share,
            ..Times::new(sets, keys, |calls| &calls.own)
        };
        let enough = if are_runs { 1 } else { CALLS };
        if found.runs.iter().all(|runs| runs.concat().len() >= enough) {
            times.push(found);
        } else {
            too_few += 1;
        }
    }
    if too_few > 0 {
        diff.notes.push(format!(
            "the times of {too_few} names are not compared: expected {} runs, or {CALLS} calls on each side, found fewer",
            super::RUNS
        ));
    }
    let mut shift = without_machine(&mut times, are_runs);
    let tests = times.iter().enumerate().map(|(at, it)| {
        let units = it.units(are_runs);
        (it.share, student([&units[0], &units[1]]), at)
    });
    for (at, _) in unlikely(tests.collect(), CHANCE_OF_TIMES) {
        times[at].has_changed = true;
    }
    shift += without_machine(&mut times, are_runs);
    if shift.abs() >= LEAST_SHIFT {
        let what = if shift > 0.0 { "slower" } else { "faster" };
        diff.notes.push(format!(
            "the machine was {:.1} % {what} after, as most names were; this is taken off their times",
            (shift.abs().exp() - 1.0) * 100.0
        ));
    }
    diff.changes.extend(levels(sets, &times, are_runs));
    diff.changes.extend(tails(sets, &times, are_runs));
}

/// Takes off what is common to all names, as far as it is not their noise: what makes a run differ from the others of its
/// side, and what makes the sides differ, which is returned.
fn without_machine(times: &mut [Times], are_runs: bool) -> f64 {
    for side in [0, 1] {
        let unchanged = || times.iter().filter(|it| !it.has_changed);
        let levels: Vec<_> = unchanged().map(|it| it.levels(side)).collect();
        let runs = times.first().map_or(0, |it| it.runs[side].len());
        let off = |run: usize| common(levels.iter().filter_map(|(levels, _)| levels[run]));
        let off: Vec<f64> = (0..runs).map(off).collect();
        let square = off.iter().map(|it| it * it).sum::<f64>() / as_f64(runs);
        let certainty = certainty(square, levels.iter().map(|it| it.1));
        for it in &mut *times {
            for (run, off) in off.iter().enumerate() {
                it.subtract(side, run, off * certainty);
            }
        }
    }
    let unchanged = times.iter().filter(|it| !it.has_changed);
    let shifts: Vec<(f64, f64)> = unchanged
        .map(|it| {
            let units = it.units(are_runs);
            let [before, after] = [&*units[0], &*units[1]];
            let shift = mean_of(after) - mean_of(before);
            (shift, variance([before, after]))
        })
        .collect();
    let shift = common(shifts.iter().map(|it| it.0));
    let shift = shift * certainty(shift * shift, shifts.iter().map(|it| it.1));
    for it in times {
        for run in 0..it.runs[1].len() {
            it.subtract(1, run, shift);
        }
    }
    shift
}

/// Tests whether all calls of a name have become slower or faster.
fn levels(sets: &Sets, times: &[Times], are_runs: bool) -> impl Iterator<Item = Change> {
    let has_many = are_runs && sets.runs.iter().all(|runs| runs.len() >= MANY_RUNS);
    let least = if has_many {
        LEAST_CHANGE
    } else {
        LEAST_CHANGE_OF_FEW
    };
    let kinds = [ChangeKind::Slower, ChangeKind::Faster];
    let tests = times.iter().map(|it| it.test(sets, are_runs, least, kinds));
    surprising(tests.collect(), CHANCE_OF_TIMES)
}

/// Tests whether the slowest calls of a name have become slower or faster, beyond what the others have.
fn tails(sets: &Sets, times: &[Times], are_runs: bool) -> impl Iterator<Item = Change> {
    let tests = times.iter().map(|it| {
        let above = it.tails();
        let changes = TAILS.iter().filter_map(|percent| {
            let beyond = |side| it.percentile(side, *percent) - it.percentile(side, 50);
            let factor = (beyond(1) - beyond(0)).exp();
            let kinds = [ChangeKind::SlowerTail, ChangeKind::FasterTail];
            let mut found = it.change(sets, *percent, factor, LEAST_CHANGE_OF_TAIL, kinds)?;
            found.before = format!("p{percent} {}", found.before);
            Some(found)
        });
        let chance = counts([&above[0], &above[1]], are_runs);
        (it.share, chance, changes.take(1).next())
    });
    surprising(tests.collect(), CHANCE_OF_TAILS)
}

/// Finds roots and server spans that take longer or shorter as a whole, where no other change explains it.
pub(super) fn totals(sets: &Sets, keys: &[Key], are_runs: bool, diff: &mut Diff) {
    let mut names: BTreeMap<usize, Vec<Key>> = BTreeMap::new();
    for key in keys {
        if sets.calls(1, *key).any(|it| it.are_entries) {
            names.entry(key.0).or_default().push(*key);
        }
    }
    let kinds = [ChangeKind::SlowerTotal, ChangeKind::FasterTotal];
    let tests = names.into_values().map(|keys| {
        let times = Times::new(sets, keys, |it| &it.durations);
        times.test(sets, are_runs, LEAST_CHANGE_OF_TOTAL, kinds)
    });
    for change in surprising(tests.collect(), CHANCE_OF_TOTALS) {
        let others = diff.changes.iter().map(|it| it.weight);
        let same = others.filter(|it| it.signum() == change.weight.signum());
        let explained = same.fold(0, i64::saturating_add);
        if explained.abs() < change.weight.abs() / 2 {
            diff.changes.push(change);
        }
    }
}
