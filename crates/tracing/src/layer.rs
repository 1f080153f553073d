//! The implementation of `tracing_subscriber`'s `Layer`.

use std::cell::Cell;

use opentelemetry::Context;
use opentelemetry::trace::{Link, TraceContextExt};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Filtered;
use tracing_subscriber::layer::{Context as LayerContext, Filter};
use tracing_subscriber::registry::LookupSpan;

use super::current_span::is_stand_in;
use super::entered;
use super::events::{BridgedEvent, take_exported};
use super::fields::SpanFields;
use super::options::TracingLayer;
use super::sites::Site;
use crate::caught::caught;
use crate::recorder::{BridgedSpan, Parent, SpanRecord, context};

thread_local! {
    static WRITING: Cell<bool> = const { Cell::new(false) };
}

/// Runs `act`, which calls methods of a span, and catches its panics. The span may belong to another library, which may
/// hold a lock and emit `tracing` events of its own. These events are dropped.
fn writing<T>(act: impl FnOnce() -> T) -> Option<T> {
    if WRITING.replace(true) {
        return None;
    }

    let done = caught(act).ok();
    WRITING.set(false);
    done
}

/// Runs `act`, which calls the user's `Debug` and `Display`, and catches panics.
fn guarded(act: impl FnOnce()) {
    let _ = caught(act);
}

const LIBRARY: [&str; 9] = [
    "floe_telemetry",
    "floe_telemetry_console",
    "floe_telemetry_core",
    "floe_telemetry_logs",
    "floe_telemetry_metrics",
    "floe_telemetry_otlp",
    "floe_telemetry_sdk",
    "floe_telemetry_testing",
    "floe_telemetry_tracing",
];

/// Whether an event comes from OpenTelemetry or this library. Such events are not recorded: they concern telemetry
/// itself, and OpenTelemetry emits some while it changes the current context, which must not be accessed then.
fn is_internal(metadata: &Metadata<'_>) -> bool {
    let target = metadata.target();
    target.starts_with("opentelemetry")
        || (target.split("::").next()).is_some_and(|name| LIBRARY.contains(&name))
}

fn is_recording(cx: &Context) -> bool {
    !cx.is_telemetry_suppressed() && writing(|| cx.span().is_recording()) == Some(true)
}

fn if_recording(cx: &Context) -> Option<Context> {
    is_recording(cx).then(|| cx.clone())
}

impl TracingLayer {
    pub(super) fn own_context(&self, id: &Id) -> Option<Context> {
        self.open.with(id, |span| span.context().cloned()).flatten()
    }

    /// Returns the context of a span, or of its nearest ancestor with one.
    fn context_of<S>(&self, id: &Id, layers: &LayerContext<'_, S>) -> Option<Context>
    where
        S: Subscriber + for<'span> LookupSpan<'span>,
    {
        layers.span(id)?.scope().find_map(|span| self.own_context(&span.id()))
    }

    /// Returns the explicit parent of a span: none without an id, or if no context belongs to the id.
    fn parent<S>(&self, id: Option<&Id>, layers: &LayerContext<'_, S>) -> Parent
    where
        S: Subscriber + for<'span> LookupSpan<'span>,
    {
        let cx = id.and_then(|id| self.context_of(id, layers));
        cx.map_or_else(Parent::root, Parent::of)
    }

    fn is_idle(&self) -> bool {
        BridgedSpan::is_idle() || self.is_second || !context::is_there()
    }
}

impl<S> Layer<S> for TracingLayer
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    fn on_layer(&mut self, subscriber: &mut S) {
        if let Some(first) = <dyn Subscriber>::downcast_ref::<Self>(subscriber) {
            self.is_second = true;
            // A search for the layer finds this second one, so it shares the open spans.
            self.open = first.open.clone();
        }
    }

    fn with_filter<F: Filter<S>>(mut self, filter: F) -> Filtered<Self, F, S> {
        self.is_filtered = true;
        Filtered::new(self, filter)
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, layers: LayerContext<'_, S>) {
        let metadata = attributes.metadata();
        if is_stand_in(metadata) {
            return;
        }

        if BridgedSpan::is_lost() || self.is_idle() {
            return;
        }

        let site = Site::of(metadata);
        if site.is_replaced {
            return;
        }

        let is_explicit = !attributes.is_contextual();
        let parent = is_explicit.then(|| self.parent(attributes.parent(), &layers));
        let opened = BridgedSpan::open(&site.callsite, site.is_set_by_field, parent, |record| {
            attributes.record(&mut SpanFields(record));
        });

        if let Some(opened) = opened {
            self.open.insert(id, opened);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, _: LayerContext<'_, S>) {
        if self.open.with(id, |span| span.is_recording()) != Some(true) {
            return;
        }

        // The values are formatted by user code, so the open spans must not be locked meanwhile.
        let mut update = SpanRecord::blank();
        guarded(|| values.record(&mut SpanFields(&mut update)));
        self.open.with(id, |span| span.update(|record| record.adopt(&mut update)));
    }

    fn on_follows_from(&self, id: &Id, follows: &Id, _: LayerContext<'_, S>) {
        if let Some(followed) = self.own_context(follows) {
            let to = followed.span().span_context().clone();
            self.open
                .with(id, |span| span.update(|record| record.add_link(Link::with_context(to))));
        }
    }

    fn on_event(&self, event: &Event<'_>, layers: LayerContext<'_, S>) {
        let metadata = event.metadata();
        let is_exported = !self.is_second && take_exported(event);
        if event.is_root() || self.is_idle() || is_internal(metadata) {
            return;
        }

        let visit = || {
            let mut bridged = BridgedEvent::new(metadata, is_exported);
            guarded(|| event.record(&mut bridged));
            bridged
        };

        if let Some(parent) = event.parent() {
            if let Some(cx) = self.context_of(parent, &layers).filter(is_recording) {
                let bridged = visit();
                writing(|| bridged.add_to_own(&cx));
            }
        } else if let Some((id, span)) = entered::sampled() {
            // Usually the current span is an open span of this layer, whose record can be written to directly.
            let mut bridged = Some(visit());
            self.open.with(&id, |open| {
                open.update_if(span, |record| {
                    if let Some(bridged) = bridged.take() {
                        bridged.write_to(record);
                    }
                });
            });

            if let Some(bridged) = bridged
                && let Some(cx) = context::read(if_recording).flatten()
            {
                writing(|| bridged.add_to_own(&cx));
            }
        } else if let Some(cx) = context::read(if_recording).flatten() {
            let bridged = visit();
            writing(|| bridged.add_to(&cx));
        }
    }

    fn on_enter(&self, id: &Id, _: LayerContext<'_, S>) {
        if !self.is_idle() {
            entered::enter(id, || self.open.with(id, |span| span.enter()).flatten());
        }
    }

    fn on_exit(&self, id: &Id, _: LayerContext<'_, S>) {
        if !self.is_second {
            entered::exit(id);
        }
    }

    fn on_close(&self, id: Id, _: LayerContext<'_, S>) {
        if self.is_second {
            return;
        }

        if let Some(span) = self.open.remove(&id) {
            span.end();
        }
    }
}
