//! The layer that records the spans and events of `tracing`.

use floe_telemetry_tracing::{TracingLayer, tracing_layer, with_current_span};
use tracing::{Dispatch, Subscriber, dispatcher};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry::LookupSpan;

use super::{DEFAULT_LEVEL, targets};
use crate::config::{self, Directive, TelemetryConfig};

/// Adds the layer, with its filter.
pub(super) fn with_spans<S>(
    subscriber: S,
    config: &TelemetryConfig,
    rust_log: Option<Vec<Directive>>,
) -> impl Subscriber + Send + Sync + use<S>
where
    S: Subscriber + for<'span> LookupSpan<'span> + Send + Sync,
{
    let span_filter = config.span_filter.as_deref();
    let span_filter = span_filter.and_then(|text| config::parse_filter(text).ok());
    let filter = match span_filter.or(rust_log) {
        Some(directives) => targets(&directives),
        None => Targets::new().with_default(DEFAULT_LEVEL),
    };
    let layer = tracing_layer().with_events(config.logging.span_events);
    with_current_span(subscriber.with(layer.with_filter(filter)))
}

/// Whether the global subscriber lacks the layer.
pub(super) fn are_missing() -> bool {
    !dispatcher::get_default(Dispatch::is::<TracingLayer>)
}
