//! The inputs for function arguments that move into a closure or a future.

use super::{Case, Input::Traced};

pub(super) const ALL: &[Case] = &[
    Case {
        file: "patterns",
        input: Traced("", "fn f((left, _): (Lock, Lock), other: Lock) { work() }"),
    },
    Case {
        file: "patterns_with_attributes",
        input: Traced(
            "attributes(left)",
            "fn f((left, _): (Lock, Lock), other: Lock) -> u8 { work() }",
        ),
    },
    Case {
        file: "patterns_by_type",
        input: Traced(
            "attributes(left)",
            "fn f((left, _): (Lock, Lock)) -> Later<u8> { work(left) }",
        ),
    },
    Case {
        file: "patterns_of_returned_future",
        input: Traced(
            "root",
            "fn f(Pair { left, .. }: Pair) -> Pin<Box<impl Future<Output = u8>>> { work(left) }",
        ),
    },
    Case {
        file: "patterns_that_borrow",
        input: Traced(
            "attributes(n)",
            "fn f((ref mut text, n): (String, u8), ref list: Vec<u8>) { work(text) }",
        ),
    },
    Case {
        file: "number_that_a_closure_borrows",
        input: Traced(
            "",
            "fn f(n: u8, list: &[u8]) -> Vec<u8> { list.iter().map(|m| m + n).collect() }",
        ),
    },
    Case {
        file: "lints_on_arguments",
        input: Traced(
            "attributes(a)",
            r"fn f(#[allow(unused_mut)] mut a: Vec<u8>, #[cfg(all())] #[expect(unused)] b: Vec<u8>) {}",
        ),
    },
    Case {
        file: "names_with_underscores",
        input: Traced(
            "attributes(_a, b = _a.len()), attributes_fn = |_a, _| [(\"n\", _a.len())]",
            "fn f(_a: String, _: Vec<u8>) {}",
        ),
    },
    Case {
        file: "receivers",
        input: Traced("", "async fn f(mut self: Pin<&mut Self>, list: Vec<u8>) { self.get() }"),
    },
    Case {
        file: "receiver_that_is_not_used",
        input: Traced("", "async fn f(&self, n: u8) -> u8 { n }"),
    },
    Case {
        file: "lints_under_a_condition",
        input: Traced(
            "",
            "fn f(#[cfg_attr(all(), expect(unused))] a: String, #[cfg_attr(all(), cfg(all()))] b: String) {}",
        ),
    },
    Case {
        file: "async_must_use_with_variables",
        input: Traced(
            "",
            "#[must_use] async fn f(self, first: String, _second: String, mut third: String) -> usize { first.len() }",
        ),
    },
];
