//! Finds a property that slow spans of a name have and quick ones do not have: an attribute, a host, a version, a
//! parent, a child, an event, or a text that differs only in ids.

use floe_waterfall::duration;
use itertools::Itertools as _;

use super::features::Features;
use super::group::{Group, Separation, Split};
use super::{CHANCE, CauseKind, Finding, LEAST, Tested, by_chance, likeliest, straggler, sum};
use crate::forest::Forest;
use crate::names::percentile;
use crate::significance::as_f64;

/// A cause is reported only if it takes at least the time of all traces divided by this.
const OF_FILE: u64 = 50;
/// The minimum number of spans of a name.
const SPANS: usize = 20;
/// The percentile of the usual span, the minimum ratio of a slow span to it, and the minimum number of spans for each
/// slow one. The second row is for properties that state where or on what a span works, and not what it does. The third
/// one is for causes that are rare beside spans that take twice the usual time by chance.
const TAILS: [(usize, u64, usize); 3] = [(50, 2, 5), (25, 2, 2), (50, 4, 5)];
/// The minimum number of slow spans, and of those with a value.
const SUPPORT: usize = 5;

/// Returns the property that best separates the slow spans of each kind of call, with the chance that it is random.
pub(super) fn slow_with(
    forest: &Forest<'_>,
    groups: &[Vec<usize>],
    all: u64,
) -> Vec<Option<Tested>> {
    let least = (all / OF_FILE).max(LEAST);
    let groups = groups.iter().filter(|it| it.len() >= straggler::SIBLINGS).collect_vec();
    let features = Features::new(forest);
    let many = as_f64(groups.len());
    let tested = groups.into_iter().map(|spans| {
        let group = Group::new(forest, &features, spans);
        likeliest(tested(&group, least, CHANCE / many).into_iter())
    });
    tested.collect()
}

/// Returns the finding about a group. One with a property comes before one without, if its chance is at most `certain`.
fn tested(group: &Group<'_>, least: u64, certain: f64) -> Option<Tested> {
    let late = straggler::stragglers(group, least);
    if late.as_ref().is_some_and(|it| it.1.has_property) {
        return late;
    }
    let separated = separated(group, least);
    if separated.as_ref().is_some_and(|it| 2.0 * it.0 <= certain) {
        return separated;
    }
    let late = late.or_else(|| straggler::single(group, least));
    separated.into_iter().chain(late).min_by(by_chance)
}

/// Returns the finding about the property that separates the slow spans best.
fn separated(group: &Group<'_>, least: u64) -> Option<Tested> {
    if group.spans.len() < SPANS {
        return None;
    }
    let splits = TAILS.map(|it| tail(group, it, least));
    if splits.iter().all(Option::is_none) {
        return None;
    }
    let properties = group.properties(&splits);
    let best = group.separation(&properties, &splits)?;
    let split = splits[best.split].as_ref()?;
    Some((best.chance, finding(group, split, &best)?))
}

/// Returns the slow spans, if they are at most this part of all. Slow spans that take a negligible time are left out
/// early, because the collection of their properties takes long.
fn tail(group: &Group<'_>, tail: (usize, u64, usize), least: u64) -> Option<Split> {
    let from = shortest(group, tail);
    let most = tail.2;
    let slow = &group.sorted[group.sorted.partition_point(|it| *it < from)..];
    let is_tail = slow.len() >= SUPPORT && slow.len() * most <= group.sorted.len();
    if !is_tail || sum(slow.iter().copied()) < least {
        return None;
    }
    let all = 0..group.spans.len();
    Some(Split {
        of: all.clone().collect(),
        slow: all.filter(|it| group.duration(*it) >= from).collect(),
        support: SUPPORT,
        only_places: tail == TAILS[1],
    })
}

/// Returns the minimum duration of a slow span.
fn shortest(group: &Group<'_>, (percent, ratio, _): (usize, u64, usize)) -> u64 {
    percentile(&group.sorted, percent).saturating_mul(ratio)
}

fn finding(group: &Group<'_>, split: &Split, best: &Separation<'_>) -> Option<Finding> {
    let others = split.of.len() - split.slow.len();
    let usual = percentile(group.sorted.get(..others)?, 50);
    let slow = best.property.places.iter().filter(|it| split.slow.contains(*it));
    let at = slow.map(|it| (group.spans[*it], group.duration(*it) - usual)).collect_vec();
    let (name, what) = (&group.name, &best.what);
    let (some, all) = (at.len(), split.slow.len());
    let quick = best.property.places.len() - some;
    let [from, typical] = [shortest(group, TAILS[best.split]), usual].map(duration);
    let message = format!(
        "`{name}`: {some} of {all} slow spans have {what}, compared with {quick} of {others} other spans; slow means {from} or longer, and the others typically take {typical}"
    );
    let mut finding = Finding::new(CauseKind::SlowWith, OF_FILE, at, message);
    finding.has_property = true;
    Some(finding)
}
