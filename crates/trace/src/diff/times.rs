//! Compares the times of all calls, and of whole requests.

use itertools::Itertools as _;

use super::runs::{Calls, Key, Sets};
use super::{Change, ChangeKind, Diff, change, surprising, total, weight};
use crate::names::percentile;
use crate::significance::{
    Unit, as_f64, as_f64_of, common, counts, mean, mean_of, middle, sorted, student, units,
    unlikely,
};

/// When a change of times is reported: its kinds, the minimum factor, and the maximum chance of a false report.
struct Rule {
    kinds: [ChangeKind; 2],
    least: f64,
    chance: f64,
}

const TIMES: Rule =
    Rule { kinds: [ChangeKind::Slower, ChangeKind::Faster], least: 1.02, chance: 0.01 };
/// From this number of runs on each side, a smaller factor is reported. The parts of fewer runs share disturbances, so
/// they look more certain than they are.
const MANY_RUNS: usize = 5;
const TIMES_OF_FEW_RUNS: Rule = Rule { least: 1.08, ..TIMES };
/// The rule for total times, which include the shift of the machine.
const TOTALS: Rule =
    Rule { kinds: [ChangeKind::SlowerTotal, ChangeKind::FasterTotal], least: 1.25, chance: 0.002 };
/// The minimum share of a name in the self time of all spans.
const LEAST_SHARE: f64 = 0.005;
/// The minimum number of calls on each side for which parts of runs are compared.
const CALLS: usize = 30;
/// Times below one parent are compared on their own if they changed by this factor more than those below the others.
const APART: f64 = 1.5;
/// Calls are far longer than most if they take this many times the third quartile.
const FAR: f64 = 3.0;
/// The minimum change of the part of such calls, and the accepted chance that any reported change is random.
const LEAST_FAR: f64 = 0.03;
const CHANCE_OF_TAILS: f64 = 0.001;
/// The minimum shift of the machine that is noted.
const LEAST_SHIFT: f64 = 0.02;

/// The times of a name below some of its parents, as logarithms. The times below each parent are divided by their
/// median, so the numbers of calls of the parents do not matter.
struct Times<'a> {
    sets: &'a Sets,
    keys: Vec<Key>,
    of: fn(&Calls) -> &[f64],
    /// Whether the name has changed by itself, and so tells nothing about the machine.
    has_changed: bool,
    /// The mean times before and after as measured, including the shift of the machine.
    measured: [f64; 2],
    runs: [Vec<Vec<f64>>; 2],
}

impl<'a> Times<'a> {
    fn new(sets: &'a Sets, keys: Vec<Key>, of: fn(&Calls) -> &[f64]) -> Self {
        let mut runs = [0, 1].map(|side: usize| vec![Vec::new(); sets.runs[side].len()]);
        let mut level = 0.0;
        let mut many = 0.0;
        for key in &keys {
            let all = [0, 1]
                .iter()
                .flat_map(|side| sets.calls(*side, *key))
                .flat_map(of)
                .copied()
                .collect_vec();
            let typical = percentile(&sorted(&all), 50);
            level += typical * as_f64(all.len());
            many += as_f64(all.len());
            for (side, runs) in runs.iter_mut().enumerate() {
                for (run, values) in sets.runs[side].iter().zip(runs) {
                    let own = run.calls.get(key).map(of).unwrap_or_default();
                    values.extend(own.iter().map(|it| it - typical));
                }
            }
        }
        let mut times = Self { sets, keys, of, has_changed: false, measured: [0.0; 2], runs };
        times.measured = times.units().map(|it| mean_of(&it) + level / many);
        times
    }

    fn subtract(&mut self, side: usize, run: usize, off: f64) {
        for value in &mut self.runs[side][run] {
            *value -= off;
        }
    }

    fn units(&self) -> [Vec<Unit>; 2] {
        let runs = self.runs.each_ref();
        runs.map(|runs| units(runs, self.sets.are_runs(), Unit::robust))
    }

    fn shift(&self) -> f64 {
        let [before, after] = self.units().map(|units| mean_of(&units));
        after - before
    }

    fn shift_back(&mut self, shift: f64) {
        for run in 0..self.runs[1].len() {
            self.subtract(1, run, shift);
        }
    }

    fn are_enough(&self) -> bool {
        let enough = if self.sets.are_runs() { 1 } else { CALLS };
        self.runs.iter().all(|runs| runs.iter().map(Vec::len).sum::<usize>() >= enough)
    }

    /// Whether the change of the times differs significantly from the usual shift.
    fn changed_from(mut self, usual: f64, chance: f64) -> bool {
        self.shift_back(usual);
        self.shift().abs() >= APART.ln() && self.are_enough() && student(&self.units()) <= chance
    }

    /// Returns, for each run, by how much its mean exceeds the mean of all runs of the side.
    fn levels(&self, side: usize) -> Vec<Option<f64>> {
        let mean = |run: &Vec<f64>| (!run.is_empty()).then(|| Unit::robust(run).mean);
        let means = self.runs[side].iter().map(mean).collect_vec();
        let typical = self::mean(&means.iter().flatten().copied().collect_vec());
        means.into_iter().map(|it| Some(it? - typical)).collect()
    }

    /// Tests whether the robust mean has changed.
    fn test(&self, rule: &Rule) -> (f64, Option<Change>) {
        let factor = self.shift().exp();
        (student(&self.units()), self.change(self.measured, factor, rule))
    }

    /// Returns the change if the factor is large enough, the clock resolves it, and the measured times have changed in
    /// the same direction.
    fn change(&self, measured: [f64; 2], factor: f64, rule: &Rule) -> Option<Change> {
        let moved = (measured[1] - measured[0]) * factor.ln().signum();
        let [before, after] = measured.map(|it| self.sets.time(it));
        let is_enough = factor.max(factor.recip()) >= rule.least;
        // A mean may resolve differences below a step of the clock, but not far below it.
        let is_resolved = self.ticks_apart(measured) >= 0.5;
        if !is_enough || !is_resolved || moved < TIMES.least.ln() || before == after {
            return None;
        }
        let kind = rule.kinds[usize::from(factor < 1.0)];
        let mut found = change(self.sets, &self.keys, kind, before, after);
        found.factor = Some(factor);
        found.weight = weight(self.sets, &self.keys, self.of);
        Some(found)
    }

    /// Tests whether more or fewer calls take far longer than most calls.
    fn tail(&self) -> (f64, Option<Change>) {
        let all = sorted(&self.runs.concat().concat());
        let limit = percentile(&all, 75) + FAR.ln();
        let far = |run: &Vec<f64>| run.iter().map(|it| f64::from(u8::from(*it > limit))).collect();
        let sides = self.runs.each_ref().map(|runs| runs.iter().map(far).collect_vec());
        let (chance, [before, after]) = counts(&sides, self.sets.are_runs());
        let times = [0, 1].map(|side| {
            let calls = self.keys.iter().flat_map(|key| self.sets.calls(side, *key));
            let times = calls.flat_map(self.of).map(|it| it.exp()).collect_vec();
            mean(&times).ln()
        });
        let is_slower = after > before;
        let is_enough = (after - before).abs() >= LEAST_FAR && is_slower == (times[1] > times[0]);
        let kind = TIMES.kinds[usize::from(!is_slower)];
        let texts = times.map(|it| format!("mean {}", self.sets.time(it)));
        let found = is_enough.then(|| Change {
            factor: Some((times[1] - times[0]).exp()),
            weight: weight(self.sets, &self.keys, self.of),
            ..change(self.sets, &self.keys, kind, texts[0].clone(), texts[1].clone())
        });
        (chance, found)
    }

    /// Returns the distance of two times, in steps of the clock.
    fn ticks_apart(&self, times: [f64; 2]) -> f64 {
        (times[1].exp() - times[0].exp()).abs() / as_f64_of(self.sets.tick)
    }
}

/// Groups keys by name, because the times of a name are compared together. A key whose times have changed unlike the
/// times below the other parents gets a group of its own.
fn groups(
    sets: &Sets,
    keys: impl Iterator<Item = Key>,
    of: fn(&Calls) -> &[f64],
) -> Vec<Times<'_>> {
    let mut groups = Vec::new();
    let keys = keys.sorted_by_key(|it| it.0).collect_vec();
    for keys in keys.chunk_by(|one, other| one.0 == other.0) {
        let alone = |key: &Key| Times::new(sets, vec![*key], of);
        let usual = middle(keys.iter().map(|key| alone(key).shift()));
        let chance = TIMES.chance / as_f64(keys.len());
        let (apart, alike): (Vec<_>, Vec<_>) =
            keys.iter().partition(|key| keys.len() > 1 && alone(key).changed_from(usual, chance));
        let apart = apart.iter().map(|key| Times { has_changed: true, ..alone(key) });
        groups.extend(apart);
        // This group is not empty, because the median is the shift of one of the keys.
        groups.push(Times::new(sets, alike, of));
    }
    groups
}

/// Finds names whose self time has changed.
pub(super) fn timed(sets: &Sets, keys: &[Key], diff: &mut Diff) {
    let own = |side: usize, keys: &[Key]| total(sets, side, keys, |it| &it.own);
    let totals = [0, 1].map(|side| own(side, keys).max(1.0));
    let mut times = Vec::new();
    let mut too_few = 0;
    for group in groups(sets, keys.iter().copied(), |it| &it.own) {
        let share = [0, 1].map(|side| own(side, &group.keys) / totals[side]);
        let share = share[0].max(share[1]);
        if share < LEAST_SHARE {
            continue;
        }
        if group.are_enough() {
            times.push(group);
        } else {
            too_few += 1;
        }
    }
    if too_few > 0 {
        diff.notes.push(format!(
            "too few calls to compare the times of some names ({too_few}): expected {} runs in total, or {CALLS} calls on each side, found fewer",
            super::RUNS
        ));
    }
    let mut shift = without_machine(&mut times);
    let tests = times.iter().enumerate().map(|(at, it)| (student(&it.units()), at));
    for (at, _) in unlikely(tests.collect(), TIMES.chance) {
        times[at].has_changed = true;
    }
    shift += without_machine(&mut times);
    if shift.abs() >= LEAST_SHIFT {
        let what = if shift > 0.0 { "slower" } else { "faster" };
        diff.notes.push(format!(
            "the machine, or a change common to all names, made most names {:.1} % {what}; their times exclude this",
            (shift.abs().exp() - 1.0) * 100.0
        ));
    }
    let has_many = sets.runs.iter().all(|runs| runs.len() >= MANY_RUNS);
    let rule = if has_many { TIMES } else { TIMES_OF_FEW_RUNS };
    let levels = times.iter().map(|it| it.test(&rule)).collect();
    let found = surprising(levels, rule.chance).collect_vec();
    let tails = times.iter().map(Times::tail).collect();
    let is_named =
        |it: &Change| found.iter().any(|one| (&one.name, &one.service) == (&it.name, &it.service));
    let tails = surprising(tails, CHANCE_OF_TAILS).filter(|it| !is_named(it)).collect_vec();
    diff.changes.extend(found.into_iter().chain(tails));
}

/// Removes common shifts: the shift of a run relative to its side, and the shift between the sides. Returns the shift between the sides.
fn without_machine(times: &mut [Times<'_>]) -> f64 {
    for side in [0, 1] {
        let unchanged = || times.iter().filter(|it| !it.has_changed);
        let levels = unchanged().map(|it| it.levels(side)).collect_vec();
        let runs = times.first().map_or(0, |it| it.runs[side].len());
        let off = |run: usize| common(levels.iter().filter_map(|levels| levels[run]));
        let off = (0..runs).map(off).collect_vec();
        for it in &mut *times {
            for (run, off) in off.iter().enumerate() {
                it.subtract(side, run, *off);
            }
        }
    }
    let unchanged = times.iter().filter(|it| !it.has_changed);
    let shift = common(unchanged.map(Times::shift));
    for it in times {
        it.shift_back(shift);
    }
    shift
}

/// Finds roots and server spans whose total time has changed, unless other changes explain it.
pub(super) fn totals(sets: &Sets, keys: &[Key], diff: &mut Diff) {
    let are_entries = |key: &Key| sets.calls(1, *key).any(|it| it.are_entries);
    let times = groups(sets, keys.iter().copied().filter(are_entries), |it| &it.durations);
    let tests = times.iter().map(|it| it.test(&TOTALS)).collect();
    for change in surprising(tests, TOTALS.chance) {
        let others = diff.changes.iter().map(|it| it.weight);
        let same = others.filter(|it| it.signum() == change.weight.signum());
        let explained = same.fold(0, i64::saturating_add);
        if explained.abs() < change.weight.abs() / 2 {
            diff.changes.push(change);
        }
    }
}
