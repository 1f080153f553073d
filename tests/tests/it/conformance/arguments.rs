//! Attributes and arguments, scenarios 66 to 74.
//!
//! 66 `traced::a_bare_attribute_names_the_span_after_the_function_and_records_no_argument` and the UI
//! case `unused-argument`; 67 `the_parts_of_patterns_are_typed`; 68, 69
//! `numbers_and_options_keep_their_meaning`; 70 is the UI case `attribute-not-an-argument`; 71, 72
//! `attributes_are_evaluated_once_and_before_anything_is_moved`; 73 `conditional_arguments`; 74
//! `unnamed_arguments`.

use std::cell::Cell;

use floe_telemetry::{testing, traced};
use opentelemetry::Value;

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

#[tokio::test]
async fn the_parts_of_patterns_are_typed() {
    let spans = testing::capture_async(async {
        parts((true, "b"), Point { x: 1, y: 2.5 }, [3, 4], Meters(5));
        assert_eq!(
            parts_later((true, "b".to_owned()), Point { x: 1, y: 0.0 }).await,
            "b!"
        );
    })
    .await;
    spans
        .single("parts")
        .assert_attribute("a", true)
        .assert_attribute("b", "b")
        .assert_attribute("x", 1)
        .assert_attribute("y", 2.5)
        .assert_attribute("first", 3)
        .assert_attribute("meters", 5);
    spans
        .single("parts_later")
        .assert_attribute("a", true)
        .assert_attribute("x", 1);
}

#[traced(attributes(none, some, big, wide, size, nan))]
fn numbers(none: Option<u8>, some: Option<u8>, big: u64, wide: i128, size: usize, nan: f64) {
    let _ = (none, some, big, wide, size, nan);
}

#[test]
fn numbers_and_options_keep_their_meaning() {
    let spans = testing::capture(|| numbers(None, Some(1), u64::MAX, -1, 3, f64::NAN));
    let span = spans
        .single("numbers")
        .assert_no_attribute("none")
        .assert_attribute("some", 1)
        .assert_attribute("big", "18446744073709551615")
        .assert_attribute("wide", -1)
        .assert_attribute("size", 3);
    assert!(matches!(span.attribute("nan"), Some(Value::F64(nan)) if nan.is_nan()));
}

struct NotClone(String);

#[traced(
    attributes(len = count(calls, value.0.len())),
    attributes_fn = |value, calls: &&Cell<usize>| [("again", count(calls, value.0.len()))]
)]
fn moved(value: NotClone, calls: &Cell<usize>) -> String {
    let _ = calls;
    value.0
}

#[traced(attributes(len = count(calls, value.0.len())))]
async fn moved_later(value: NotClone, calls: &Cell<usize>) -> String {
    let _ = calls;
    value.0
}

fn count(calls: &Cell<usize>, len: usize) -> usize {
    calls.set(calls.get() + 1);
    len
}

#[tokio::test]
async fn attributes_are_evaluated_once_and_before_anything_is_moved() {
    let calls = Cell::new(0);
    let value = || NotClone("abc".to_owned());
    let spans = testing::capture_async(async {
        moved(value(), &calls);
        moved_later(value(), &calls).await;
        drop(moved_later(value(), &calls));
    })
    .await;
    assert_eq!(calls.get(), 3);
    spans
        .single("moved")
        .assert_attribute("len", 3)
        .assert_attribute("again", 3);
    spans.single("moved_later").assert_attribute("len", 3);
    // No one listens to this task, so nothing is evaluated.
    tokio::task::yield_now().await;
    moved(value(), &calls);
    assert_eq!(calls.get(), 3);
}

#[traced(attributes(here, gone))]
fn conditional(#[cfg(test)] here: u8, #[cfg(not(test))] gone: u8) -> u8 {
    #[cfg(not(test))]
    let here = gone;
    here
}

#[traced(attributes(here, gone))]
async fn conditional_later(#[cfg(test)] here: u8, #[cfg(not(test))] gone: Vec<u8>) -> u8 {
    #[cfg(not(test))]
    let here = gone[0];
    here
}

#[traced(attributes(here, gone), attributes_fn = |here, gone| [("twice", here * 2)])]
fn conditional_twice(
    #[cfg_attr(all(), cfg(all()))] here: u8,
    #[cfg_attr(all(), cfg(any()))] gone: u8,
) -> u8 {
    here
}

#[traced(attributes(here, gone))]
async fn conditional_twice_later(
    #[cfg_attr(all(), cfg(all()))] here: Vec<u8>,
    #[cfg_attr(all(), cfg(any()))] gone: Vec<u8>,
    #[cfg_attr(all(), allow(unused_variables, reason = "as it says"))] unused: u8,
) -> usize {
    here.len()
}

#[tokio::test]
async fn conditional_arguments() {
    let spans = testing::capture_async(async {
        assert_eq!(conditional_twice(1), 1);
        assert_eq!(conditional_twice_later(vec![1], 2).await, 1);
        conditional(1) + conditional_later(2).await
    })
    .await;
    spans
        .single("conditional_twice")
        .assert_attribute("here", 1)
        .assert_attribute("twice", 2)
        .assert_no_attribute("gone");
    spans
        .single("conditional_twice_later")
        .assert_no_attribute("gone");
    spans
        .single("conditional")
        .assert_attribute("here", 1)
        .assert_no_attribute("gone");
    spans
        .single("conditional_later")
        .assert_attribute("here", 2)
        .assert_no_attribute("gone");
}

struct Nothing;

#[traced]
fn unnamed(_: Nothing, _ignored: Nothing) {}

#[traced]
async fn unnamed_later(_: Nothing, _ignored: Nothing) {}

#[tokio::test]
async fn unnamed_arguments() {
    let spans = testing::capture_async(async {
        unnamed(Nothing, Nothing);
        unnamed_later(Nothing, Nothing).await;
    })
    .await;
    assert_eq!(spans.len(), 2);
}

#[traced]
fn borrows_mutably((ref mut text, n): (String, u8), ref mut more: Vec<u8>) -> String {
    more.push(n);
    text.push('!');
    format!("{text}{}", more.len())
}

#[traced(attributes(n))]
#[allow(clippy::toplevel_ref_arg, reason = "the pattern is what is tested")]
fn borrows_mutably_with((ref mut text, n): (String, u8), ref mut more: Vec<u8>) -> String {
    more.push(n);
    text.push('!');
    format!("{text}{}", more.len())
}

#[traced(attributes(n))]
async fn borrows_mutably_later((ref mut text, n): (String, u8), ref mut more: Vec<u8>) -> String {
    more.push(n);
    text.push('!');
    format!("{text}{}", more.len())
}

#[tokio::test]
async fn patterns_may_borrow_mutably() {
    let spans = testing::capture_async(async {
        let (pair, list) = (("a".to_owned(), 3), vec![1]);
        assert_eq!(borrows_mutably(pair.clone(), list.clone()), "a!2");
        assert_eq!(borrows_mutably_with(pair.clone(), list.clone()), "a!2");
        assert_eq!(borrows_mutably_later(pair, list).await, "a!2");
    })
    .await;
    assert_eq!(spans.len(), 3);
}
