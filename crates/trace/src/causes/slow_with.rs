//! Finds a property that slow spans of a name have and quick ones do not have: an attribute, a host, a version, a
//! parent, a child, an event, or a text that differs only in ids.

use std::collections::{BTreeMap, BTreeSet};

use floe_waterfall::duration;
use itertools::Itertools as _;
use rustc_hash::FxHashMap;

use super::equal_calls::equal_calls;
use super::{CHANCE, CauseKind, Finding, LEAST, Tested, likeliest, sum};
use crate::forest::Forest;
use crate::names::{normalized, percentile};
use crate::significance::{as_f64, logarithm, logarithm_of_fisher};
use crate::span::{Attributes, Kind, Span, Text, TraceId, Value, value_of};

/// A cause is reported only if it takes at least the time of all traces divided by this.
const OF_FILE: u64 = 50;
/// The minimum number of spans of a name.
const SPANS: usize = 20;
const SPANS_OF_OUTLIER: usize = 8;
/// The percentile of the usual span, the minimum ratio of a slow span to it, and the minimum number of spans for each
/// slow one. The second row is for properties that state where or on what a span works, and not what it does. The third
/// one is for causes that are rare beside spans that take twice the usual time by chance.
const TAILS: [(usize, u64, usize); 3] = [(50, 2, 5), (25, 2, 2), (50, 4, 5)];
/// The prefixes of the keys of a place where spans run, of a place that they call, or of a feature flag.
const WHERE: [&str; 13] = [
    "the flag ",
    "feature_flag.",
    "messaging.destination.partition",
    "cloud.",
    "container.",
    "db.instance",
    "deployment.",
    "host.",
    "k8s.",
    "net.",
    "network.peer.",
    "server.",
    "service.",
];
/// The prefixes of the keys that a person changes, which come first among properties of the same spans.
const CHANGED: [&str; 4] = ["service.version", "container.image.", "the flag ", "deployment."];
const VARIANTS: [&str; 3] =
    ["feature_flag.result.variant", "feature_flag.variant", "feature_flag.result.value"];
/// The minimum ratio of a single outlier to the median.
const OUTLIER: u64 = 4;
/// The minimum number of slow spans, and of those with a value.
const SUPPORT: usize = 5;
const CHILD: &str = "a child";
/// The prefix of the keys of another process that a span calls.
const CALLEE: &str = "a callee with ";
/// A key with at least this many values states what a span works on, such as a row or a tenant.
const SUBJECTS: usize = 10;
/// The databases that programs use as a cache. The call after one of theirs is what a miss costs.
const CACHES: [&str; 4] = ["redis", "memcached", "valkey", "hazelcast"];
/// A cold start that is rarer than one of this many calls is the usual start of a process.
const STARTS: usize = 50;
/// At least this part of the slow spans must have a child that explains them.
const OF_CHILD: (usize, usize) = (9, 10);
/// The attribute of a function that its platform had to start first, which only the time of its caller contains.
const COLD_START: &str = "faas.coldstart";
/// The chance that a span takes so much longer than its siblings that it is a straggler.
const STRAGGLER: f64 = 0.01;
/// Values whose spans overlap by this fraction are one finding.
const TWINS: (usize, usize) = (19, 20);
/// The maximum number of feature flags of a trace.
const MOST_FLAGS: usize = 32;
/// The maximum number of characters of a value.
const LONGEST: usize = 60;
/// Attributes of bridges from `tracing` that explain nothing, because they are parts of the duration.
const MEASURED: [&str; 2] = ["busy_ns", "idle_ns"];

/// A property by which spans differ: an attribute, or a word such as "parent", with its value.
type Feature = (Text, Text);

/// Returns the property that best separates the slow spans of each kind of call, with the chance that it is random.
pub(super) fn slow_with(
    forest: &Forest<'_>,
    operations: &[usize],
    all: u64,
) -> Vec<Option<Tested>> {
    let least = (all / OF_FILE).max(LEAST);
    let kinds = equal_calls(forest, operations);
    let mut groups: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for span in forest.traces().iter().flat_map(|trace| &trace.spans) {
        groups.entry(kinds[*span]).or_default().push(*span);
    }
    groups.retain(|_, spans| spans.len() >= SPANS_OF_OUTLIER);
    let flags = flags(forest);
    let roots = roots(forest);
    // The properties of a root or a resource belong to many spans, and are written once.
    let written =
        forest.tree().roots().iter().map(|it| (*it, written(&forest.span(*it).attributes)));
    let of_roots = written.collect();
    let sources = forest.recording().sources.iter();
    let of_sources = sources.map(|it| self::written(&it.resource)).collect_vec();
    let tested = groups.values().map(|spans| {
        let mut sorted = spans.iter().map(|it| forest.span(*it).duration()).collect_vec();
        sorted.sort_unstable();
        let name = &normalized(&forest.span(spans[0]).name);
        let group = Group {
            forest,
            name,
            spans,
            roots: &roots,
            of_roots: &of_roots,
            of_sources: &of_sources,
            flags: &flags,
            sorted,
        };
        let outlier = group.stragglers(least).or_else(|| group.outlier(least));
        likeliest(group.separated(least).into_iter().chain(outlier))
    });
    tested.collect()
}

/// Returns the root above each span, or the span itself.
fn roots(forest: &Forest<'_>) -> Vec<usize> {
    let mut roots = vec![0; forest.recording().spans.len()];
    for root in forest.tree().roots() {
        for span in forest.tree().below(&[*root]) {
            roots[span] = *root;
        }
    }
    roots
}

type Flags = FxHashMap<TraceId, BTreeSet<Feature>>;

/// Returns the feature flags that were evaluated in each trace, from events of spans and from log records.
fn flags(forest: &Forest<'_>) -> Flags {
    let recording = forest.recording();
    let events = recording
        .spans
        .iter()
        .flat_map(|span| span.events.iter().map(|it| (span.trace, &it.name, &it.attributes)));
    let logs = recording.logs.iter().map(|it| (it.trace, &it.event_name, &it.attributes));
    let mut flags = Flags::default();
    for (trace, name, attributes) in events.chain(logs) {
        let value = |key| value_of(attributes, key).map(Value::to_string);
        if name.starts_with("feature_flag")
            && let Some(flag) = value("feature_flag.key")
            && let Some(variant) = VARIANTS.into_iter().find_map(value)
        {
            let known = flags.entry(trace).or_default();
            if known.len() < MOST_FLAGS {
                known.insert((format!("the flag {flag}").into(), variant.into()));
            }
        }
    }
    flags
}

/// The spans of a name, and their sorted durations.
struct Group<'a> {
    forest: &'a Forest<'a>,
    name: &'a str,
    spans: &'a [usize],
    /// The root above each span of the file.
    roots: &'a [usize],
    of_roots: &'a FxHashMap<usize, Vec<Feature>>,
    of_sources: &'a [Vec<Feature>],
    flags: &'a Flags,
    sorted: Vec<u64>,
}

impl Group<'_> {
    /// Returns the shortest duration of a slow span, if the slow spans are at most this part of all. Slow spans that take
    /// a negligible time are left out early, because the collection of their properties takes long.
    fn tail(&self, (percent, ratio, most): (usize, u64, usize), least: u64) -> Option<u64> {
        let from = percentile(&self.sorted, percent).saturating_mul(ratio);
        let slow = &self.sorted[self.sorted.partition_point(|it| *it < from)..];
        let is_tail = slow.len() >= SUPPORT && slow.len() * most <= self.sorted.len();
        (is_tail && sum(slow.iter().copied()) >= least).then_some(from)
    }

    /// Returns the spans of each value, as indices in the group, without ids, and whether the value is a place or one of
    /// many subjects.
    fn features(&self) -> Vec<(Feature, BTreeSet<usize>, bool)> {
        let mut features: FxHashMap<Feature, Vec<usize>> = FxHashMap::default();
        for (at, span) in self.spans.iter().enumerate() {
            for feature in self.of_span(*span) {
                let places = features.entry(feature).or_default();
                places.extend((places.last() != Some(&at)).then_some(at));
            }
        }
        let mut keys: FxHashMap<&str, (usize, usize)> = FxHashMap::default();
        for ((key, _), places) in &features {
            let (values, spans) = keys.entry(key).or_default();
            *values += 1;
            *spans += places.len();
        }
        // If all callees share a place, the place tells no more than that a span calls something.
        let is_id = |(key, _): &Feature| {
            let (values, spans) = keys[&**key];
            values * 2 > spans || values == 1 && key.starts_with(CALLEE)
        };
        let is_place = |key: &str| is_where(key) || key != CHILD && keys[key].0 >= SUBJECTS;
        let useful = features.iter().filter(|it| !is_id(it.0)).sorted();
        let copied = |places: &Vec<usize>| places.iter().copied().collect();
        useful.map(|(it, places)| (it.clone(), copied(places), is_place(&it.0))).collect()
    }

    fn of_span(&self, index: usize) -> Vec<Feature> {
        let span = self.forest.span(index);
        let plain = |index: usize| normalized(&self.forest.span(index).name);
        let place = |what: &str, value: String| (what.into(), value.into());
        let root = Some(self.roots[index]).filter(|root| *root != index);
        let of_root = root.and_then(|root| self.of_roots.get(&root));
        let of_source = self.of_sources.get(span.source);
        let mut features = written(&span.attributes);
        features.extend(of_source.into_iter().chain(of_root).flatten().cloned());
        let mut is_after_cache = false;
        for index in self.forest.tree().children(index) {
            let child = self.forest.span(*index);
            let is_cache = is_cache(child);
            features.extend((!is_cache && !is_after_cache).then(|| place(CHILD, plain(*index))));
            is_after_cache = is_cache;
            let cold_start = child.attribute(COLD_START);
            features.extend(cold_start.map(|it| place(COLD_START, it.to_string())));
            let source = self.forest.recording().sources.get(child.source);
            let callee = source.filter(|_| child.kind == Kind::Server);
            let resource = callee.iter().flat_map(|it| &it.resource);
            let places = resource.filter(|it| is_where(&it.0));
            features.extend(places.map(|it| place(&format!("{CALLEE}{}", it.0), it.1.to_string())));
        }
        features.extend(span.events.iter().map(|it| place("the event", it.name.to_string())));
        features.extend(self.flags.get(&span.trace).into_iter().flatten().cloned());
        features
    }

    /// Returns the finding about the value that best separates the slow spans.
    fn separated(&self, least: u64) -> Option<Tested> {
        let tails = TAILS.map(|it| self.tail(it, least));
        if self.spans.len() < SPANS || tails == [None; 3] {
            return None;
        }
        let features = self.features();
        let (chance, from, places) = self.best(&features, tails)?;
        let mut twins =
            features.iter().filter(|it| is_twin(places, &it.1)).map(|it| &it.0).collect_vec();
        let is_start = twins.iter().any(|it| *it.0 == *COLD_START);
        if is_start && places.len() * STARTS < self.spans.len() {
            return None;
        }
        // Of several magnitudes of a number, the first one is enough.
        twins.dedup_by(|one, other| one.0 == other.0 && *one.0 != *CHILD);
        twins.sort_by_key(|it| {
            let key = it.0.trim_start_matches(CALLEE);
            CHANGED.iter().position(|it| key.starts_with(it)).unwrap_or(CHANGED.len())
        });
        let what = twins.into_iter().map(text).collect_vec();
        Some((chance, self.finding(from, places, &what.join(" or "))?))
    }

    /// Returns the spans of the best value, with the chance that it is random and the duration of a slow span.
    fn best<'f>(
        &self,
        features: &'f [(Feature, BTreeSet<usize>, bool)],
        tails: [Option<u64>; 3],
    ) -> Option<(f64, u64, &'f BTreeSet<usize>)> {
        let mut tried = 0;
        // The best own property, and the best child.
        let mut bests = [None; 2];
        for ((feature, places, is_place), (tail, from)) in
            features.iter().flat_map(|it| tails.into_iter().enumerate().map(move |tail| (it, tail)))
        {
            let Some(from) = from.filter(|_| tail != 1 || *is_place) else {
                continue;
            };
            let is_slow = |at: usize| self.forest.span(self.spans[at]).duration() >= from;
            let all_slow = self.sorted.len() - self.sorted.partition_point(|it| *it < from);
            let support = places.iter().filter(|it| is_slow(**it)).count();
            // A property of many calls states what they are, not why a few of them are slow.
            let most = TAILS[usize::from(*is_place)].2;
            let is_common = places.len() * most > self.spans.len();
            // A child tells which way a call went. It tells why a call was slow only if other slow calls are rare.
            let is_child = *feature.0 == *CHILD;
            let is_partial = is_child && support * OF_CHILD.1 < all_slow * OF_CHILD.0;
            if support < SUPPORT || is_common || is_partial {
                continue;
            }
            tried += 1;
            let [slow_with, slow, with, all] = self.rows(places, &is_slow);
            let chance = logarithm_of_fisher((with - slow_with, all - slow), (slow_with, slow));
            let best = &mut bests[usize::from(is_child)];
            let is_better = best.is_none_or(|it: (f64, _, &BTreeSet<usize>)| {
                (chance, places.len()) < (it.0, it.2.len())
            });
            // The risk of a slow span must be at least twice as high with the value.
            let others = self.spans.len() - places.len();
            let is_doubled = support * others >= 2 * (all_slow - support) * places.len();
            if is_better && is_doubled {
                *best = Some((chance, from, places));
            }
        }
        let corrected = bests.map(|best| {
            best.map(|(chance, from, places)| (chance.exp() * as_f64(tried), from, places))
        });
        let [own, child] = corrected;
        // A property that makes spans go a slow way explains more than the way does.
        own.filter(|it| 2.0 * it.0 <= CHANCE).or(child).or(own)
    }

    fn finding(&self, from: u64, places: &BTreeSet<usize>, what: &str) -> Option<Finding> {
        let spans = places.iter().map(|it| self.spans[*it]);
        let slow = spans
            .map(|it| (self.forest.span(it).duration(), it))
            .filter(|it| it.0 >= from)
            .collect_vec();
        let others = self.sorted.partition_point(|it| *it < from);
        let usual = percentile(self.sorted.get(..others)?, 50);
        let name = self.name;
        let some = slow.len();
        let all = self.spans.len() - others;
        let quick = places.len() - some;
        let [from, typical] = [from, usual].map(duration);
        let message = format!(
            "`{name}`: {some} of {all} slow spans have {what}, compared with {quick} of {others} other spans; slow means {from} or longer, and the others typically take {typical}"
        );
        let at = slow.into_iter().map(|(time, span)| (span, time - usual)).collect();
        Some(Finding::new(CauseKind::SlowWith, OF_FILE, at, message))
    }

    /// Counts the slow rows with the value, all slow rows, all rows with the value, and all rows. Spans of one trace
    /// are not independent, so a trace has at most two rows: its spans with the value, and its other spans. A row is
    /// slow if at least half of its spans are slow.
    fn rows(&self, places: &BTreeSet<usize>, is_slow: &dyn Fn(usize) -> bool) -> [usize; 4] {
        let mut rows: FxHashMap<(TraceId, bool), (usize, usize)> = FxHashMap::default();
        for (at, span) in self.spans.iter().enumerate() {
            let key = (self.forest.span(*span).trace, places.contains(&at));
            let (slow, spans) = rows.entry(key).or_default();
            *slow += usize::from(is_slow(at));
            *spans += 1;
        }
        let mut counts = [0; 4];
        for ((_, has), (slow, spans)) in rows {
            let is = [slow * 2 >= spans && has, slow * 2 >= spans, has, true];
            counts.iter_mut().zip(is).for_each(|(count, is)| *count += usize::from(is));
        }
        counts
    }

    /// Returns the finding about one span below each of most parents that takes much longer than its siblings.
    fn stragglers(&self, least: u64) -> Option<Tested> {
        let duration_of = |span: &usize| self.forest.span(*span).duration();
        let mut families: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for span in self.spans {
            let parent = self.forest.tree().parent(*span);
            families.entry(parent?).or_default().push(*span);
        }
        families.retain(|_, spans| spans.len() >= SPANS_OF_OUTLIER);
        let all = families.len();
        let late = families.values_mut().filter_map(|spans| {
            spans.sort_unstable_by_key(duration_of);
            let sorted = spans.iter().map(duration_of).collect_vec();
            let (usual, _) = outlier(&sorted).filter(|it| it.1 <= STRAGGLER)?;
            Some((*spans.last()?, sorted.last()? - usual))
        });
        let late = late.collect_vec();
        // Calls that are slow at random, such as the misses of a cache, are alone below fewer parents.
        if late.len() < 2 || late.len() * 2 <= all || sum(late.iter().map(|it| it.1)) < least {
            return None;
        }
        let ways: f64 =
            (1..=late.len()).map(|it| (as_f64(all - late.len() + it) / as_f64(it)).ln()).sum();
        let chance = (ways + as_f64(late.len()) * STRAGGLER.ln()).exp();
        let (name, some) = (self.name, late.len());
        let usual = duration(percentile(&self.sorted, 50));
        let longest = late.iter().map(|it| duration_of(&it.0)).max().map(duration)?;
        let message = format!(
            "one span `{name}` below each of {some} of {all} parents took far longer than the others, up to {longest}; the others typically take {usual}"
        );
        Some((chance, Finding::new(CauseKind::SlowWith, OF_FILE, late, message)))
    }

    /// Returns the finding about a single span that takes much longer than all others.
    fn outlier(&self, least: u64) -> Option<Tested> {
        let (longest, others) = self.sorted.split_last()?;
        let (usual, chance) = outlier(&self.sorted).filter(|it| longest - it.0 >= least)?;
        let duration_of = |span: &&usize| self.forest.span(**span).duration();
        let span = *self.spans.iter().max_by_key(duration_of)?;
        let is_first =
            self.spans.iter().all(|it| self.forest.span(span).start <= self.forest.span(*it).start);
        let children = |span: usize| {
            self.forest
                .tree()
                .children(span)
                .iter()
                .map(|it| normalized(&self.forest.span(*it).name))
        };
        let others_have: BTreeSet<String> =
            self.spans.iter().filter(|it| **it != span).flat_map(|it| children(*it)).collect();
        let child = children(span).find(|it| !others_have.contains(it));
        let all = self.spans.len();
        let name = self.name;
        let which = if is_first { ", the first one," } else { "" };
        let [took, typical, most] = [*longest, usual, *others.last()?].map(duration);
        let alone = child.map_or_else(String::new, |it| format!(": only it has `{it}` below it"));
        let message = format!(
            "one of {all} spans `{name}`{which} took {took}, the others about {typical}, at most {most}{alone}"
        );
        let at = vec![(span, longest - usual)];
        Some((chance, Finding::new(CauseKind::SlowWith, OF_FILE, at, message)))
    }
}

/// Returns the properties that attributes state.
fn written(attributes: &Attributes) -> Vec<Feature> {
    let mut features = Vec::new();
    for (key, value) in attributes.iter().filter(|it| !MEASURED.contains(&&*it.0)) {
        let digits = value.as_int().filter(|it| *it > 0).map_or(0, i64::ilog10);
        let least = (1..=digits).map(|it| 10_i64.pow(it).to_string().into());
        features.extend(least.map(|it| (format!("{key}` ≥").into(), it)));
        let text = match value {
            Value::Text(text) if text.len() <= LONGEST => text.clone(),
            other => other.to_string().chars().take(LONGEST).collect::<String>().into(),
        };
        features.push((key.clone(), text));
    }
    features
}

fn is_twin(one: &BTreeSet<usize>, other: &BTreeSet<usize>) -> bool {
    let fewer = one.len().min(other.len());
    let more = one.len().max(other.len());
    // Most pairs differ so much in size that they cannot be twins, so their elements need not be compared.
    if fewer * TWINS.1 < more * TWINS.0 {
        return false;
    }
    let both = one.intersection(other).count();
    both * TWINS.1 >= (fewer + more - both) * TWINS.0
}

/// Whether a key states a place, or a version.
fn is_where(key: &str) -> bool {
    let key = key.trim_start_matches(CALLEE);
    WHERE.iter().any(|it| key.starts_with(it)) || key.ends_with(".version")
}

fn is_cache(span: &Span) -> bool {
    let system = span.attribute("db.system.name").or_else(|| span.attribute("db.system"));
    system.and_then(Value::as_str).is_some_and(|it| CACHES.contains(&it))
}

fn text((key, value): &Feature) -> String {
    match &**key {
        CHILD | "the event" => format!("{key} `{value}`"),
        _ if key.starts_with("the flag ") => format!("the flag `{}={value}`", &key[9..]),
        _ if key.starts_with(CALLEE) => format!("{CALLEE}`{}={value}`", &key[CALLEE.len()..]),
        _ if key.ends_with('≥') => format!("`{key} {value}"),
        _ => format!("`{key}={value}`"),
    }
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
