//! Attributes and arguments, such as patterns, moved arguments, and arguments without a name.

use std::cell::Cell;

use floe_telemetry::{FloeAttributes, testing, traced};
use opentelemetry::Context;
use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState};

use super::ready;

struct Point {
    x: i64,
    y: f64,
}

struct Meters(u32);

#[traced(attributes(a, b, x, y, first, meters))]
fn parts(
    (a, b): (bool, &str),
    Point { x, y }: Point,
    [first, ..]: [u8; 2],
    Meters(meters): Meters,
) -> i64 {
    let _ = (a, b, y, first, meters);
    x
}

#[traced(attributes(a, x))]
async fn parts_later((a, mut b): (bool, String), Point { x, .. }: Point) -> String {
    b.push('!');
    let _ = (a, x);
    b
}

#[test]
fn the_parts_of_patterns_are_typed() {
    let spans = testing::capture(|| {
        parts((true, "b"), Point { x: 1, y: 2.5 }, [3, 4], Meters(5));
        let point = Point { x: 1, y: 0.0 };
        assert_eq!(ready(parts_later((true, "b".to_owned()), point)), "b!");
    });
    spans
        .single("parts")
        .assert_attribute("a", true)
        .assert_attribute("b", "b")
        .assert_attribute("x", 1)
        .assert_attribute("y", 2.5)
        .assert_attribute("first", 3)
        .assert_attribute("meters", 5);
    spans.single("parts_later").assert_attribute("a", true).assert_attribute("x", 1);
}

struct NotClone(String);

#[derive(FloeAttributes)]
struct Computed {
    total: i64,
}

impl Computed {
    fn new(calls: &Cell<usize>) -> Self {
        count(calls, 0);
        Self { total: 1 }
    }
}

fn count(calls: &Cell<usize>, len: usize) -> usize {
    calls.set(calls.get() + 1);
    len
}

#[traced(
    name = count(calls, 0).to_string(),
    floe_attributes = Computed::new(calls),
    attributes(len = count(calls, value.0.len())),
    attributes_fn = |value, calls: &&Cell<usize>| [("again", count(calls, value.0.len()))]
)]
fn counted(value: NotClone, calls: &Cell<usize>) -> String {
    let _ = calls;
    value.0
}

#[traced(
    name = count(calls, 1).to_string(),
    floe_attributes = Computed::new(calls),
    attributes(len = count(calls, value.0.len())),
    attributes_fn = |value, calls: &&Cell<usize>| [("again", count(calls, value.0.len()))]
)]
async fn counted_later(value: NotClone, calls: &Cell<usize>) -> String {
    let _ = calls;
    value.0
}

#[test]
fn attributes_are_evaluated_once_and_before_anything_is_moved() {
    let calls = Cell::new(0);
    let value = || NotClone("abc".to_owned());
    let spans = testing::capture(|| {
        counted(value(), &calls);
        ready(counted_later(value(), &calls));
        drop(counted_later(value(), &calls));
    });

    assert_eq!(calls.get(), 2 * 4);
    for name in ["0", "1"] {
        spans
            .single(name)
            .assert_attribute("total", 1)
            .assert_attribute("len", 3)
            .assert_attribute("again", 3);
    }
}

fn unsampled() -> Context {
    let ids = (TraceId::from(1), SpanId::from(2));
    let flags = TraceFlags::default();
    let context = SpanContext::new(ids.0, ids.1, flags, true, TraceState::NONE);
    Context::current().with_remote_span_context(context)
}

#[test]
fn attributes_are_not_evaluated_for_a_span_that_is_not_recorded() {
    let calls = Cell::new(0);
    let run = || {
        counted(NotClone(String::new()), &calls);
        ready(counted_later(NotClone(String::new()), &calls));
    };

    let spans = testing::capture(|| {
        let _below = unsampled().attach();
        run();
    });

    assert_eq!((spans.len(), calls.get()), (0, 0));
    // If nothing records spans, nothing is evaluated, either.
    run();
    assert_eq!(calls.get(), 0);
}

#[traced(attributes(here, gone), attributes_fn = |here, gone| [("twice", here * 2)])]
fn conditional(#[cfg(test)] here: u8, #[cfg(not(test))] gone: u8) -> u8 {
    #[cfg(not(test))]
    let here = gone;
    here
}

#[traced(attributes(here, gone))]
async fn conditional_twice(
    #[cfg_attr(all(), cfg(all()))] here: Vec<u8>,
    #[cfg_attr(all(), cfg(any()))] gone: Vec<u8>,
    #[cfg_attr(all(), allow(unused_variables, reason = "unused on purpose"))] unused: u8,
) -> usize {
    here.len()
}

#[test]
fn conditional_arguments() {
    let spans = testing::capture(|| {
        assert_eq!((conditional(1), ready(conditional_twice(vec![1], 2))), (1, 1));
    });
    spans
        .single("conditional")
        .assert_attribute("here", 1)
        .assert_attribute("twice", 2)
        .assert_no_attribute("gone");
    spans.single("conditional_twice").assert_no_attribute("gone");
}
