//! Which spans become one, and that nothing is lost.

use std::time::SystemTime;

use opentelemetry::trace::{Event, Link, SpanContext};
use proptest::collection::vec;
use proptest::prelude::{ProptestConfig, prop, prop_assert_eq, proptest};

use super::*;
use crate::attributes::ToAttributeValue;

const EXACT: Duration = Duration::from_millis(50);
const SAME: Duration = Duration::from_millis(5);

/// The id of the parent of most spans.
const PARENT: u64 = 1;

/// A span that starts at this millisecond and takes one.
fn span(id: u64, name: &'static str, start: u64) -> SpanRecord {
    let mut record = SpanRecord::blank();
    record.head.trace_id = TraceId::from(7);
    record.head.span_id = SpanId::from(id);
    record.head.parent = SpanId::from(PARENT);
    record.set_name(name.into());
    took(record, start, 1)
}

/// The span with another start and duration, in milliseconds.
fn took(mut record: SpanRecord, start: u64, millis: u64) -> SpanRecord {
    let more = record.more_mut();
    let start = SystemTime::UNIX_EPOCH + Duration::from_millis(start);
    more.start = Some(start);
    more.end = Some(start + Duration::from_millis(millis));
    record
}

fn with<T: ToAttributeValue>(mut record: SpanRecord, key: &'static str, value: T) -> SpanRecord {
    record.attributes.set(key, &value);
    record
}

fn child_of(mut record: SpanRecord, parent: u64) -> SpanRecord {
    record.head.parent = SpanId::from(parent);
    record
}

fn of_kind(mut record: SpanRecord, kind: SpanKind) -> SpanRecord {
    record.more_mut().kind = Some(kind);
    record
}

fn compressor(exact: Option<Duration>, same: Option<Duration>) -> Compressor {
    let config =
        SpanCompressionConfig { exact_match_max_duration: exact, same_kind_max_duration: same };
    Compressor::new(config, SpanLimits::default(), &Arc::default()).unwrap()
}

fn compressed(compressor: &mut Compressor, spans: Vec<SpanRecord>) -> Vec<SpanRecord> {
    let mut ready = Vec::new();
    for span in spans {
        compressor.push(span, &WallClock::default(), &mut ready);
    }
    ready.extend(compressor.close_all());
    ready
}

fn number(record: &SpanRecord, key: &str) -> Option<u64> {
    match value(record, key)? {
        AttributeValue::I64(number) => u64::try_from(*number).ok(),
        _ => None,
    }
}

/// The number of spans that this one stands for.
fn count(record: &SpanRecord) -> u64 {
    number(record, keys::FLOE_COMPOSITE_COUNT).unwrap_or(1)
}

/// The names of the spans, with what they stand for.
fn names(spans: &[SpanRecord]) -> Vec<(&str, u64)> {
    let names = spans.iter().map(|record| (record.name_or_site(), count(record)));
    names.collect()
}

/// Both strategies.
fn all(spans: Vec<SpanRecord>) -> Vec<(String, u64)> {
    let mut compressor = compressor(Some(EXACT), Some(SAME));
    let spans = compressed(&mut compressor, spans);
    let names = names(&spans).into_iter();
    names.map(|(name, count)| (name.to_owned(), count)).collect()
}

#[test]
fn equal_siblings_become_one_span() {
    let mut compressor = compressor(Some(EXACT), None);
    let equal = |id, start| with(span(id, "load", start), "table", "orders");
    let last = took(equal(4, 0), 30, 40);
    let spans = compressed(&mut compressor, vec![equal(2, 10), equal(3, 20), last]);
    assert_eq!(names(&spans), [("load", 3)]);
    let one = &spans[0];
    assert_eq!(one.head.span_id, SpanId::from(2));
    let at = |millis| Some(SystemTime::UNIX_EPOCH + Duration::from_millis(millis));
    let more = one.more.as_ref().unwrap();
    assert_eq!((more.start, more.end), (at(10), at(70)));
    assert_eq!(number(one, "floe.composite.sum_ns"), Some(42_000_000));
    let strategy = AttributeValue::Static("exact_match");
    assert_eq!(value(one, "floe.composite.strategy"), Some(&strategy));
    assert!(value(one, "table").is_some());
    let counted = compressor.counters.compressed.load(Ordering::Relaxed);
    assert_eq!(counted, 2);
}

#[test]
fn only_consecutive_siblings_become_one_span() {
    let mut compressor = compressor(Some(EXACT), None);
    let named = |id, name| span(id, name, id);
    let of_other = child_of(named(5, "load"), 9);
    let spans = vec![
        named(2, "load"),
        named(3, "load"),
        of_other,
        named(4, "load"),
        named(6, "save"),
        named(7, "load"),
        with(named(8, "load"), "table", "orders"),
    ];
    let spans = compressed(&mut compressor, spans);
    let expected = [("load", 3), ("save", 1), ("load", 1), ("load", 1), ("load", 1)];
    let mut found = names(&spans);
    found.sort_unstable();
    let mut expected = expected.to_vec();
    expected.sort_unstable();
    assert_eq!(found, expected);
}

#[test]
fn spans_of_one_kind_become_one_with_what_they_have_in_common() {
    let query = |id, name, table: &'static str| {
        let span = of_kind(span(id, name, id), SpanKind::Client);
        let span = with(span, "db.system.name", "postgresql");
        with(with(span, "db.namespace", "shop"), "table", table)
    };
    let mut by_kind = compressor(Some(EXACT), Some(SAME));
    let spans = vec![query(2, "SELECT a", "a"), query(3, "SELECT b", "b")];
    let spans = compressed(&mut by_kind, spans);
    assert_eq!(names(&spans), [("Calls to postgresql/shop", 2)]);
    assert_eq!(value(&spans[0], "table"), None);
    assert!(value(&spans[0], "db.namespace").is_some());
    let strategy = AttributeValue::Static("same_kind");
    assert_eq!(value(&spans[0], "floe.composite.strategy"), Some(&strategy));

    // One name is kept.
    let spans = vec![query(2, "SELECT", "a"), query(3, "SELECT", "b")];
    let spans = compressed(&mut by_kind, spans);
    assert_eq!(names(&spans), [("SELECT", 2)]);

    // Another database.
    let other = with(query(3, "SELECT b", "b"), "server.address", "replica");
    let spans = vec![query(2, "SELECT a", "a"), other];
    assert_eq!(all(spans), [("SELECT a".into(), 1), ("SELECT b".into(), 1)]);

    // Not on request.
    let mut exact = compressor(Some(EXACT), None);
    let spans = vec![query(2, "SELECT a", "a"), query(3, "SELECT b", "b")];
    assert_eq!(compressed(&mut exact, spans).len(), 2);
}

#[test]
fn a_long_span_is_alone() {
    let long = |id, name, millis| took(span(id, name, id), id, millis);
    // An equal span that is too long is not compressed as one of the same kind.
    let spans = vec![long(2, "load", 51), long(3, "load", 1), long(4, "load", 51)];
    assert_eq!(all(spans), [("load".into(), 1), ("load".into(), 1), ("load".into(), 1)]);
    let spans = vec![long(2, "load", 6), long(3, "save", 1)];
    assert_eq!(all(spans), [("load".into(), 1), ("save".into(), 1)]);
    let spans = vec![long(2, "load", 5), long(3, "save", 5)];
    assert_eq!(all(spans), [("Calls".into(), 2)]);
}

#[test]
fn a_span_with_more_than_its_duration_is_alone() {
    let changes: [fn(&mut SpanRecord); 11] = [
        |span| span.head.code = Code::Error,
        |span| span.add_event(Event::with_name("retried")),
        |span| span.more_mut().dropped_events = 1,
        |span| {
            let to = SpanContext::NONE;
            let attributes = vec![opentelemetry::KeyValue::new("why", "batch")];
            span.add_link(Link::new(to, attributes, 0));
        },
        |span| span.more_mut().dropped_links = 1,
        |span| span.head.parent = SpanId::INVALID,
        |span| span.head.parent_is_remote = true,
        |span| span.more_mut().kind = Some(SpanKind::Client),
        |span| span.more_mut().kind = Some(SpanKind::Server),
        |span| span.more_mut().kind = Some(SpanKind::Producer),
        |span| span.more_mut().kind = Some(SpanKind::Consumer),
    ];
    for (at, change) in changes.into_iter().enumerate() {
        let other = |id| {
            let mut record = span(id, "load", id);
            change(&mut record);
            record
        };
        let found = all(vec![other(2), other(3)]);
        assert_eq!(found, [("load".into(), 1), ("load".into(), 1)], "{at}");
        // And it ends a row of others.
        let parent = other(3).head.parent == SpanId::from(PARENT);
        let found = all(vec![span(2, "load", 2), other(3), span(4, "load", 4)]);
        assert_eq!(found.len(), if parent { 3 } else { 2 }, "{at}");
    }
}

#[test]
fn a_span_with_children_is_alone() {
    let spans = vec![
        span(2, "load", 0),
        child_of(span(20, "query", 1), 3),
        child_of(span(21, "query", 2), 3),
        span(3, "load", 1),
        span(4, "load", 5),
    ];
    // The children go on before their parent.
    let mut compressor = compressor(Some(EXACT), None);
    let spans = compressed(&mut compressor, spans);
    let expected = [("query", 2), ("load", 1), ("load", 1), ("load", 1)];
    assert_eq!(names(&spans), expected);
    assert_eq!(spans[2].head.span_id, SpanId::from(3));
}

#[test]
fn a_span_without_room_for_its_count_is_alone() {
    let config = SpanCompressionConfig {
        exact_match_max_duration: Some(EXACT),
        same_kind_max_duration: None,
    };
    let compressor = |most| {
        let limits = SpanLimits { attribute_count: most, ..SpanLimits::default() };
        Compressor::new(config, limits, &Arc::default())
    };
    let equal = |id| with(span(id, "load", id), "table", "orders");
    for (most, expected) in [(4, 1), (3, 2)] {
        let spans = compressed(&mut compressor(most).unwrap(), vec![equal(2), equal(3)]);
        assert_eq!(spans.len(), expected, "{most}");
    }
    assert!(compressor(2).is_none());
}

#[test]
fn a_child_that_ends_later_belongs_to_the_one_span() {
    let mut compressor = compressor(Some(EXACT), None);
    let spans = vec![span(2, "load", 0), span(3, "load", 1), child_of(span(20, "spawned", 2), 3)];
    let spans = compressed(&mut compressor, spans);
    assert_eq!(names(&spans), [("load", 2), ("spawned", 1)]);
    assert_eq!(spans[1].head.parent, SpanId::from(2));
}

#[test]
fn what_is_held_back_is_bounded() {
    let mut compressor = compressor(Some(EXACT), None);
    let mut ready = Vec::new();
    let clock = WallClock::default();
    let most = u64::try_from(4 * MAX_REMEMBERED).unwrap();
    for id in 2..most {
        let parent = child_of(span(2 * id, "load", id), most * 2 + id);
        compressor.push(parent, &clock, &mut ready);
        let equal = child_of(span(2 * id + 1, "load", id), most * 2 + id);
        compressor.push(equal, &clock, &mut ready);
        assert!(compressor.len() <= MAX_OPEN);
    }
    let remembered = compressor.parents.iter().map(FxHashSet::len);
    assert!(remembered.sum::<usize>() <= 2 * MAX_REMEMBERED);
    assert!(compressor.added.len() <= MAX_REMEMBERED);
    let long = "x".repeat(MAX_BYTES);
    let mut large = span(1, "load", 1);
    large.head.span_id = SpanId::from(most * 4);
    large.attributes.set("text", &*long);
    compressor.push(large, &clock, &mut ready);
    ready.extend(compressor.close_all());
    assert_eq!(compressor.bytes, 0);
    assert_eq!(ready.iter().map(count).sum::<u64>(), 2 * (most - 2) + 1);
}

/// A span of the property: its parent, and what distinguishes it.
fn arbitrary() -> impl proptest::strategy::Strategy<Value = (u64, u8, u64, bool, bool)> {
    (1..4_u64, 0..3_u8, 1..80_u64, prop::bool::weighted(0.1), prop::bool::weighted(0.1))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_is_lost(
        spans in vec(arbitrary(), 0..60),
        exact in proptest::option::of(1..60_u64),
        same in 1..60_u64,
    ) {
        let mut compressor = compressor(exact.map(Duration::from_millis), Some(Duration::from_millis(same)));
        let mut took_together = 0;
        let records = (10..).zip(&spans).map(|(id, (parent, name, millis, failed, linked))| {
            took_together += millis;
            let name = ["a", "b", "c"][usize::from(*name)];
            let mut record = child_of(took(span(id, name, id), id, *millis), *parent);
            if *failed {
                record.head.code = Code::Error;
            }
            if *linked {
                record.more_mut().links.push(Link::with_context(SpanContext::NONE));
            }
            record
        });
        let records = records.collect();
        let found = compressed(&mut compressor, records);
        prop_assert_eq!(found.iter().map(count).sum::<u64>(), spans.len() as u64);
        let of = |wanted: fn(&SpanRecord) -> bool| found.iter().filter(|span| wanted(span)).count();
        let errors = spans.iter().filter(|span| span.3).count();
        prop_assert_eq!(of(|span| span.head.code == Code::Error), errors);
        let links = spans.iter().filter(|span| span.4).count();
        prop_assert_eq!(of(|span| !span.more.as_ref().unwrap().links.is_empty()), links);
        let clock = WallClock::default();
        let sums = found.iter().map(|span| {
            let own = || u64::try_from(span.duration(&clock).as_nanos()).unwrap();
            number(span, keys::FLOE_COMPOSITE_SUM).unwrap_or_else(own)
        });
        prop_assert_eq!(sums.sum::<u64>(), took_together * 1_000_000);
        let counted = compressor.counters.compressed.load(Ordering::Relaxed);
        prop_assert_eq!(counted, (spans.len() - found.len()) as u64);
    }
}
