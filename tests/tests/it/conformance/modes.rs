//! Each shape of function is annotated in each mode: without arguments, with `error_if`, and with
//! one attribute. All of them are compiled in two editions.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use floe_telemetry::testing::{self, CapturedSpan, Spans};
use opentelemetry::trace::Status;

/// The modes, and the function that runs each.
pub(super) type Modes = [(&'static str, fn()); 3];

/// The end of a successful span, unless `error_if` decides otherwise.
pub(super) const OK: &str = "ok";

/// The end of the span of a dropped future.
pub(super) const CANCELLED: &str = "cancelled";

/// The end of a span that is the same in each mode.
pub(super) const BY_HAND: &str = "by hand";

/// Defines a module `$name` with [`Modes`]. The items in `types` are repeated for each mode, since
/// methods can be defined only once; each shape is preceded by the attribute that one of the modes
/// records.
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

/// The spans of each mode are these in any order, end in this way, and have one more attribute in the mode with an
/// attribute. Returns the spans of all modes.
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

pub(super) fn poll<T>(future: impl Future<Output = T>) -> Poll<T> {
    pin!(future).poll(&mut Context::from_waker(Waker::noop()))
}

/// The future never waits for a waker.
pub(super) fn ready<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    for _ in 0..100 {
        let polled = future.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        if let Poll::Ready(value) = polled {
            return value;
        }
    }
    panic!("not ready");
}
