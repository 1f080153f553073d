//! The layer that records the spans and events of `tracing`.

use floe_telemetry_tracing::{TracingLayer, tracing_layer, with_current_span};
use tracing::{Dispatch, Subscriber, dispatcher};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{LevelFilter, Targets, filter_fn};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry::LookupSpan;

pub(super) fn with_spans<S>(
    subscriber: S,
    spans: Targets,
    events: Targets,
) -> impl Subscriber + Send + Sync + use<S>
where
    S: Subscriber + for<'span> LookupSpan<'span> + Send + Sync,
{
    let most = [&spans, &events].map(<Targets as Layer<S>>::max_level_hint).into_iter().max();
    let filter = filter_fn(move |it| {
        let filter = if it.is_span() { &spans } else { &events };
        filter.would_enable(it.target(), it.level())
    })
    .with_max_level_hint(most.flatten().unwrap_or(LevelFilter::TRACE));
    with_current_span(subscriber.with(tracing_layer().with_filter(filter)))
}

pub(super) const ARE_RECORDED: bool = true;

pub(super) fn are_missing() -> bool {
    !dispatcher::get_default(Dispatch::is::<TracingLayer>)
}
