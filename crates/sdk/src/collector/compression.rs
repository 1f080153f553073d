//! The compression of consecutive short siblings into one span, by the rules of Elastic's agents
//! ([specification](https://github.com/elastic/apm/blob/main/specs/agents/handling-huge-traces/tracing-spans-compress.md)).
//!
//! One span of each parent is held back: the last one that has ended, if it can be compressed. A sibling that ends next
//! is added to it or replaces it. What is held back goes on when its parent ends, when the batch is exported, or when
//! there is too much of it. Metrics have counted every span before, and processors have seen it.

use std::collections::VecDeque;
use std::mem;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use opentelemetry::trace::{SpanKind, TraceState};
use opentelemetry::{SpanId, TraceId};
use rustc_hash::{FxHashMap, FxHashSet};

use super::limits;
use super::statistics::Counters;
use crate::attributes::{Attribute, AttributeList, AttributeValue};
use crate::clock::WallClock;
use crate::config::{SpanCompressionConfig, SpanLimits};
use crate::keys;
use crate::recorder::{Code, Origin, SpanRecord};

/// The most spans that are held back, and their bytes.
const MAX_OPEN: usize = 512;
const MAX_BYTES: usize = 1 << 20;

/// The most spans that are remembered: those whose children have ended before them, and those that were added to others.
const MAX_REMEMBERED: usize = 8192;

/// The attributes of a compressed span.
const OWN_ATTRIBUTES: usize = 3;

/// Attributes that name the database of a call, the first two by the old and the new convention.
const DATABASE: [&str; 6] =
    ["db.system.name", "db.system", "db.namespace", "db.name", "server.address", "server.port"];

/// How spans are compressed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Strategy {
    ExactMatch,
    SameKind,
}

/// A span that is held back, with those that were added to it.
#[derive(Debug)]
struct Open {
    /// Its place in the order of spans.
    number: u64,
    span: SpanRecord,
    count: u32,
    sum: Duration,
    /// Set with the second span.
    strategy: Option<Strategy>,
    /// Whether the names of the spans differ.
    do_names_differ: bool,
}

/// Compresses the spans of a provider.
#[derive(Debug)]
pub(super) struct Compressor {
    config: SpanCompressionConfig,
    longest: Duration,
    /// The most attributes of a span that is compressed, so that there is room for those that say so.
    most_attributes: usize,
    counters: Arc<Counters>,
    /// By trace and parent.
    open: FxHashMap<(TraceId, SpanId), Open>,
    /// The bytes of the spans in `open`.
    bytes: usize,
    next_number: u64,
    /// Spans that have not ended and whose children have, in two generations.
    parents: [FxHashSet<SpanId>; 2],
    /// By the id of a span that was added to another, the id of the other: its children may end later.
    added: FxHashMap<SpanId, SpanId>,
    added_order: VecDeque<SpanId>,
}

impl Compressor {
    /// Creates the compressor, if a strategy is enabled.
    pub(super) fn new(
        config: SpanCompressionConfig,
        limits: SpanLimits,
        counters: &Arc<Counters>,
    ) -> Option<Self> {
        let longest = config.longest()?;
        Some(Self {
            config,
            longest,
            most_attributes: limits::size(limits.attribute_count).checked_sub(OWN_ATTRIBUTES)?,
            counters: Arc::clone(counters),
            open: FxHashMap::default(),
            bytes: 0,
            next_number: 0,
            parents: Default::default(),
            added: FxHashMap::default(),
            added_order: VecDeque::new(),
        })
    }

    /// The number of spans that are held back.
    pub(super) fn len(&self) -> usize {
        self.open.len()
    }

    /// Adds a span that has ended, and appends the spans to `ready` that go on.
    pub(super) fn push(
        &mut self,
        mut span: SpanRecord,
        clock: &WallClock,
        ready: &mut Vec<SpanRecord>,
    ) {
        let head = &mut span.head;
        // A child that ends after its parent was added to another span belongs to that one.
        if let Some(first) = self.added.get(&head.parent) {
            head.parent = *first;
        }
        let (trace, id, parent) = (head.trace_id, head.span_id, head.parent);
        let own = self.close((trace, id));
        ready.extend(own);
        let is_parent = self.is_parent(id);
        if !span.is_root() {
            self.remember_parent(parent);
        }
        let took = span.duration(clock);
        let is_eligible = !is_parent
            && took <= self.longest
            && span.attributes.as_slice().len() <= self.most_attributes
            && can_be_compressed(&span);
        if is_eligible {
            span.attributes.keep_distinct(usize::MAX);
            if self.add(&span, took, clock) {
                return;
            }
        }
        // A sibling that cannot be compressed ends a row of those that can.
        let last = self.close((trace, parent));
        ready.extend(last);
        if !is_eligible {
            return ready.push(span);
        }
        self.hold_back(span, took);
        if self.open.len() > MAX_OPEN || self.bytes > MAX_BYTES {
            ready.extend(self.close_all());
        }
    }

    /// Adds a span to the one that is held back, if there is one that it can be added to.
    fn add(&mut self, span: &SpanRecord, took: Duration, clock: &WallClock) -> bool {
        let head = &span.head;
        let Some(open) = self.open.get_mut(&(head.trace_id, head.parent)) else {
            return false;
        };
        let Some(strategy) = strategy(open, span, took, &self.config, clock) else {
            return false;
        };
        let before = open.span.stored_bytes();
        open.add(span, took, strategy);
        self.bytes = self.bytes.saturating_sub(before) + open.span.stored_bytes();
        let first = open.span.head.span_id;
        self.remember_added(head.span_id, first);
        // After the span was added: it is in one of the numbers at every moment.
        self.counters.compressed.fetch_add(1, Ordering::Release);
        true
    }

    fn hold_back(&mut self, span: SpanRecord, took: Duration) {
        self.bytes += span.stored_bytes();
        let parent = (span.head.trace_id, span.head.parent);
        let open = Open {
            number: self.next_number,
            span,
            count: 1,
            sum: took,
            strategy: None,
            do_names_differ: false,
        };
        self.next_number += 1;
        self.open.insert(parent, open);
    }

    /// Removes all spans that are held back, in the order in which they ended.
    pub(super) fn close_all(&mut self) -> impl Iterator<Item = SpanRecord> + use<> {
        self.bytes = 0;
        let mut all: Vec<_> = mem::take(&mut self.open).into_values().collect();
        all.sort_unstable_by_key(|open| open.number);
        all.into_iter().map(Open::into_span)
    }

    fn close(&mut self, parent: (TraceId, SpanId)) -> Option<SpanRecord> {
        let open = self.open.remove(&parent)?;
        self.bytes = self.bytes.saturating_sub(open.span.stored_bytes());
        Some(open.into_span())
    }

    /// Whether a child of this span, which ends now, has ended before it.
    fn is_parent(&mut self, id: SpanId) -> bool {
        let [new, old] = &mut self.parents;
        new.remove(&id) | old.remove(&id)
    }

    /// Parents that end in another process are never removed, so the older ones are forgotten.
    fn remember_parent(&mut self, id: SpanId) {
        self.parents[0].insert(id);
        if self.parents[0].len() >= MAX_REMEMBERED {
            self.parents.swap(0, 1);
            self.parents[0].clear();
        }
    }

    fn remember_added(&mut self, id: SpanId, first: SpanId) {
        self.added.insert(id, first);
        self.added_order.push_back(id);
        if self.added_order.len() > MAX_REMEMBERED
            && let Some(oldest) = self.added_order.pop_front()
        {
            self.added.remove(&oldest);
        }
    }
}

impl Open {
    fn add(&mut self, other: &SpanRecord, took: Duration, strategy: Strategy) {
        self.count += 1;
        self.sum += took;
        self.strategy = Some(strategy);
        let (head, end) = (&mut self.span.head, other.head.end);
        head.start = head.start.min(other.head.start);
        head.end = head.end.max(end);
        if strategy == Strategy::SameKind {
            self.do_names_differ |= self.span.name_or_site() != other.name_or_site();
            keep_common(&mut self.span.attributes, other.attributes.as_slice());
        }
        if let (Some(more), Some(other)) = (&mut self.span.more, &other.more) {
            more.start = more.start.min(other.start);
            more.end = more.end.max(other.end);
        }
    }

    fn into_span(mut self) -> SpanRecord {
        let Some(strategy) = self.strategy else {
            return self.span;
        };
        if self.do_names_differ {
            let name = match &*resource(&self.span) {
                "" => "Calls".into(),
                resource => format!("Calls to {resource}").into(),
            };
            self.span.set_name(name);
        }
        let sum = i64::try_from(self.sum.as_nanos()).unwrap_or(i64::MAX);
        let attributes = &mut self.span.attributes;
        attributes.set(keys::FLOE_COMPOSITE_COUNT, &i64::from(self.count));
        attributes.set(keys::FLOE_COMPOSITE_SUM, &sum);
        attributes.push_static(keys::FLOE_COMPOSITE_STRATEGY, strategy.name());
        self.span
    }
}

impl Strategy {
    const fn name(self) -> &'static str {
        match self {
            Self::ExactMatch => "exact_match",
            Self::SameKind => "same_kind",
        }
    }
}

/// Whether nothing is lost if the span, which has no children, is added to another.
fn can_be_compressed(span: &SpanRecord) -> bool {
    let is_alone = span.is_root() || span.head.code == Code::Error;
    let is_plain = span.more.as_ref().is_none_or(|more| {
        more.events.is_empty()
            && more.dropped_events == 0
            && more.links.is_empty()
            && more.dropped_links == 0
            && more.description.is_empty()
    });
    // The context of other calls is sent, and spans of other processes may name it as their parent.
    let stays_here = match span.kind() {
        SpanKind::Internal => true,
        SpanKind::Client => DATABASE[..2].iter().any(|key| value(span, key).is_some()),
        SpanKind::Server | SpanKind::Producer | SpanKind::Consumer => false,
    };
    !is_alone && is_plain && stays_here && span.attributes.dropped() == 0
}

/// The strategy by which a sibling can be added, if there is one.
fn strategy(
    open: &Open,
    span: &SpanRecord,
    took: Duration,
    config: &SpanCompressionConfig,
    clock: &WallClock,
) -> Option<Strategy> {
    let first = &open.span;
    if !is_same_kind(first, span) {
        return None;
    }
    let is_exact = is_exact_match(first, span);
    let strategy = match open.strategy {
        Some(Strategy::ExactMatch) if !is_exact => return None,
        Some(strategy) => strategy,
        // As with Elastic, an equal span that is too long is not compressed as one of the same kind.
        None if is_exact && config.exact_match_max_duration.is_some() => Strategy::ExactMatch,
        None => Strategy::SameKind,
    };
    let longest = match strategy {
        Strategy::ExactMatch => config.exact_match_max_duration,
        Strategy::SameKind => config.same_kind_max_duration,
    };
    let longest = longest?;
    let is_short = open.strategy.is_some() || first.duration(clock) <= longest;
    (is_short && took <= longest).then_some(strategy)
}

/// Whether two siblings have the same scope and kind, and the same database.
fn is_same_kind(one: &SpanRecord, other: &SpanRecord) -> bool {
    let more = |span: &SpanRecord| {
        let more = span.more.as_deref();
        let state = more.map_or(TraceState::NONE, |more| more.trace_state.clone());
        let baggage = more.and_then(|more| more.baggage.clone());
        // Times of the API are not those of the recorder.
        let has_times = more.map(|more| (more.start.is_some(), more.end.is_some()));
        (state, baggage, has_times.unwrap_or_default())
    };
    let is_same_scope = match (one.origin(), other.origin()) {
        (Origin::Api(one), Origin::Api(other)) => one == other,
        (Origin::Api(_), _) | (_, Origin::Api(_)) => false,
        _ => one.scope() == other.scope(),
    };
    is_same_scope
        && one.kind() == other.kind()
        && one.head.flags == other.head.flags
        && one.head.code == other.head.code
        && more(one) == more(other)
        && (one.kind() == SpanKind::Internal
            || DATABASE.iter().all(|key| value(one, key) == value(other, key)))
}

/// Whether two siblings of the same kind have the same name, place and attributes.
fn is_exact_match(one: &SpanRecord, other: &SpanRecord) -> bool {
    let place = |span: &SpanRecord| {
        let site = span.head.callsite.map(std::ptr::from_ref);
        let location = match *span.origin() {
            Origin::Builder { location, .. } => Some(location),
            Origin::CallSite | Origin::Api(_) => None,
        };
        (site, location)
    };
    one.name_or_site() == other.name_or_site()
        && place(one) == place(other)
        && one.attributes.as_slice() == other.attributes.as_slice()
}

fn value<'a>(span: &'a SpanRecord, key: &str) -> Option<&'a AttributeValue> {
    let mut attributes = span.attributes.as_slice().iter();
    Some(&attributes.find(|own| own.key.as_str() == key)?.value)
}

/// What spans of one kind belong to: the database of calls, or the scope.
fn resource(span: &SpanRecord) -> String {
    let text = |key: &&str| match value(span, key)? {
        AttributeValue::Static(text) => Some((*text).to_owned()),
        AttributeValue::Text(text) => Some(text.to_string()),
        _ => None,
    };
    let first = |keys: &[&str]| keys.iter().find_map(text);
    match (first(&DATABASE[..2]), first(&DATABASE[2..4])) {
        (Some(system), Some(database)) => format!("{system}/{database}"),
        (Some(system), None) => system,
        (None, _) => span.scope().0.to_owned(),
    }
}

/// Removes the attributes that are not in `other`.
fn keep_common(attributes: &mut AttributeList, other: &[Attribute]) {
    if attributes.as_slice() == other {
        return;
    }
    let mut common = AttributeList::default();
    for own in attributes.as_slice() {
        if other.contains(own) {
            common.push(own.key.clone(), own.value.clone());
        }
    }
    *attributes = common;
}

#[cfg(test)]
mod tests;
