//! Arguments of all kinds in one future: moved, borrowed, not used, taken apart, assigned.

use super::traced;
use crate::log::{Log, Noisy, pause};

#[traced]
async fn all(
    first: Noisy,
    _: Noisy,
    mut third: Noisy,
    (left, _): (Noisy, Noisy),
    _unused: Noisy,
    mut text: &str,
) -> usize {
    let local = format!("{text}{}", first.name);
    text = &local;
    third.name = "third";
    let moved = left;
    pause().await;
    text.len() + moved.len()
}

#[traced]
#[must_use]
async fn must_use(first: Noisy, _: Noisy, mut third: Noisy, _unused: Noisy) -> usize {
    let _inside = third.named("inside");
    third.name = "third";
    pause().await;
    first.len()
}

#[traced(attributes(length = first.len()))]
async fn with_attribute(first: Noisy, _: Noisy, second: Noisy) -> Result<usize, String> {
    pause().await;
    drop(first);
    Err(second.name.to_owned())
}

#[traced]
async fn early(first: Noisy, short: bool) -> Option<usize> {
    let _local = first.named("local");
    if short {
        return None;
    }
    pause().await;
    Some(first.len())
}

pub(crate) fn observe(log: &mut Log) {
    log.future("all", |log| {
        let pair = (log.noisy("left"), log.noisy("right"));
        all(log.noisy("first"), log.noisy("second"), log.noisy(""), pair, log.noisy("unused"), "a")
    });
    log.future("with_attribute", |log| {
        with_attribute(log.noisy("first"), log.noisy("wild"), log.noisy("second"))
    });
    log.future("must_use", |log| {
        must_use(log.noisy("first"), log.noisy("second"), log.noisy(""), log.noisy("unused"))
    });
    log.future("early", |log| early(log.noisy("first"), true));
    log.future("late", |log| early(log.noisy("first"), false));
}
