//! Panics before and after an `.await`, and in functions that return a future.

use std::future::{Future, ready};

use super::traced;
use crate::log::{Log, Noisy, pause};

#[traced]
fn now(n: u8) -> u8 {
    assert!(n > 1, "{n} is too small");
    n
}

#[traced]
async fn at_once(argument: Noisy) -> usize {
    let _local = argument.named("local");
    panic!("at once");
}

#[traced]
async fn after_a_pause(argument: Noisy) -> usize {
    let _local = argument.named("local");
    pause().await;
    panic!("after a pause");
}

#[traced]
fn before_the_future(argument: Noisy) -> impl Future<Output = usize> {
    assert!(argument.len() > 9, "before the future");
    ready(argument.len())
}

pub(crate) fn observe(log: &mut Log) {
    log.call("now", |_| now(1));
    log.future("at_once", |log| at_once(log.noisy("argument")));
    log.future("after_a_pause", |log| after_a_pause(log.noisy("argument")));
    log.call("before_the_future", |log| drop(before_the_future(log.noisy("argument"))));
}
