//! Compares calls: new and missing names, numbers of calls, and failures.

use itertools::Itertools as _;

use super::runs::{Calls, Key, Sets};
use super::{ChangeKind, Diff, change, decimal, surprising};
use crate::significance::{counts, fisher};

/// The accepted chance that a new or missing name is random.
const CHANCE_OF_PRESENCE: f64 = 0.001;
/// The accepted chance that any reported failures are random.
const CHANCE_OF_FAILURES: f64 = 0.005;
/// The accepted chance that any reported number of calls is random.
const CHANCE_OF_COUNTS: f64 = 0.002;
/// The minimum change of the failure rate that is reported.
const LEAST_FAILURES: f64 = 0.005;
/// The minimum change of the mean number of calls of each parent.
const LEAST_CALLS: f64 = 0.05;
const LEAST_FACTOR: f64 = 1.05;

/// Finds names that only one side has, and returns the common names.
pub(super) fn present(sets: &Sets, keys: &[Key], diff: &mut Diff) -> Vec<Key> {
    let mut common = Vec::new();
    for key in keys.iter().copied() {
        let calls = [0, 1].map(|side| sum(sets, side, key, |it| it.own.len()));
        let (here, kind) = match calls {
            [0, _] => (1, ChangeKind::New),
            [_, 0] => (0, ChangeKind::Gone),
            _ => {
                common.push(key);
                continue;
            }
        };
        let parents = [1 - here, here].map(|side| sets.parents(side, key));
        let is_below = key.1.is_some() && parents[0] == 0;
        if is_below || sets.calls(here, key).count() * 2 < sets.runs[here].len() {
            continue;
        }
        let having = match key.1 {
            Some(_) => sum(sets, here, key, |it| it.by_parent.len()),
            None => calls[here].min(parents[1]),
        };
        let chance = fisher((0, parents[0]), (having, parents[1]));
        if having < parents[1] && chance > CHANCE_OF_PRESENCE {
            continue;
        }
        let [before, after] = calls.map(|calls| match calls {
            0 => "none".to_owned(),
            1 => "1 call".to_owned(),
            calls => format!("{calls} calls"),
        });
        diff.changes.push(change(sets, &[key], kind, before, after));
    }
    common
}

/// Finds parents that make more or fewer calls.
pub(super) fn counted(sets: &Sets, keys: &[Key], diff: &mut Diff) {
    let changes = &mut diff.changes;
    let mut tests = Vec::new();
    for key in keys.iter().copied() {
        let sides = [0, 1].map(|side| {
            let runs = sets.runs[side].iter();
            runs.map(|run| run.by_parent(key)).collect_vec()
        });
        let (chance, [one, other]) = counts(&sides, sets.are_runs());
        let kind = if other > one { ChangeKind::MoreCalls } else { ChangeKind::FewerCalls };
        let [before, after] = [one, other].map(|mean| format!("{} for each parent", decimal(mean)));
        let mut found = change(sets, &[key], kind, before, after);
        found.factor = Some(other / one);
        let is_enough =
            (other - one).abs() >= LEAST_CALLS && (other / one).max(one / other) >= LEAST_FACTOR;
        // Calls that exclude each other, as behind a proxy, are another mix of requests.
        let is_mix = key.1.is_some_and(|it| sets.excluded.contains(&(it, key.0)));
        let is_enough = is_enough && !is_mix;
        if sides.iter().all(|runs| runs.iter().flatten().all_equal()) {
            changes.extend(is_enough.then_some(found));
        } else {
            tests.push((chance, is_enough.then_some(found)));
        }
    }
    changes.extend(surprising(tests, CHANCE_OF_COUNTS));
}

pub(super) fn failing(sets: &Sets, keys: &[Key], diff: &mut Diff) {
    let mut tests = Vec::new();
    for key in keys.iter().copied() {
        let sides = [0, 1].map(|side| {
            let calls = sets.calls(side, key);
            calls.map(|it| it.failed.clone()).collect_vec()
        });
        let (chance, [one, other]) = counts(&sides, sets.are_runs());
        if other <= one {
            continue;
        }
        let [was, is] = sides.map(|runs| {
            let all = runs.concat();
            let failed: f64 = all.iter().sum();
            format!("{} of {} failed", decimal(failed), all.len())
        });
        let found = change(sets, &[key], ChangeKind::Failing, was, is);
        if one <= 0.0 && other >= 0.5 {
            diff.changes.push(found);
            continue;
        }
        let is_enough = other - one >= LEAST_FAILURES;
        // Only increases are reported, so the chance is half of the two-sided one.
        tests.push((chance / 2.0, is_enough.then_some(found)));
    }
    diff.changes.extend(surprising(tests, CHANCE_OF_FAILURES));
}

fn sum(sets: &Sets, side: usize, key: Key, of: fn(&Calls) -> usize) -> usize {
    sets.calls(side, key).map(of).sum()
}
