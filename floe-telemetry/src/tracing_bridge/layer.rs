//! What the layer does with what `tracing` tells it.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

use opentelemetry::Context;
use opentelemetry::trace::TraceContextExt;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context as LayerContext;
use tracing_subscriber::registry::LookupSpan;

use super::events::EventFields;
use super::fields::SpanFields;
use super::sites::Site;
use super::{TracingLayer, entered};
use crate::recorder::{self, BridgedSpan, Parent, SpanRecord, below, context_is_alive, root};

thread_local! {
    /// Whether this thread is writing an event to a span.
    static WRITING: Cell<bool> = const { Cell::new(false) };
}

/// Runs what speaks to a span, which may be another library's, is locked, and may have something to
/// say to `tracing` in turn: that goes nowhere.
fn writing<T>(act: impl FnOnce() -> T) -> Option<T> {
    if WRITING.replace(true) {
        return None;
    }
    let done = catch_unwind(AssertUnwindSafe(act)).ok();
    WRITING.set(false);
    done
}

/// Runs what calls the user's `Debug` and `Display`.
fn guarded(act: impl FnOnce()) {
    let _ = catch_unwind(AssertUnwindSafe(act));
}

/// What OpenTelemetry and this crate say about telemetry is not part of it. OpenTelemetry also says
/// it in the midst of changing the current context, which cannot be asked for then.
fn is_telemetrys_own(metadata: &Metadata<'_>) -> bool {
    let target = metadata.target();
    target.starts_with("opentelemetry")
        || (target.strip_prefix(env!("CARGO_CRATE_NAME")))
            .is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

/// Whether what is said to the span of `cx` goes anywhere.
fn is_heard(cx: &Context) -> bool {
    !cx.is_telemetry_suppressed() && writing(|| cx.span().is_recording()) == Some(true)
}

fn heard(cx: &Context) -> Option<Context> {
    is_heard(cx).then(|| cx.clone())
}

/// The context of a span, as far as there is one. One that is left out may have that of a span around
/// it.
fn own_context<S>(id: &Id, layers: &LayerContext<'_, S>) -> Option<Context>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    let span = layers.span(id)?;
    if let Some(bridged) = span.extensions().get::<BridgedSpan>() {
        return bridged.context().cloned();
    }
    let cx = context_of(id, layers)?;
    (!cx.span().span_context().is_sampled()).then_some(cx)
}

/// The context of a span, or that of the nearest one around it.
fn context_of<S>(id: &Id, layers: &LayerContext<'_, S>) -> Option<Context>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    layers.span(id)?.scope().find_map(|span| {
        let extensions = span.extensions();
        extensions.get::<BridgedSpan>()?.context().cloned()
    })
}

/// What a span is below that is not below the current one.
fn parent<S>(id: Option<&Id>, layers: &LayerContext<'_, S>) -> Parent
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    let cx = id.and_then(|id| context_of(id, layers));
    cx.map_or_else(root, |cx| below(&cx))
}

impl<S> Layer<S> for TracingLayer
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, layers: LayerContext<'_, S>) {
        let metadata = attributes.metadata();
        if recorder::is_off() || *metadata.level() > self.spans || !context_is_alive() {
            return;
        }
        let parent = if !attributes.is_contextual() {
            Some(parent(attributes.parent(), &layers))
        } else if entered::begin_left_out(id) {
            return;
        } else {
            None
        };
        let site = Site::of(metadata);
        let opened = BridgedSpan::open(&site.callsite, site.is_named_by_field, parent, |record| {
            attributes.record(&mut SpanFields(record));
        });
        let (Some(opened), Some(span)) = (opened, layers.span(id)) else {
            return;
        };
        let cx = opened.context().cloned();
        let mut extensions = span.extensions_mut();
        if let Some(first) = extensions.replace(opened) {
            // Another layer of ours was here before.
            let second = extensions.replace(first);
            drop(extensions);
            if let Some(second) = second {
                second.forget();
            }
            return;
        }
        drop(extensions);
        if let Some(cx) = cx {
            entered::begin(id, cx);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, layers: LayerContext<'_, S>) {
        let Some(span) = layers.span(id) else { return };
        let is_recording = span
            .extensions()
            .get()
            .is_some_and(BridgedSpan::is_recording);
        if !is_recording {
            return;
        }
        // Nothing is locked while the values write what they are: that is the user's code.
        let mut later = SpanRecord::blank();
        guarded(|| values.record(&mut SpanFields(&mut later)));
        if let Some(bridged) = span.extensions_mut().get_mut::<BridgedSpan>() {
            bridged.say(later);
        }
    }

    fn on_follows_from(&self, id: &Id, follows: &Id, layers: LayerContext<'_, S>) {
        let followed = own_context(follows, &layers);
        if let (Some(followed), Some(span)) = (followed, layers.span(id))
            && let Some(bridged) = span.extensions_mut().get_mut::<BridgedSpan>()
        {
            bridged.link(followed.span().span_context().clone());
        }
    }

    fn on_event(&self, event: &Event<'_>, layers: LayerContext<'_, S>) {
        let metadata = event.metadata();
        if recorder::is_off() || is_telemetrys_own(metadata) || !context_is_alive() {
            return;
        }
        let cx = match event.parent() {
            Some(parent) => context_of(parent, &layers).filter(is_heard),
            None if event.is_contextual() => Context::map_current(heard),
            None => None,
        };
        if let Some(cx) = cx {
            let mut fields = EventFields::new(metadata, event.fields().count());
            guarded(|| event.record(&mut fields));
            writing(|| fields.add_to(&cx));
        }
    }

    fn on_enter(&self, id: &Id, layers: LayerContext<'_, S>) {
        if !recorder::is_off() && context_is_alive() {
            entered::enter(id, || own_context(id, &layers));
        }
    }

    fn on_exit(&self, id: &Id, _: LayerContext<'_, S>) {
        entered::exit(id);
    }

    fn on_close(&self, id: Id, layers: LayerContext<'_, S>) {
        if entered::close(&id) {
            return;
        }
        let span = layers.span(&id);
        let bridged = span.and_then(|span| span.extensions_mut().remove::<BridgedSpan>());
        if let Some(bridged) = bridged {
            bridged.end();
        }
    }
}
