//! Temporaries of a body's last expression, which edition 2021 drops after the locals and edition 2024
//! before them; arguments are dropped after both.

use super::traced;
use crate::log::{Log, Noisy, pause};

#[traced]
fn by_value(argument: Noisy) -> usize {
    let _local = argument.named("local");
    argument.named("temporary").len()
}

#[traced]
fn by_reference(argument: &Noisy) -> usize {
    let _local = argument.named("local");
    argument.named("temporary").len()
}

#[traced]
fn in_pattern((first, _): (Noisy, Noisy)) -> usize {
    let _local = first.named("local");
    first.named("temporary").len()
}

#[traced(attributes(length = first.len()))]
fn in_pattern_with_attribute((first, _): (Noisy, Noisy)) -> usize {
    let _local = first.named("local");
    first.named("temporary").len()
}

#[traced]
fn opaque(argument: Noisy) -> impl Into<usize> {
    let _local = argument.named("local");
    argument.named("temporary").len()
}

#[traced]
fn closure(argument: Noisy) -> impl Fn(&str) -> usize {
    let _local = argument.named("local");
    match argument.named("temporary").len() {
        length => move |text: &str| text.len() + length,
    }
}

#[traced]
fn unit(argument: Noisy) {
    let _local = argument.named("local");
    argument.named("temporary").len();
}

#[traced]
async fn later(argument: Noisy) -> usize {
    let _local = argument.named("local");
    pause().await;
    argument.named("temporary").len()
}

#[traced]
#[must_use]
async fn later_must_use(argument: Noisy) -> usize {
    let _local = argument.named("local");
    pause().await;
    argument.named("temporary").len()
}

pub(crate) fn observe(log: &mut Log) {
    log.call("by_value", |log| by_value(log.noisy("argument")));
    log.call("by_reference", |log| by_reference(&log.noisy("argument")));
    log.call("in_pattern", |log| in_pattern((log.noisy("first"), log.noisy("second"))));
    log.call("in_pattern_with_attribute", |log| {
        in_pattern_with_attribute((log.noisy("first"), log.noisy("second")))
    });
    log.call("opaque", |log| opaque(log.noisy("argument")).into());
    log.call("closure", |log| closure(log.noisy("argument"))("a"));
    log.call("unit", |log| unit(log.noisy("argument")));
    log.future("later", |log| later(log.noisy("argument")));
    log.future("later_must_use", |log| later_must_use(log.noisy("argument")));
}
