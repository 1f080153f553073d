//! Functions and types, scenarios 1 to 25.
//!
//! 1 `the_type_stays`; 2 `an_async_function_is_active_in_its_polls`; 3 to 5
//! `functions_that_return_nothing_or_never`; 6, 7 `generics_get_no_bounds`; 8 to 11 `borrows_go_through`;
//! 12, 13 `mut_arguments_are_variables_of_the_body`; 14, 15 `higher_ranked_and_lending`; 16 to 19
//! `impl_trait_anywhere`; 20 to 22 `coercions_and_inference`; 23, 24 `types_without_traits`; 25
//! `every_exit_ends_the_span_once`.

use std::fmt::Display;
use std::future::Future;
use std::num::ParseIntError;
use std::panic::catch_unwind;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use floe_telemetry::{create_span, testing, traced};
use opentelemetry::trace::TraceContextExt;

fn poll<T>(future: impl Future<Output = T>) -> Poll<T> {
    pin!(future).poll(&mut Context::from_waker(Waker::noop()))
}

fn ready<T>(future: impl Future<Output = T>) -> T {
    match poll(future) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("not ready"),
    }
}

#[traced]
fn increment(n: i64) -> i64 {
    n + 1
}

#[traced(attributes(n))]
fn recorded(n: i64) -> i64 {
    n + 1
}

#[traced]
#[expect(unsafe_code, reason = "the word is what this is about")]
unsafe fn dangerous(n: i64) -> i64 {
    n + 1
}

#[traced]
extern "C" fn foreign(n: i64) -> i64 {
    n + 1
}

#[test]
fn the_type_stays() {
    let plain: [fn(i64) -> i64; 2] = [increment, recorded];
    let _: unsafe fn(i64) -> i64 = dangerous;
    let foreign: extern "C" fn(i64) -> i64 = foreign;
    let spans = testing::capture(|| {
        for function in plain {
            assert_eq!(function(1), 2);
        }
        assert_eq!(foreign(1), 2);
    });
    spans.single("increment").assert_ok();
    spans.single("recorded").assert_attribute("n", 1);
    spans.single("foreign").assert_ok();
}

#[traced]
async fn pauses() {
    tokio::task::yield_now().await;
    drop(create_span("inside"));
}

#[test]
fn an_async_function_is_active_in_its_polls() {
    let spans = testing::capture(|| {
        let mut future = Box::pin(pauses());
        let mut cx = Context::from_waker(Waker::noop());
        assert!(future.as_mut().poll(&mut cx).is_pending());
        assert!(!opentelemetry::Context::current().has_active_span());
        assert!(future.as_mut().poll(&mut cx).is_ready());
    });
    spans.single("inside").assert_child_of("pauses");
}

#[traced]
fn unit() {}

#[traced]
fn never() -> ! {
    panic!("never")
}

#[traced]
async fn never_later() -> ! {
    loop {
        std::future::pending::<()>().await;
    }
}

#[traced]
async fn panics_later() -> ! {
    panic!("never")
}

#[test]
fn functions_that_return_nothing_or_never() {
    let spans = testing::capture(|| {
        unit();
        assert!(catch_unwind(|| never()).is_err());
        assert!(poll(never_later()).is_pending());
        assert!(
            catch_unwind(|| {
                let _ = poll(panics_later());
            })
            .is_err()
        );
    });
    spans.single("unit").assert_ok();
    spans.single("never").assert_error("never");
    spans
        .single("never_later")
        .assert_attribute("floe.cancelled", true);
    spans.single("panics_later").assert_error("never");
}

struct NoTraits;

#[traced]
fn generic<T, const N: usize>(items: [T; N]) -> Option<T>
where
    T: Sized,
{
    items.into_iter().next()
}

#[traced(attributes(len = items.len()))]
async fn generic_later<T, const N: usize>(items: [T; N]) -> Result<Option<T>, NoTraits> {
    Ok(items.into_iter().next())
}

#[test]
fn generics_get_no_bounds() {
    let spans = testing::capture(|| {
        assert!(generic([NoTraits]).is_some());
        assert!(ready(generic_later([NoTraits])).is_ok());
    });
    spans.single("generic_later").assert_attribute("len", 1);
}

#[traced]
fn explicit<'a>(left: &'a str, _right: &str) -> &'a str {
    left
}

#[traced]
fn reborrowed(list: &mut Vec<u8>) -> &mut u8 {
    &mut list[0]
}

#[traced(attributes(len = list.len()))]
fn reborrowed_result(list: &mut Vec<u8>) -> Result<&[u8], String> {
    list.push(1);
    Ok(list)
}

#[traced]
async fn reborrowed_later(list: &mut Vec<u8>) -> Result<&mut u8, String> {
    list.first_mut().ok_or_else(String::new)
}

struct Parsed<'a>(&'a str);

#[traced]
fn early(text: &str) -> Result<Option<Parsed<'_>>, NoTraits> {
    if text.is_empty() {
        return Ok(None);
    }
    Ok(Some(Parsed(text.strip_prefix('a').ok_or(NoTraits)?)))
}

#[track_caller]
fn assert_all_ok(spans: &testing::Spans, names: &[&str]) {
    let mut found = spans.names();
    found.sort_unstable();
    assert_eq!(found, names);
    for name in names {
        spans.named(name).for_each(|span| {
            span.assert_ok();
        });
    }
}

#[test]
fn borrows_go_through() {
    let _: for<'a> fn(&'a str, &str) -> &'a str = explicit;
    let spans = testing::capture(|| {
        let mut list = vec![1];
        *reborrowed(&mut list) += 1;
        *ready(reborrowed_later(&mut list)).unwrap() += 1;
        assert_eq!(reborrowed_result(&mut list), Ok(&[3, 1][..]));
        assert_eq!(explicit("a", "b"), "a");
        assert_eq!(early("ab").ok().flatten().unwrap().0, "b");
    });
    assert_all_ok(
        &spans,
        &[
            "early",
            "explicit",
            "reborrowed",
            "reborrowed_later",
            "reborrowed_result",
        ],
    );
}

#[traced]
fn reassigned(mut n: i64, mut list: Vec<i64>) -> Result<Vec<i64>, String> {
    n += 1;
    list.push(n);
    Ok(list)
}

#[traced(attributes(text))]
async fn repointed(mut text: &str) -> usize {
    let longer = format!("{text}!");
    text = &longer;
    text.len()
}

#[test]
fn mut_arguments_are_variables_of_the_body() {
    let spans = testing::capture(|| {
        assert_eq!(reassigned(1, vec![]), Ok(vec![2]));
        assert_eq!(ready(repointed("a")), 2);
    });
    spans.single("repointed").assert_attribute("text", "a");
}

trait Lend {
    type Item<'a>
    where
        Self: 'a;

    fn lend(&mut self) -> Option<Self::Item<'_>>;
}

struct Windows(Vec<u8>);

impl Lend for Windows {
    type Item<'a> = &'a mut [u8];

    #[traced]
    fn lend<'a>(&'a mut self) -> Option<Self::Item<'a>> {
        self.0.get_mut(..1)
    }
}

#[traced]
fn apply<F>(shorten: F, text: &str) -> String
where
    F: for<'a> Fn(&'a str) -> &'a str,
{
    shorten(text).to_owned()
}

#[test]
fn higher_ranked_and_lending() {
    let spans = testing::capture(|| {
        Windows(vec![1]).lend().unwrap()[0] += 1;
        assert_eq!(apply(|text| &text[1..], "ab"), "b");
    });
    assert_all_ok(&spans, &["apply", "lend"]);
}

#[traced]
fn takes_opaque(text: impl AsRef<str>) -> usize {
    text.as_ref().len()
}

#[traced]
async fn takes_opaque_later(text: impl AsRef<str>) -> usize {
    text.as_ref().len()
}

#[traced]
fn opaque(n: u8) -> impl Iterator<Item = u8> {
    0..n
}

#[traced]
fn opaque_result(fails: bool) -> Result<impl Iterator<Item = u8>, String> {
    if fails {
        return Err("failed".to_owned());
    }
    Ok(0..3)
}

#[traced]
async fn opaque_closure(n: u8) -> impl Fn() -> u8 {
    std::future::ready(()).await;
    move || n
}

#[test]
fn impl_trait_anywhere() {
    let spans = testing::capture(|| {
        assert_eq!(takes_opaque("ab") + ready(takes_opaque_later("ab")), 4);
        assert_eq!(opaque(2).count(), 2);
        assert_eq!(opaque_result(false).unwrap().count(), 3);
        assert_eq!(ready(opaque_closure(4))(), 4);
    });
    spans.single("opaque_result").assert_ok();
    let spans = testing::capture(|| assert!(opaque_result(true).is_err()));
    spans.single("opaque_result").assert_error("failed");
}

#[traced]
fn coerced(long: bool) -> Box<dyn Display> {
    if long {
        return Box::new("text");
    }
    Box::new(3)
}

type Later = Pin<Box<dyn Future<Output = u8>>>;

#[traced]
async fn coerced_later(long: bool) -> Result<Later, String> {
    if long {
        return Ok(Box::pin(std::future::ready(3)));
    }
    Ok(Box::pin(async { 4 }))
}

#[traced]
fn collected(text: &str) -> Vec<char> {
    text.chars().collect()
}

#[traced]
async fn converted(text: &str) -> String {
    text.into()
}

#[test]
fn coercions_and_inference() {
    let spans = testing::capture(|| {
        assert_eq!(
            coerced(true).to_string() + &coerced(false).to_string(),
            "text3"
        );
        assert_eq!(ready(ready(coerced_later(false)).unwrap()), 4);
        assert_eq!(collected("ab"), ['a', 'b']);
        assert_eq!(ready(converted("ab")), "ab");
    });
    assert_all_ok(
        &spans,
        &[
            "coerced",
            "coerced",
            "coerced_later",
            "collected",
            "converted",
        ],
    );
}

#[traced]
fn without_traits(fails: bool) -> Result<NoTraits, NoTraits> {
    if fails { Err(NoTraits) } else { Ok(NoTraits) }
}

#[test]
fn types_without_traits() {
    let spans = testing::capture(|| assert!(without_traits(false).is_ok()));
    spans.single("without_traits").assert_ok();
    let spans = testing::capture(|| assert!(without_traits(true).is_err()));
    let name = std::any::type_name::<NoTraits>();
    spans.single("without_traits").assert_error(name);
}

#[traced]
fn parse(text: &str) -> Result<u8, ParseIntError> {
    if text.is_empty() {
        return Ok(0);
    }
    Ok(text.parse::<u8>()? + 1)
}

#[traced]
async fn parse_later(text: &str) -> Result<u8, ParseIntError> {
    if text.is_empty() {
        return Ok(0);
    }
    Ok(text.parse::<u8>()? + 1)
}

#[test]
fn every_exit_ends_the_span_once() {
    for (text, fails) in [("", false), ("1", false), ("x", true)] {
        let spans = testing::capture(|| {
            assert_eq!(parse(text).is_err(), fails);
            assert_eq!(ready(parse_later(text)).is_err(), fails);
        });
        assert_eq!(spans.len(), 2);
        for name in ["parse", "parse_later"] {
            let span = spans.single(name);
            if fails {
                span.assert_error("invalid digit found in string")
            } else {
                span.assert_ok()
            };
        }
    }
}
