//! The OpenTelemetry span of a `tracing` span: its context, parent and links, and attributes without a declared field.

use std::borrow::Cow;
use std::time::SystemTime;

use opentelemetry::trace::{Event, Link, SpanContext, SpanRef, Status, TraceContextExt};
use opentelemetry::{Context, Key, KeyValue, Value};
use tracing::span::Id;
use tracing::{Dispatch, Span};
use tracing_subscriber::registry::{LookupSpan, Registry};

use super::entered;
use super::options::TracingLayer;
use crate::clock::wall_now;
use crate::recorder::SpanRecord;

/// Gives access to the OpenTelemetry span that records a [`tracing::Span`].
///
/// The subscriber of the span must have the layer of [`tracing_layer`](crate::tracing_layer). Otherwise, and for a span
/// that is disabled or that a filter excludes from the layer, [`set_parent`](Self::set_parent) fails, the context
/// belongs to the nearest recorded span around it or is empty, and updates do nothing. Updates of a stand-in from
/// [`with_current_span`](crate::with_current_span) go to its original.
///
/// The trait has the methods of the trait of the same name in `tracing-opentelemetry`.
///
/// ```
/// use std::collections::HashMap;
///
/// use floe_telemetry::{propagation, testing, tracing_layer, tracing::OpenTelemetrySpanExt};
/// use opentelemetry::trace::TraceContextExt;
/// use tracing::info_span;
/// use tracing_subscriber::layer::SubscriberExt;
///
/// let traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
/// let headers = HashMap::from([("traceparent".to_owned(), traceparent.to_owned())]);
///
/// tracing::subscriber::with_default(tracing_subscriber::registry().with(tracing_layer()), || {
///     let spans = testing::capture(|| {
///         let span = info_span!("request");
///         span.set_parent(propagation::extract_context(&headers))?;
///         span.set_attribute("http.route", "/orders/{id}");
///         assert!(span.context().span().span_context().is_sampled());
///         Ok::<_, floe_telemetry::tracing::SetParentError>(())
///     });
///     let request = spans.single("request").assert_attribute("http.route", "/orders/{id}");
///     assert_eq!(request.data().parent_span_id.to_string(), "b7ad6b7169203331");
/// });
/// ```
pub trait OpenTelemetrySpanExt {
    /// Makes the span a child of the span in `parent`, and gives it the parent's baggage. This may change whether the
    /// span is sampled. If the span is entered, its earlier context stays current until the exit; a value that only this
    /// context has is dropped then, while no context is current.
    ///
    /// # Errors
    ///
    /// Fails with [`SetParentError::AlreadyStarted`] if the ids of a recorded span are in use, because it was entered,
    /// has a child, or its [`context`](Self::context) was read, and for a stand-in, a span below an unsampled one, and
    /// a span of OpenTelemetry's global provider; with [`SetParentError::SpanDisabled`] if the span is disabled or not
    /// recorded; and with [`SetParentError::LayerNotFound`] without the layer. The span stays unchanged.
    fn set_parent(&self, parent: Context) -> Result<(), SetParentError>;

    /// Links the span to another one. A span context without valid ids is ignored.
    fn add_link(&self, to: SpanContext) {
        self.add_link_with_attributes(to, Vec::new());
    }

    /// Links the span to another one, and describes the link. A span context without valid ids is ignored.
    fn add_link_with_attributes(&self, to: SpanContext, attributes: Vec<KeyValue>);

    /// Returns the context in which the span is current, for example to
    /// [inject](floe_telemetry_core::propagation::inject_context) it into a request.
    fn context(&self) -> Context;

    /// Sets an attribute, even if the span has no field of this name.
    fn set_attribute(&self, key: impl Into<Key>, value: impl Into<Value>);

    /// Sets the status. OK is final, and no status changes back to unset ([Set
    /// Status](https://opentelemetry.io/docs/specs/otel/trace/api/#set-status)).
    fn set_status(&self, status: Status);

    /// Adds an event that happens now.
    fn add_event(&self, name: impl Into<Cow<'static, str>>, attributes: Vec<KeyValue>) {
        self.add_event_with_timestamp(name, wall_now(), attributes);
    }

    /// Adds an event that happened at this time.
    fn add_event_with_timestamp(
        &self,
        name: impl Into<Cow<'static, str>>,
        timestamp: SystemTime,
        attributes: Vec<KeyValue>,
    );
}

/// The reason why a span keeps its parent: the error of [`OpenTelemetrySpanExt::set_parent`].
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SetParentError {
    /// The subscriber of the span has no layer of [`tracing_layer`](crate::tracing_layer).
    #[error(
        "the parent is not set: the subscriber of the span has no `floe_telemetry::tracing_layer()`"
    )]
    LayerNotFound,
    /// The span was entered or has a child, its context was read, it belongs to OpenTelemetry's global provider, it is
    /// a stand-in, or it is below an unsampled span.
    #[error(
        "the parent is not set: the span was entered or has a child, its context was read, it belongs to OpenTelemetry's global provider, or it only propagates a context"
    )]
    AlreadyStarted,
    /// The span is disabled, or a filter excludes it from the layer, or nothing is recorded.
    #[error("the parent is not set: the span is disabled or not recorded")]
    SpanDisabled,
}

impl OpenTelemetrySpanExt for Span {
    fn set_parent(&self, parent: Context) -> Result<(), SetParentError> {
        let set = |id: &Id, layer: &TracingLayer| {
            // The span is taken out of the table first, because dropping the contexts may run code of the user.
            let mut span = layer.open.remove(id).ok_or(SetParentError::SpanDisabled)?;
            let is_set = span.reparent(parent);
            entered::follow(id, &span);
            layer.open.insert(id, span);
            if !is_set {
                return Err(SetParentError::AlreadyStarted);
            }

            Ok(())
        };

        self.with_subscriber(|(id, dispatch)| match dispatch.downcast_ref() {
            Some(layer) => set(id, layer),
            None => Err(SetParentError::LayerNotFound),
        })
        .unwrap_or(Err(SetParentError::SpanDisabled))
    }

    fn add_link_with_attributes(&self, to: SpanContext, attributes: Vec<KeyValue>) {
        if to.is_valid() {
            let link = Link::new(to, attributes, 0);
            update(self, link, SpanRecord::add_link, |span, link| {
                span.add_link(link.span_context, link.attributes);
            });
        }
    }

    fn context(&self) -> Context {
        self.with_subscriber(|(id, dispatch)| get_otel_context(id, dispatch))
            .flatten()
            .unwrap_or_default()
    }

    fn set_attribute(&self, key: impl Into<Key>, value: impl Into<Value>) {
        let attribute = KeyValue::new(key, value);
        update(
            self,
            attribute,
            |record, attribute| record.attributes.extend([attribute]),
            |span, attribute| span.set_attributes([attribute]),
        );
    }

    fn set_status(&self, status: Status) {
        update(self, status, SpanRecord::set_status, |span, status| {
            span.set_status(status);
        });
    }

    fn add_event_with_timestamp(
        &self,
        name: impl Into<Cow<'static, str>>,
        timestamp: SystemTime,
        attributes: Vec<KeyValue>,
    ) {
        let event = Event::new(name, timestamp, attributes, 0);
        update(self, event, SpanRecord::add_event, |span, event| {
            span.add_event_with_timestamp(event.name, event.timestamp, event.attributes);
        });
    }
}

/// Updates the record of a `tracing` span or, if it has no open record, the OpenTelemetry span in its context.
fn update<T>(
    span: &Span,
    value: T,
    in_record: impl FnOnce(&mut SpanRecord, T),
    in_context: impl FnOnce(&SpanRef<'_>, T),
) {
    span.with_subscriber(|(id, dispatch)| {
        let layer: &TracingLayer = dispatch.downcast_ref()?;
        let mut value = Some(value);
        let stands_for = layer.open.with(id, |open| {
            open.update(|record| {
                if let Some(value) = value.take() {
                    in_record(record, value);
                }
            });

            value.as_ref().and_then(|_| open.context().cloned())
        });

        in_context(&stands_for.flatten()?.span(), value?);
        Some(())
    });
}

/// Returns the OpenTelemetry context of the `tracing` span with this id, or of its nearest ancestor with one, for
/// layers, which have no [`Span`] on which to call [`context`](OpenTelemetrySpanExt::context). `None` without a
/// [`tracing_layer`](crate::tracing_layer) in the subscriber, and without a recorded span.
///
/// A layer gets the subscriber in
/// [`on_register_dispatch`](tracing_subscriber::Layer::on_register_dispatch); it should keep a weak reference.
///
/// ```
/// use floe_telemetry::{testing, tracing_layer, tracing::get_otel_context};
/// use opentelemetry::trace::TraceContextExt;
/// use tracing::{dispatcher, info_span};
/// use tracing_subscriber::layer::SubscriberExt;
///
/// tracing::subscriber::with_default(tracing_subscriber::registry().with(tracing_layer()), || {
///     let spans = testing::capture(|| {
///         let span = info_span!("request");
///         let id = span.id().expect("the span is enabled");
///         let cx = dispatcher::get_default(|dispatch| get_otel_context(&id, dispatch));
///         cx.expect("the span is recorded").span().add_event("found", Vec::new());
///     });
///     spans.single("request").assert_event("found");
/// });
/// ```
pub fn get_otel_context(id: &Id, dispatch: &Dispatch) -> Option<Context> {
    let layer: &TracingLayer = dispatch.downcast_ref()?;
    layer.own_context(id).or_else(|| {
        let registry: &Registry = dispatch.downcast_ref()?;
        registry.span(id)?.scope().find_map(|span| layer.own_context(&span.id()))
    })
}
