//! A program without the bridge, which does not record spans of `tracing`.

use tracing_subscriber::filter::Targets;

pub(super) fn with_spans<S>(subscriber: S, _: Targets, _: Targets) -> S {
    subscriber
}

pub(super) const fn check_existing() {}
