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

use super::events::Said;
use super::fields::SpanFields;
use super::sites::Site;
use super::{TracingLayer, entered, scratch};
use crate::recorder::{self, BridgedSpan, Parent, SpanRecord, context_is_alive, root};

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

impl TracingLayer {
    /// The context of a span, as far as there is one. One that is left out may have that of a span
    /// around it.
    fn own_context<S>(&self, id: &Id, layers: &LayerContext<'_, S>) -> Option<Context>
    where
        S: Subscriber + for<'span> LookupSpan<'span>,
    {
        if let Some(cx) = self.open.with(id, |span| span.context().cloned()) {
            return cx;
        }
        let cx = self.context_of(id, layers)?;
        (!cx.span().span_context().is_sampled()).then_some(cx)
    }

    /// The context of a span, or that of the nearest one around it.
    fn context_of<S>(&self, id: &Id, layers: &LayerContext<'_, S>) -> Option<Context>
    where
        S: Subscriber + for<'span> LookupSpan<'span>,
    {
        let own = |id: &Id| self.open.with(id, |span| span.context().cloned()).flatten();
        layers.span(id)?.scope().find_map(|span| own(&span.id()))
    }

    /// What a span is below that is not below the current one.
    fn parent<S>(&self, id: Option<&Id>, layers: &LayerContext<'_, S>) -> Parent
    where
        S: Subscriber + for<'span> LookupSpan<'span>,
    {
        let cx = id.and_then(|id| self.context_of(id, layers));
        cx.map_or_else(root, Parent::of)
    }

    /// Whether there is nothing to do.
    fn is_idle(&self) -> bool {
        recorder::is_off() || self.is_second || !context_is_alive()
    }
}

impl<S> Layer<S> for TracingLayer
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    fn on_layer(&mut self, subscriber: &mut S) {
        self.is_second = <dyn Subscriber>::is::<Self>(subscriber);
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, layers: LayerContext<'_, S>) {
        let metadata = attributes.metadata();
        if self.is_idle() || *metadata.level() > self.spans {
            return;
        }
        let parent = if !attributes.is_contextual() {
            Some(self.parent(attributes.parent(), &layers))
        } else if entered::begin_left_out(id) {
            return;
        } else {
            None
        };
        let site = Site::of(metadata);
        let opened = BridgedSpan::open(&site.callsite, site.is_named_by_field, parent, |record| {
            attributes.record(&mut SpanFields(record));
        });
        if let Some(opened) = opened {
            let cx = opened.context().cloned();
            self.open.put(id, opened);
            if let Some(cx) = cx {
                entered::begin(id, cx);
            }
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, _: LayerContext<'_, S>) {
        if self.open.with(id, |span| span.is_recording()) != Some(true) {
            return;
        }
        // Nothing is locked while the values write what they are: that is the user's code.
        let mut later = SpanRecord::blank();
        later.attributes = scratch::take();
        guarded(|| values.record(&mut SpanFields(&mut later)));
        self.open.with(id, |span| span.update(&mut later));
        scratch::keep(later.attributes);
    }

    fn on_follows_from(&self, id: &Id, follows: &Id, layers: LayerContext<'_, S>) {
        if let Some(followed) = self.own_context(follows, &layers) {
            let to = followed.span().span_context().clone();
            self.open.with(id, |span| span.link(to));
        }
    }

    fn on_event(&self, event: &Event<'_>, layers: LayerContext<'_, S>) {
        let metadata = event.metadata();
        if self.is_idle() || is_telemetrys_own(metadata) {
            return;
        }
        let said = || {
            let mut said = Said::new(metadata);
            guarded(|| event.record(&mut said));
            said
        };
        let cx = match event.parent() {
            Some(parent) => self.context_of(parent, &layers).filter(is_heard),
            None if event.is_contextual() => {
                // Most often it is one of ours, which can be written to without a detour.
                if let Some((id, span)) = entered::sampled() {
                    let mut said = Some(said());
                    self.open.with(&id, |open| {
                        if let Some(record) = open.record_of(span)
                            && let Some(said) = said.take()
                        {
                            said.write_to(record);
                        }
                    });
                    if let Some(said) = said
                        && let Some(cx) = Context::map_current(heard)
                    {
                        writing(|| said.say_to(&cx));
                    }
                    return;
                }
                Context::map_current(heard)
            }
            None => None,
        };
        if let Some(cx) = cx {
            let said = said();
            writing(|| said.say_to(&cx));
        }
    }

    fn on_enter(&self, id: &Id, layers: LayerContext<'_, S>) {
        if !self.is_idle() {
            entered::enter(id, || self.own_context(id, &layers));
        }
    }

    fn on_exit(&self, id: &Id, _: LayerContext<'_, S>) {
        if !self.is_second {
            entered::exit(id);
        }
    }

    fn on_close(&self, id: Id, _: LayerContext<'_, S>) {
        if self.is_second || entered::close(&id) {
            return;
        }
        if let Some(span) = self.open.take(&id) {
            span.end();
        }
    }
}
