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

use floe_telemetry::testing::{self, Spans};
use floe_telemetry::tracing_layer;
use tracing::Dispatch;
use tracing::dispatcher::with_default;
use tracing_subscriber::layer::SubscriberExt;

fn subscriber() -> Dispatch {
    Dispatch::new(tracing_subscriber::registry().with(tracing_layer()))
}

/// The code runs under such a subscriber.
fn record(code: impl FnOnce()) -> Spans {
    testing::capture(|| with_default(&subscriber(), code))
}
