//! Finds spans that take much longer than their siblings: one below each of most parents, or a single one of all. The
//! property that such spans share, and their siblings lack, is the answer.

use std::collections::{BTreeMap, BTreeSet};

use floe_waterfall::duration;
use itertools::Itertools as _;

use super::group::{Group, Separation, Split};
use super::{CHANCE, CauseKind, Finding, Tested, sum};
use crate::names::{normalized, percentile};
use crate::significance::{as_f64, logarithm};

/// A cause is reported only if it takes at least the time of all traces divided by this.
const OF_FILE: u64 = 50;
/// The minimum number of siblings.
pub(super) const SIBLINGS: usize = 8;
/// The minimum ratio of a straggler to the median.
const OUTLIER: u64 = 4;
/// The chance that a span takes so much longer than its siblings that it is a straggler.
const STRAGGLER: f64 = 0.01;
/// The minimum number of stragglers that share a property.
const SUPPORT: usize = 2;

/// The stragglers below most parents of a group.
struct Stragglers {
    /// The positions of all spans with enough siblings, and of the late ones.
    split: Split,
    /// The late spans, each with its additional time.
    late: Vec<(usize, u64)>,
    parents: usize,
}

/// Returns the finding about one span below each of most parents that takes much longer than its siblings.
pub(super) fn stragglers(group: &Group<'_>, least: u64) -> Option<Tested> {
    let found = Stragglers::of(group, least)?;
    let (all, some) = (found.parents, found.late.len());
    let ways: f64 = (1..=some).map(|it| (as_f64(all - some + it) / as_f64(it)).ln()).sum();
    let chance = (ways + as_f64(some) * STRAGGLER.ln()).exp();
    let splits = [Some(found.split)];
    let properties = group.properties(&splits);
    let separation = group.separation(&properties, &splits).filter(|it| it.chance <= CHANCE);
    let [Some(split)] = splits else { return None };
    let name = &group.name;
    let usual = duration(percentile(&group.sorted, 50));
    let longest = split.slow.iter().map(|it| group.duration(*it)).max().map(duration)?;
    let shared = separation.as_ref().map(|it| shared(&split, it)).unwrap_or_default();
    let message = format!(
        "one span `{name}` below each of {some} of {all} parents took far longer than the others, up to {longest}{shared}; the others typically take {usual}"
    );
    let mut finding = Finding::new(CauseKind::SlowWith, OF_FILE, found.late, message);
    finding.has_property = separation.is_some();
    Some((chance, finding))
}

fn shared(split: &Split, separation: &Separation<'_>) -> String {
    let (slow, with) = split.count(separation.property);
    let (all, what) = (split.slow.len(), &separation.what);
    let others = split.of.len() - all;
    format!(": {slow} of {all} have {what}, compared with {} of {others} others", with - slow)
}

impl Stragglers {
    fn of(group: &Group<'_>, least: u64) -> Option<Self> {
        let mut families: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (at, span) in group.spans.iter().enumerate() {
            if let Some(parent) = group.forest.tree().parent(*span) {
                families.entry(parent).or_default().push(at);
            }
        }
        families.retain(|_, places| places.len() >= SIBLINGS);
        let parents = families.len();
        let late = families.values_mut().filter_map(|places| {
            places.sort_by_key(|it| group.duration(*it));
            let sorted = places.iter().map(|it| group.duration(*it)).collect_vec();
            let (usual, _) = outlier(&sorted).filter(|it| it.1 <= STRAGGLER)?;
            Some((*places.last()?, sorted.last()? - usual))
        });
        let late = late.collect_vec();
        // Calls that are slow at random, such as the misses of a cache, are alone below fewer parents.
        if late.len() < 2 || late.len() * 2 <= parents || sum(late.iter().map(|it| it.1)) < least {
            return None;
        }
        let split = Split {
            of: families.into_values().flatten().sorted_unstable().collect(),
            slow: late.iter().map(|it| it.0).collect(),
            support: SUPPORT,
            only_places: false,
        };
        let late = late.into_iter().map(|(at, time)| (group.spans[at], time)).collect();
        Some(Self { split, late, parents })
    }
}

/// Returns the finding about a single span that takes much longer than all others.
pub(super) fn single(group: &Group<'_>, least: u64) -> Option<Tested> {
    let (longest, others) = group.sorted.split_last()?;
    let (usual, chance) = outlier(&group.sorted).filter(|it| longest - it.0 >= least)?;
    let duration_of = |span: &&usize| group.forest.span(**span).duration();
    let span = *group.spans.iter().max_by_key(duration_of)?;
    let is_first =
        group.spans.iter().all(|it| group.forest.span(span).start <= group.forest.span(*it).start);
    let children = |span: usize| {
        group.forest.tree().children(span).iter().map(|it| normalized(&group.forest.span(*it).name))
    };
    let others_have: BTreeSet<String> =
        group.spans.iter().filter(|it| **it != span).flat_map(|it| children(*it)).collect();
    let child = children(span).find(|it| !others_have.contains(it));
    let all = group.spans.len();
    let name = &group.name;
    let which = if is_first { ", the first one," } else { "" };
    let [took, typical, most] = [*longest, usual, *others.last()?].map(duration);
    let alone = child.map_or_else(String::new, |it| format!(": only it has `{it}` below it"));
    let message = format!(
        "one of {all} spans `{name}`{which} took {took}, the others about {typical}, at most {most}{alone}"
    );
    let at = vec![(span, longest - usual)];
    Some((chance, Finding::new(CauseKind::SlowWith, OF_FILE, at, message)))
}

/// Returns the median of all but the last of sorted values, and the chance that the last one is as far above the others,
/// if the tail of the values follows a power law. With a lighter tail, the chance is smaller.
fn outlier(sorted: &[u64]) -> Option<(u64, f64)> {
    let (longest, others) = sorted.split_last()?;
    let usual = percentile(others, 50);
    let upper = others.get(others.len() / 2..)?;
    let least = logarithm(*upper.first()?);
    let sum: f64 = upper.iter().map(|it| logarithm(*it) - least).sum();
    let gap = logarithm(*longest) - logarithm(*upper.last()?);
    let is_far = longest / OUTLIER >= usual && sum > 0.0 && gap > 0.0;
    is_far.then(|| (usual, (1.0 + gap / sum).powf(-as_f64(upper.len()))))
}
