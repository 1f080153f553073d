//! The properties by which spans of a name differ: an attribute, a host, a version, a child, an event or a feature flag.

use std::collections::BTreeSet;

use itertools::Itertools as _;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::forest::Forest;
use crate::names::normalized;
use crate::span::{Attributes, Kind, Span, Text, TraceId, Value, value_of};

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
const VARIANTS: [&str; 3] =
    ["feature_flag.result.variant", "feature_flag.variant", "feature_flag.result.value"];
pub(super) const CHILD: &str = "a child";
/// The prefix of the keys of another process that a span calls.
pub(super) const CALLEE: &str = "a callee with ";
/// A key with at least this many values states what a span works on, such as a row or a tenant.
const SUBJECTS: usize = 10;
/// The databases that programs use as a cache. The call after one of theirs is what a miss costs.
const CACHES: [&str; 4] = ["redis", "memcached", "valkey", "hazelcast"];
/// The attribute of a function that its platform had to start first, which only the time of its caller contains.
pub(super) const COLD_START: &str = "faas.coldstart";
/// The maximum number of feature flags of a trace.
const MOST_FLAGS: usize = 32;
/// The maximum number of characters of a value.
const LONGEST: usize = 60;
/// Attributes of bridges from `tracing` that explain nothing, because they are parts of the duration.
const MEASURED: [&str; 2] = ["busy_ns", "idle_ns"];
/// The maximum number of properties that are counted at the same time.
const COUNTED: usize = 1 << 16;

/// A property by which spans differ: an attribute, or a word such as "a child", with its value.
pub(super) type Feature = (Text, Text);

/// A property of some spans of a group.
pub(super) struct Property {
    pub(super) feature: Feature,
    /// The sorted positions in the group of the spans that have the property.
    pub(super) places: Vec<usize>,
    /// Whether the property states where or on what a span works, and not what it does.
    pub(super) is_place: bool,
}

impl Property {
    pub(super) fn is_child(&self) -> bool {
        *self.feature.0 == *CHILD
    }

    pub(super) fn has(&self, place: usize) -> bool {
        self.places.binary_search(&place).is_ok()
    }
}

/// The properties that many spans share, which are looked up once for a file.
pub(super) struct Features<'a> {
    forest: &'a Forest<'a>,
    /// The root above each span.
    roots: Vec<usize>,
    of_roots: FxHashMap<usize, Vec<Feature>>,
    of_sources: Vec<Vec<Feature>>,
    flags: Flags,
}

impl<'a> Features<'a> {
    pub(super) fn new(forest: &'a Forest<'a>) -> Self {
        let roots = forest.tree().roots().iter();
        let sources = forest.recording().sources.iter();
        Self {
            forest,
            roots: self::roots(forest),
            of_roots: roots.map(|it| (*it, written(&forest.span(*it).attributes))).collect(),
            of_sources: sources.map(|it| written(&it.resource)).collect(),
            flags: flags(forest),
        }
    }

    /// Returns the properties that several of the chosen spans have. `spans` is the group, and `chosen` has positions
    /// in it. Properties of more than half of the group are left out, because they do not tell its spans apart.
    pub(super) fn shared(&self, spans: &[usize], chosen: &[usize]) -> Vec<Property> {
        let of_chosen = chosen.iter().flat_map(|at| self.of(spans[*at]));
        let mut found: FxHashMap<Feature, Vec<usize>> =
            frequent(of_chosen, COUNTED).into_iter().map(|it| (it, Vec::new())).collect();
        let keys: FxHashSet<Text> = found.keys().map(|it| it.0.clone()).collect();
        let mut values: FxHashMap<Text, FxHashSet<Text>> = FxHashMap::default();
        for (at, span) in spans.iter().enumerate() {
            for feature in self.of(*span) {
                if let Some(places) = found.get_mut(&feature)
                    && places.last() != Some(&at)
                    && places.len() <= spans.len() / 2
                {
                    places.push(at);
                }
                let (key, value) = feature;
                if keys.contains(&key) {
                    let known = values.entry(key).or_default();
                    if known.len() < SUBJECTS {
                        known.insert(value);
                    }
                }
            }
        }
        let many = |key: &str| values.get(key).map_or(0, FxHashSet::len);
        found.retain(|(key, _), places| {
            // If all callees share a place, the place tells no more than that a span calls something.
            places.len() <= spans.len() / 2 && !(key.starts_with(CALLEE) && many(key) == 1)
        });
        let property = |(feature, places): (Feature, Vec<usize>)| {
            let key = &*feature.0;
            let is_place = is_where(key) || key != CHILD && many(key) >= SUBJECTS;
            Property { feature, places, is_place }
        };
        found.into_iter().sorted().map(property).collect()
    }

    fn of(&self, index: usize) -> Vec<Feature> {
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
}

/// Returns the features that occur more often than once in `most` occurrences, and some others, by the algorithm of Misra
/// and Gries, which counts at most `most` features at the same time. A feature that certainly occurs once is left out.
fn frequent(features: impl Iterator<Item = Feature>, most: usize) -> Vec<Feature> {
    let mut counts: FxHashMap<Feature, usize> = FxHashMap::default();
    let mut is_exact = true;
    for feature in features {
        if let Some(count) = counts.get_mut(&feature) {
            *count += 1;
        } else if counts.len() < most {
            counts.insert(feature, 1);
        } else {
            is_exact = false;
            counts.retain(|_, count| {
                *count -= 1;
                *count > 0
            });
        }
    }
    counts.retain(|_, count| !is_exact || *count > 1);
    counts.into_keys().collect()
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

/// Whether a key states a place, or a version.
fn is_where(key: &str) -> bool {
    let key = key.trim_start_matches(CALLEE);
    WHERE.iter().any(|it| key.starts_with(it)) || key.ends_with(".version")
}

fn is_cache(span: &Span) -> bool {
    let system = span.attribute("db.system.name").or_else(|| span.attribute("db.system"));
    system.and_then(Value::as_str).is_some_and(|it| CACHES.contains(&it))
}

pub(super) fn text((key, value): &Feature) -> String {
    match &**key {
        CHILD | "the event" => format!("{key} `{value}`"),
        _ if key.starts_with("the flag ") => format!("the flag `{}={value}`", &key[9..]),
        _ if key.starts_with(CALLEE) => format!("{CALLEE}`{}={value}`", &key[CALLEE.len()..]),
        _ if key.ends_with('≥') => format!("`{key} {value}"),
        _ => format!("`{key}={value}`"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frequent_feature_is_found_among_more_than_can_be_counted() {
        let feature = |value: usize| -> Feature { ("key".into(), value.to_string().into()) };
        let rare = (0..10_000).map(|it| feature(if it % 50 == 0 { 7 } else { 1_000 + it }));
        assert!(frequent(rare.clone(), 64).contains(&feature(7)));
        assert!(frequent(rare.clone(), 64).len() <= 64);
        assert_eq!(frequent(rare, 20_000), [feature(7)]);
        assert!(frequent((0..3).map(feature), 0).is_empty());
    }
}
