//! Spans and events of `tracing`, recorded by the layer.

mod current_span;
mod events;
mod fields;
mod filters;
mod nesting;
mod options;
mod order;
mod span_ext;
mod threads;

use std::thread;

use floe_telemetry::testing::{self, Spans};
use floe_telemetry::tracing_layer;
use tracing::Dispatch;
use tracing::dispatcher::{get_default, with_default};
use tracing_subscriber::layer::SubscriberExt;

fn subscriber() -> Dispatch {
    Dispatch::new(tracing_subscriber::registry().with(tracing_layer()))
}

fn record_in(subscriber: impl Into<Dispatch>, code: impl FnOnce()) -> Spans {
    let dispatch = subscriber.into();
    testing::capture(|| with_default(&dispatch, code))
}

fn record(code: impl FnOnce()) -> Spans {
    record_in(subscriber(), code)
}

/// Runs the code on another thread, with the same subscriber and without a context of OpenTelemetry.
fn elsewhere(code: impl FnOnce() + Send) {
    let dispatch = get_default(Clone::clone);
    thread::scope(|scope| {
        scope.spawn(|| with_default(&dispatch, code));
    });
}
