//! The types that `#[derive(FloeAttributes)]` supports: structs, tuples, and nested types.

use floe_telemetry::FloeAttributes;
use opentelemetry::Value;

use super::derive::{pairs, recorded};

#[test]
fn unnamed_fields_have_explicit_keys() {
    #[derive(FloeAttributes)]
    struct Pair<'a>(
        #[floe(key = "left")] u8,
        #[floe(key = "right", display)] &'a str,
        #[floe(skip)] (),
    );

    assert_eq!(
        recorded(&Pair(1, "b", ())),
        pairs([("left", Value::I64(1)), ("right", "b".into())])
    );
}

#[derive(FloeAttributes)]
struct Report<'a> {
    rows: u64,
    table: &'a str,
}

#[derive(FloeAttributes)]
#[floe(prefix = "job")]
struct Job<'a, E> {
    id: &'a str,
    attempt: Option<u32>,
    #[floe(key = "error.type", debug)]
    error: Option<E>,
}

#[derive(FloeAttributes)]
#[floe(prefix = "load")]
struct Load<'a, T> {
    #[floe(flatten)]
    report: &'a Report<'a>,
    name: &'a str,
    #[floe(flatten)]
    last: Option<Box<T>>,
}

#[test]
fn nested_attributes_keep_their_keys() {
    let report = Report { rows: 1, table: "a" };
    let job = Job { id: "x", attempt: Some(1), error: Some(2) };
    let mut load = Load { report: &report, name: "daily", last: Some(Box::new(job)) };
    let mut expected = pairs([
        ("rows", Value::I64(1)),
        ("table", "a".into()),
        ("load.name", "daily".into()),
        ("job.id", "x".into()),
        ("job.attempt", Value::I64(1)),
        ("error.type", "2".into()),
    ]);
    assert_eq!(recorded(&load), expected);
    load.last = None;
    expected.truncate(3);
    assert_eq!(recorded(&load), expected);
    let keys = <Load<'_, Job<'_, u8>> as FloeAttributes>::KEYS;
    assert_eq!(keys, ["rows", "table", "load.name", "job.id", "job.attempt", "error.type"]);
}

#[derive(FloeAttributes)]
#[cfg_attr(all(), floe(prefix = "conditional"))]
struct Conditional {
    #[cfg_attr(all(), cfg(all()))]
    here: u8,
    #[cfg_attr(all(), cfg(any()))]
    gone: NoSuchType,
    #[cfg_attr(any(), cfg(any()))]
    stays: u8,
    #[cfg_attr(all(), floe(key = "renamed"))]
    other: u8,
}

#[test]
fn nested_options_are_recorded_or_omitted() {
    let value = Conditional { here: 1, stays: 2, other: 3 };
    let expected =
        [("conditional.here", 1.into()), ("conditional.stays", 2.into()), ("renamed", 3.into())];
    assert_eq!(recorded(&value), pairs(expected));
    assert_eq!(Conditional::KEYS, ["conditional.here", "conditional.stays", "renamed"]);
}

#[derive(FloeAttributes)]
struct Page<I: Iterator> {
    #[floe(display)]
    first: Option<I::Item>,
    #[floe(debug)]
    rest: Vec<<I as Iterator>::Item>,
    #[floe(skip)]
    source: I,
}

#[test]
fn values_of_a_type_parameter_are_recorded_as_text() {
    let mut source = 1..4_u8;
    let value = Page { first: source.next(), rest: vec![2, 3], source };
    let expected = [("first", "1".into()), ("rest", "[2, 3]".into())];
    assert_eq!(recorded(&value), pairs(expected));
    assert_eq!(value.source.len(), 2);
}
