//! The layer that records the spans and events of `tracing`.

use floe_telemetry_tracing::{TracingLayer, tracing_layer, with_current_span};
use tracing::{Level, Subscriber, dispatcher, span_enabled};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{LevelFilter, Targets, filter_fn};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry::LookupSpan;

use crate::internal_log::internal_log;

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

/// Warns if the program's own subscriber lacks the layer for spans, or has a filter that excludes spans of every target
/// that it does not name, as an `EnvFilter` does with `RUST_LOG=orders=debug`, or without `RUST_LOG`.
pub(super) fn check_existing() {
    let is_filtered = |it: &TracingLayer| it.is_filtered;
    match dispatcher::get_default(|all| all.downcast_ref().map(is_filtered)) {
        None => internal_log!(
            warn,
            "the process already has a global `tracing` subscriber: its spans are recorded only if it has the layer `floe_telemetry::tracing_layer()`"
        ),
        Some(false) if !span_enabled!(target: "a target that no filter names", Level::INFO) => {
            internal_log!(
                warn,
                "spans of `tracing` at the level `info` are not recorded, except from targets that a filter of the program's `tracing` subscriber names: add `info` to `RUST_LOG`, or move the filter to the layer of log lines with `with_filter`"
            );
        }
        Some(_) => {}
    }
}
