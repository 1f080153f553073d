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

pub(super) fn are_missing() -> bool {
    !dispatcher::get_default(Dispatch::is::<TracingLayer>)
}
