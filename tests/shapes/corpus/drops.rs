//! The order in which a synchronous function drops its arguments, its locals and its result.

use std::future::Future;

use super::traced;
use crate::log::{Log, Noisy};

#[traced]
fn unused(_first: Noisy, _: Noisy, second: Noisy) -> &'static str {
    second.name
}

#[traced(attributes(length = second.len()))]
fn with_attribute(_first: Noisy, _: Noisy, second: Noisy) -> &'static str {
    second.name
}

#[traced]
fn returned(first: Noisy, second: Noisy) -> Result<Noisy, Noisy> {
    let _local = first.named("local");
    if second.len() > 9 { Err(second) } else { Ok(first) }
}

#[traced]
fn panics(first: Noisy, (_second, _): (Noisy, Noisy)) -> usize {
    let _local = first.named("local");
    panic!("on purpose");
}

struct Pair(Noisy, Noisy);

#[traced]
impl Pair {
    fn second(self) -> Noisy {
        self.1
    }

    fn length(self: Box<Self>) -> usize {
        self.0.len()
    }
}

struct Counted {
    count: usize,
    _noisy: Noisy,
}

/// Defines functions with patterns that skip, copy or borrow parts of an argument.
macro_rules! parts {
    ($now:ident $later:ident ($left:ident $second:ident $count:ident) #[$attribute:meta]) => {
        #[$attribute]
        fn $now(
            ($left, _): (Noisy, Noisy),
            $second: Noisy,
            Pair(first, ..): Pair,
            Counted { $count, .. }: Counted,
            ref last: Noisy,
            panics: bool,
        ) -> usize {
            let _inside = $left.named("inside");
            assert!(!panics, "on purpose");
            $left.len() + $second.len() + first.len() + $count + last.len()
        }

        #[$attribute]
        fn $later(
            ($left, _): (Noisy, Noisy),
            $second: Noisy,
            Pair(first, ..): Pair,
            Counted { $count, .. }: Counted,
            ref last: Noisy,
            panics: bool,
        ) -> impl Future<Output = usize> + use<> {
            assert!(!panics, "on purpose");
            let length = $second.len() + $count + last.len();
            async move { length + $left.len() + first.len() }
        }
    };
}

parts!(parts parts_later (left second count) #[traced]);
parts!(root_parts root_parts_later (left second count) #[traced(root)]);
parts!(named_parts named_parts_later (left second count) #[traced(attributes(left = left.len(), count), name = second.name)]);

macro_rules! observe {
    ($log:ident, $($call:ident)*) => {$(
        for panics in [false, true] {
            $log.call(stringify!($call), |log| {
                let both = (log.noisy("left"), log.noisy("left out"));
                let pair = Pair(log.noisy("first"), log.noisy("left out of the pair"));
                let counted = Counted { count: 1, _noisy: log.noisy("counted") };
                let _ = $call(both, log.noisy("second"), pair, counted, log.noisy("last"), panics);
            });
        }
    )*};
}

pub(crate) fn observe(log: &mut Log) {
    observe!(log, parts parts_later root_parts root_parts_later named_parts named_parts_later);
    log.call("unused", |log| unused(log.noisy("a"), log.noisy("b"), log.noisy("c")));
    log.call("with_attribute", |log| {
        with_attribute(log.noisy("a"), log.noisy("b"), log.noisy("c"))
    });
    for second in ["second", "a long name"] {
        log.call("returned", |log| returned(log.noisy("first"), log.noisy(second)).is_ok());
    }
    log.call("panics", |log| panics(log.noisy("first"), (log.noisy("b"), log.noisy("c"))));
    log.call("second", |log| Pair(log.noisy("a"), log.noisy("b")).second().len());
    log.call("length", |log| Box::new(Pair(log.noisy("a"), log.noisy("b"))).length());
}
