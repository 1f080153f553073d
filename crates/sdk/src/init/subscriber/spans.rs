//! The layer that records the spans and events of `tracing`.

use floe_telemetry_tracing::{TracingLayer, tracing_layer, with_current_span};
use tracing::{Dispatch, Subscriber, dispatcher};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry::LookupSpan;

pub(super) fn with_spans<S>(
    subscriber: S,
    filter: Targets,
) -> impl Subscriber + Send + Sync + use<S>
where
    S: Subscriber + for<'span> LookupSpan<'span> + Send + Sync,
{
    with_current_span(subscriber.with(tracing_layer().with_filter(filter)))
}

pub(super) fn are_missing() -> bool {
    !dispatcher::get_default(Dispatch::is::<TracingLayer>)
}
