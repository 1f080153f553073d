//! Compares calls: new and missing names, numbers of calls, and failures.

use std::collections::BTreeSet;

use itertools::Itertools as _;

use super::runs::{Calls, Key, Sets};
use super::{Change, ChangeKind, Diff, change, decimal, surprising};
use crate::significance::{counts, fisher, mean};

/// The accepted chance that a new or missing name is random.
const CHANCE_OF_PRESENCE: f64 = 0.001;
/// The accepted chance that any reported failures are random.
const CHANCE_OF_FAILURES: f64 = 0.005;
/// The accepted chance that an increase in the failures of one name is random, if it is only noted.
const CHANCE_OF_DOUBT: f64 = 0.01;
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
    let mut rare = Vec::new();
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
            rare.push(&*sets.names[key.0].name);
            continue;
        }
        let [before, after] = calls.map(|calls| match calls {
            0 => "none".to_owned(),
            1 => "1 call".to_owned(),
            calls => format!("{calls} calls"),
        });
        diff.changes.push(change(sets, &[key], kind, before, after));
    }
    join_renamed(&mut diff.changes);
    if let [first, ..] = &*rare {
        diff.doubt(format!(
            "rare names that occur on one side only, perhaps by chance: {}, for example {first}",
            rare.len()
        ));
    }
    common
}

/// Joins a missing and a new name with as many calls below the same parent.
fn join_renamed(changes: &mut Vec<Change>) {
    let (gone, mut rest): (Vec<_>, Vec<_>) =
        changes.drain(..).partition(|it| it.kind == ChangeKind::Gone);
    for gone in gone {
        let place = |it: &Change| (it.service.clone(), it.parent.clone());
        let is_it = |it: &Change| {
            it.kind == ChangeKind::New && it.after == gone.before && place(it) == place(&gone)
        };
        let mut candidates = rest.iter_mut().filter(|it| is_it(it));
        if let (Some(new), None) = (candidates.next(), candidates.next()) {
            new.kind = ChangeKind::Renamed;
            new.weight = new.weight.saturating_add(gone.weight);
            new.before = gone.name;
            new.after.clone_from(&new.name);
        } else {
            rest.push(gone);
        }
    }
    *changes = rest;
}

/// Finds parents that make more or fewer calls.
pub(super) fn counted(sets: &Sets, keys: &[Key], diff: &mut Diff) {
    let changes = &mut diff.changes;
    let mut mixes = BTreeSet::new();
    let mut tests = Vec::new();
    for key in keys.iter().copied() {
        let sides = [0, 1].map(|side| {
            let runs = sets.runs[side].iter();
            runs.map(|run| run.by_parent(key)).collect_vec()
        });
        let [one, other] = sides.each_ref().map(|runs| mean(&runs.concat()));
        let kind = if other > one { ChangeKind::MoreCalls } else { ChangeKind::FewerCalls };
        let [before, after] = [one, other].map(|mean| format!("{} for each parent", decimal(mean)));
        let mut found = change(sets, &[key], kind, before, after);
        found.factor = Some(other / one);
        let is_enough =
            (other - one).abs() >= LEAST_CALLS && (other / one).max(one / other) >= LEAST_FACTOR;
        let is_mix = is_enough && key.1.is_some_and(|it| sets.excluded.contains(&(it, key.0)));
        let is_enough = is_enough && !is_mix;
        if sides.iter().all(|runs| is_constant(runs)) {
            changes.extend(is_enough.then_some(found));
        } else {
            let chance = counts([&sides[0], &sides[1]], sets.are_runs());
            if is_mix && chance <= CHANCE_OF_COUNTS {
                mixes.insert(found.parent.clone());
            }
            tests.push((1.0, chance, is_enough.then_some(found)));
        }
    }
    changes.extend(surprising(tests, CHANCE_OF_COUNTS));
    let note = |parent| format!("{parent}: another mix of calls, which exclude each other");
    diff.notes.extend(mixes.into_iter().map(note));
}

pub(super) fn failing(sets: &Sets, keys: &[Key], diff: &mut Diff) {
    let mut tests = Vec::new();
    let mut doubtful = Vec::new();
    for key in keys.iter().copied() {
        let sides = [0, 1].map(|side| {
            let calls = sets.calls(side, key);
            calls.map(|it| it.failed.clone()).collect_vec()
        });
        let all = sides.each_ref().map(|runs| runs.concat());
        let [one, other] = all.each_ref().map(|all| mean(all));
        if other <= one {
            continue;
        }
        let [was, is] = all.map(|all| {
            let failed: f64 = all.iter().sum();
            format!("{} of {} failed", decimal(failed), all.len())
        });
        let found = change(sets, &[key], ChangeKind::Failing, was, is);
        let is_new = one <= 0.0;
        if is_new && other >= 0.5 {
            diff.changes.push(found);
            continue;
        }
        // Only increases are reported, so the chance is half of the two-sided one.
        let chance = counts([&sides[0], &sides[1]], sets.are_runs()) / 2.0;
        if is_new || chance <= CHANCE_OF_DOUBT {
            doubtful.push(found.clone());
        }
        let is_enough = other - one >= LEAST_FAILURES;
        tests.push((1.0, chance, is_enough.then_some(found)));
    }
    let found = surprising(tests, CHANCE_OF_FAILURES).collect_vec();
    let place = |it: &Change| (it.name.clone(), it.parent.clone(), it.place.clone());
    let known: BTreeSet<_> = found.iter().map(place).collect();
    for it in doubtful.iter().filter(|it| !known.contains(&place(it))) {
        let doubt = format!("{}: {} → {}, perhaps by chance", it.name, it.before, it.after);
        diff.doubt(doubt);
    }
    diff.changes.extend(found);
}

fn is_constant(runs: &[Vec<f64>]) -> bool {
    let mut values = runs.iter().flatten();
    let first = values.next();
    values.all(|it| Some(it) == first)
}

fn sum(sets: &Sets, side: usize, key: Key, of: fn(&Calls) -> usize) -> usize {
    sets.calls(side, key).map(of).sum()
}
