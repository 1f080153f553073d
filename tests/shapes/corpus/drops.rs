//! When a synchronous function drops its arguments, its locals and what it returns.

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

pub(crate) fn observe(log: &mut Log) {
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
