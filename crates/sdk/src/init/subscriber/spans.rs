//! The layer that records the spans and events of `tracing`.

use floe_telemetry_tracing::{TracingLayer, tracing_layer, with_current_span};
use tracing::{Dispatch, Subscriber, dispatcher};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::{Filter, SubscriberExt as _};
use tracing_subscriber::registry::LookupSpan;

use super::{LineFilter, default_filter, targets};
use crate::config::{LineDirective, TelemetryConfig};

pub(super) fn filter(config: &TelemetryConfig, rust_log: Option<Vec<LineDirective>>) -> LineFilter {
    match (&config.sampling.filter, rust_log) {
        (Some(directives), _) => LineFilter::Targets(targets(directives.iter())),
        (None, Some(directives)) => LineFilter::new(&directives),
        (None, None) => default_filter(),
    }
}

pub(super) fn with_spans<S, F>(
    subscriber: S,
    filter: F,
) -> impl Subscriber + Send + Sync + use<S, F>
where
    S: Subscriber + for<'span> LookupSpan<'span> + Send + Sync,
    F: Filter<S> + Send + Sync + 'static,
{
    with_current_span(subscriber.with(tracing_layer().with_filter(filter)))
}

/// Checks whether the program's own subscriber, which stays, has the layer for spans.
pub(super) fn check_existing() {
    if !dispatcher::get_default(Dispatch::is::<TracingLayer>) {
        tracing::warn!(
            "the process already has a global `tracing` subscriber: its spans are recorded only if it has the layer `floe_telemetry::tracing_layer()`"
        );
    }
}
