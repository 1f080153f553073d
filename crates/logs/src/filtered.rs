//! The layer of log lines with its filter.

use std::any::TypeId;

use tracing::dispatcher::Dispatch;
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id};
use tracing::subscriber::Interest;
use tracing::{Event, Metadata, Subscriber};
use tracing_log::NormalizeEvent as _;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{Filtered, Targets};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

use super::layer::LogLayer;

/// [`Filtered`] panics without the id that a subscriber gives it in `on_layer`. A layer that
/// [`reload`](tracing_subscriber::reload) puts in the place of another one has no id, and filters by itself.
pub(super) struct FilteredLines<S, W> {
    layer: Filtered<LogLayer<W>, Targets, S>,
    has_id: bool,
}

impl<S, W> FilteredLines<S, W>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
    W: for<'w> MakeWriter<'w> + 'static,
{
    pub(super) fn new(layer: LogLayer<W>, filter: Targets) -> Self {
        Self { layer: layer.with_filter(filter), has_id: false }
    }

    /// Whether the filter lets an event pass. A record of `log` has its own target in its fields.
    fn takes(&self, event: &Event<'_>) -> bool {
        let of_log = event.normalized_metadata();
        let metadata = of_log.as_ref().unwrap_or_else(|| event.metadata());
        self.layer.filter().would_enable(metadata.target(), metadata.level())
    }
}

#[expect(unsafe_code, reason = "`tracing` declares a method unsafe")]
impl<S, W> Layer<S> for FilteredLines<S, W>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
    W: for<'w> MakeWriter<'w> + 'static,
{
    fn on_register_dispatch(&self, subscriber: &Dispatch) {
        self.layer.on_register_dispatch(subscriber);
    }

    fn on_layer(&mut self, subscriber: &mut S) {
        self.layer.on_layer(subscriber);
        self.has_id = true;
    }

    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        if self.has_id { self.layer.register_callsite(metadata) } else { Interest::always() }
    }

    fn enabled(&self, metadata: &Metadata<'_>, cx: Context<'_, S>) -> bool {
        !self.has_id || self.layer.enabled(metadata, cx)
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        self.layer.max_level_hint()
    }

    /// Lets [`Filtered`] forget its decision about the span.
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, cx: Context<'_, S>) {
        if self.has_id {
            self.layer.on_new_span(attributes, id, cx);
        }
    }

    fn event_enabled(&self, event: &Event<'_>, cx: Context<'_, S>) -> bool {
        if self.has_id {
            return self.layer.event_enabled(event, cx);
        }
        !self.takes(event) || self.layer.inner().event_enabled(event, cx)
    }

    fn on_event(&self, event: &Event<'_>, cx: Context<'_, S>) {
        if self.has_id {
            self.layer.on_event(event, cx);
        } else if self.takes(event) {
            self.layer.inner().on_event(event, cx);
        }
    }

    unsafe fn downcast_raw(&self, id: TypeId) -> Option<*const ()> {
        // SAFETY: the pointer is to a part of `self`, which lives as long.
        unsafe { self.layer.downcast_raw(id) }
    }
}
