//! Each shape of function once, in each of the ways in which it can be annotated: with nothing said,
//! with a look at what it returns, and with one attribute. All of that is compiled in two editions.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use floe_telemetry::testing::{self, CapturedSpan, Spans};
use opentelemetry::trace::Status;

/// The ways, and what is called in each.
pub(super) type Modes = [(&'static str, fn()); 3];

/// How a span ends that is well, unless `error_if` says otherwise.
pub(super) const OK: &str = "ok";

/// That of a future which was dropped.
pub(super) const CANCELLED: &str = "cancelled";

/// That of a span which is the same in each way.
pub(super) const BY_HAND: &str = "by hand";

/// Makes a module `$name` with [`Modes`]. What `types` have is there once for each way, since methods
/// can be defined once only; before each shape stands the attribute that one of the ways records.
macro_rules! in_each_mode {
    (
        $name:ident
        types { $($type:item)* }
        shapes { $([$($attribute:tt)*] $shape:item)* }
        run $run:block
    ) => {
        mod $name {
            use super::*;

            mod plain {
                use super::*;

                $($type)*
                $(#[traced] $shape)*
                pub(super) fn run() $run
            }

            mod with_error_if {
                use super::*;

                $($type)*
                $(#[traced(error_if = |_| true)] $shape)*
                pub(super) fn run() $run
            }

            mod with_attribute {
                use super::*;

                $($type)*
                $(#[traced(attributes($($attribute)*))] $shape)*
                pub(super) fn run() $run
            }

            pub(super) const MODES: super::Modes = [
                ("plain", plain::run),
                ("with_error_if", with_error_if::run),
                ("with_attribute", with_attribute::run),
            ];
        }
    };
}
pub(super) use in_each_mode;

/// Runs each way, and asserts that it makes these spans, in whatever order, that they end like this,
/// and that the way with an attribute has one more in each. Returns the spans of all ways.
#[track_caller]
pub(super) fn check(modes: Modes, expected: &[(&str, &str)]) -> [Spans; 3] {
    let by_hand: Vec<_> = expected.iter().filter(|(_, end)| *end == BY_HAND).collect();
    let is_by_hand = |span: CapturedSpan<'_>| by_hand.iter().any(|(name, _)| *name == span.name());
    let all = modes.map(|(mode, run)| {
        let spans = testing::capture(run);
        let ends = spans.iter().map(|span| {
            let end = if is_by_hand(span) { BY_HAND } else { end(span) };
            (span.name(), end)
        });
        let expected = expected.iter().map(|&(name, end)| match (mode, end) {
            ("with_error_if", OK) => (name, "refused by `error_if`"),
            _ => (name, end),
        });
        assert_eq!(sorted(ends), sorted(expected), "{mode}");
        spans
    });
    let [plain, _, with_attribute] = &all;
    let recorded = |spans: &Spans, more| {
        let recorded = spans.iter().map(|span| {
            let more = if is_by_hand(span) { 0 } else { more };
            (span.name().to_owned(), span.data().attributes.len() + more)
        });
        sorted(recorded)
    };
    assert_eq!(recorded(with_attribute, 0), recorded(plain, 1));
    all
}

/// The same of spans that all end well.
#[track_caller]
pub(super) fn check_ok(modes: Modes, names: &[&str]) -> [Spans; 3] {
    let expected: Vec<_> = names.iter().map(|name| (*name, OK)).collect();
    check(modes, &expected)
}

fn end(span: CapturedSpan<'_>) -> &str {
    match span.status() {
        Status::Ok => OK,
        Status::Error { description } => description,
        Status::Unset => CANCELLED,
    }
}

fn sorted<T: Ord>(items: impl Iterator<Item = T>) -> Vec<T> {
    let mut items: Vec<_> = items.collect();
    items.sort();
    items
}

/// Polls a future once.
pub(super) fn poll<T>(future: impl Future<Output = T>) -> Poll<T> {
    pin!(future).poll(&mut Context::from_waker(Waker::noop()))
}

/// What a future becomes that waits for nobody but its executor.
pub(super) fn ready<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    for _ in 0..100 {
        let polled = future
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()));
        if let Poll::Ready(value) = polled {
            return value;
        }
    }
    panic!("not ready");
}
