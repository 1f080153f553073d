//! The spans of one kind of call, and the property that best separates the slow ones.

use rustc_hash::{FxHashMap, FxHashSet};

use super::features::{CALLEE, COLD_START, Features, Property, text};
use super::{CHANCE, TWINS};
use crate::forest::Forest;
use crate::names::normalized;
use crate::significance::{as_f64, logarithm_of_fisher};
use crate::span::TraceId;

/// Spans that have a property are a part of the group that is at most as large as this fraction. A property of many
/// calls states what they are, not why a few of them are slow. The second number is for properties that state where or on
/// what a span works, and not what it does.
const PARTS: [usize; 2] = [5, 2];
/// At least this part of the slow spans must have a child that explains them.
const OF_CHILD: (usize, usize) = (9, 10);
/// A cold start that is rarer than one of this many calls is the usual start of a process.
const STARTS: usize = 50;
/// The prefixes of the keys that a person changes, which come first among properties of the same spans.
const CHANGED: [&str; 4] = ["service.version", "container.image.", "the flag ", "deployment."];

/// The spans of one kind of call, and their sorted durations. A position is an index in `spans`.
pub(super) struct Group<'a> {
    pub(super) forest: &'a Forest<'a>,
    pub(super) features: &'a Features<'a>,
    pub(super) name: String,
    pub(super) spans: &'a [usize],
    pub(super) sorted: Vec<u64>,
}

/// A division of spans of a group into slow ones and others.
pub(super) struct Split {
    /// The positions of all divided spans, sorted.
    pub(super) of: Vec<usize>,
    pub(super) slow: FxHashSet<usize>,
    /// The minimum number of slow spans with a property.
    pub(super) support: usize,
    /// Whether only properties that state where or on what a span works are tried.
    pub(super) only_places: bool,
}

/// The property that separates the slow spans of a split best.
pub(super) struct Separation<'p> {
    /// The chance that it does so at random, corrected for the number of properties that were tried.
    pub(super) chance: f64,
    /// The index of the split.
    pub(super) split: usize,
    pub(super) property: &'p Property,
    /// The property, and those of the same spans, in words.
    pub(super) what: String,
}

impl Split {
    /// Counts the slow spans with the property, and all spans with it.
    pub(super) fn count(&self, property: &Property) -> (usize, usize) {
        let is_divided = |it: &&usize| self.of.binary_search(it).is_ok();
        let with = property.places.iter().filter(is_divided).count();
        (property.places.iter().filter(|it| self.slow.contains(*it)).count(), with)
    }
}

impl<'a> Group<'a> {
    pub(super) fn new(
        forest: &'a Forest<'a>,
        features: &'a Features<'a>,
        spans: &'a [usize],
    ) -> Self {
        let mut sorted: Vec<u64> = spans.iter().map(|it| forest.span(*it).duration()).collect();
        sorted.sort_unstable();
        Self { forest, features, name: normalized(&forest.span(spans[0]).name), spans, sorted }
    }

    pub(super) fn duration(&self, at: usize) -> u64 {
        self.forest.span(self.spans[at]).duration()
    }

    /// Returns the properties that slow spans of the splits share.
    pub(super) fn properties(&self, splits: &[Option<Split>]) -> Vec<Property> {
        let slow = splits.iter().flatten().flat_map(|it| it.slow.iter().copied());
        let slow: FxHashSet<usize> = slow.collect();
        let mut slow: Vec<usize> = slow.into_iter().collect();
        slow.sort_unstable();
        self.features.shared(self.spans, &slow)
    }

    /// Returns the property that separates the slow spans of one of the splits best.
    pub(super) fn separation<'p>(
        &self,
        properties: &'p [Property],
        splits: &[Option<Split>],
    ) -> Option<Separation<'p>> {
        let mut tried = 0;
        // The best own property, and the best child.
        let mut bests: [Option<(f64, usize, &Property)>; 2] = [None; 2];
        for property in properties {
            for (at, split) in splits.iter().enumerate() {
                let Some(split) = split.as_ref().filter(|it| self.is_tried(it, property)) else {
                    continue;
                };
                tried += 1;
                let chance = self.chance(split, property);
                let best = &mut bests[usize::from(property.is_child())];
                let is_better = best
                    .is_none_or(|it| (chance, property.places.len()) < (it.0, it.2.places.len()));
                if is_better && is_doubled(split, property) {
                    *best = Some((chance, at, property));
                }
            }
        }
        let [own, child] =
            bests.map(|best| best.map(|it| (it.0.exp() * as_f64(tried), it.1, it.2)));
        // A property that makes spans go a slow way explains more than the way does.
        let (chance, split, property) = own.filter(|it| 2.0 * it.0 <= CHANCE).or(child).or(own)?;
        let what = self.words(properties, property)?;
        Some(Separation { chance, split, property, what })
    }

    fn is_tried(&self, split: &Split, property: &Property) -> bool {
        let (slow, _) = split.count(property);
        // A child tells which way a call went. It tells why a call was slow only if other slow calls are rare.
        let is_partial = property.is_child() && slow * OF_CHILD.1 < split.slow.len() * OF_CHILD.0;
        let is_common =
            property.places.len() * PARTS[usize::from(property.is_place)] > self.spans.len();
        slow >= split.support
            && !is_common
            && !is_partial
            && (property.is_place || !split.only_places)
    }

    /// Returns the logarithm of the chance that the spans with the property are slow at random. Spans of one trace are
    /// not independent, so a trace has at most two rows: its spans with the property, and its other spans. A row is
    /// slow if at least half of its spans are slow.
    fn chance(&self, split: &Split, property: &Property) -> f64 {
        let mut rows: FxHashMap<(TraceId, bool), (usize, usize)> = FxHashMap::default();
        for at in &split.of {
            let key = (self.forest.span(self.spans[*at]).trace, property.has(*at));
            let (slow, spans) = rows.entry(key).or_default();
            *slow += usize::from(split.slow.contains(at));
            *spans += 1;
        }
        let mut samples = [(0, 0); 2];
        for ((_, has), (slow, spans)) in rows {
            let (some, all) = &mut samples[usize::from(has)];
            *some += usize::from(slow * 2 >= spans);
            *all += 1;
        }
        logarithm_of_fisher(samples[0], samples[1])
    }

    /// Returns the property in words, with other properties of the same spans. If these are the usual starts of a
    /// process, returns nothing.
    fn words(&self, properties: &[Property], best: &Property) -> Option<String> {
        let twins = properties.iter().filter(|it| is_twin(&best.places, &it.places));
        let mut twins: Vec<_> = twins.map(|it| &it.feature).collect();
        let is_start = twins.iter().any(|it| *it.0 == *COLD_START);
        if is_start && best.places.len() * STARTS < self.spans.len() {
            return None;
        }
        // Of several magnitudes of a number, the first one is enough.
        twins.dedup_by(|one, other| one.0 == other.0 && !best.is_child());
        twins.sort_by_key(|it| {
            let key = it.0.trim_start_matches(CALLEE);
            CHANGED.iter().position(|it| key.starts_with(it)).unwrap_or(CHANGED.len())
        });
        Some(twins.into_iter().map(text).collect::<Vec<_>>().join(" or "))
    }
}

/// Whether a span with the property is slow at least twice as often as one without.
fn is_doubled(split: &Split, property: &Property) -> bool {
    let (slow, with) = split.count(property);
    let others = split.of.len() - with;
    slow * others >= 2 * (split.slow.len() - slow) * with
}

fn is_twin(one: &[usize], other: &[usize]) -> bool {
    let fewer = one.len().min(other.len());
    let more = one.len().max(other.len());
    // Most pairs differ so much in size that they cannot be twins, so their elements need not be compared.
    if fewer * TWINS.1 < more * TWINS.0 {
        return false;
    }
    let both = one.iter().filter(|it| other.binary_search(it).is_ok()).count();
    both * TWINS.1 >= (fewer + more - both) * TWINS.0
}
