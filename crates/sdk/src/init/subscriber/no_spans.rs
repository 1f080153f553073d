//! Without the bridge, the spans of `tracing` are not recorded.

use crate::config::{Directive, TelemetryConfig};

pub(super) fn with_spans<S>(subscriber: S, _: &TelemetryConfig, _: Option<Vec<Directive>>) -> S {
    subscriber
}

pub(super) const fn are_missing() -> bool {
    false
}
