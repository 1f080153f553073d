//! OpenTelemetry's `TracerProvider` and `Tracer` over the same recorder, so that spans of code that uses
//! OpenTelemetry's API belong to the same traces.

use std::borrow::Cow;
use std::sync::Arc;

use opentelemetry::trace::{SpanBuilder, SpanContext, TraceContextExt, Tracer, TracerProvider};
use opentelemetry::{Context, InstrumentationScope};

use super::listeners;
use super::open_global;
use super::record::Origin;
use super::recording::{self, Recording};
use super::sampling::{self, Decision};
use super::span::RecordedSpan;
use super::unsampled::child_of;

/// An OpenTelemetry tracer provider whose spans are recorded by this crate.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct RecorderTracerProvider;

/// An OpenTelemetry tracer whose spans are recorded by this crate.
#[derive(Clone, Debug)]
pub struct RecorderTracer {
    scope: Arc<InstrumentationScope>,
}

/// Returns a tracer with a name, which becomes the name of the instrumentation scope of its spans.
///
/// ```
/// use floe_telemetry::{get_tracer, testing};
/// use opentelemetry::trace::{Span, Tracer};
///
/// let spans = testing::capture(|| get_tracer("acme.mail").start("mail.send").end());
/// assert_eq!(spans.single("mail.send").scope(), "acme.mail");
/// ```
pub fn get_tracer(name: impl Into<Cow<'static, str>>) -> RecorderTracer {
    RecorderTracerProvider.tracer(name)
}

impl TracerProvider for RecorderTracerProvider {
    type Tracer = RecorderTracer;

    fn tracer_with_scope(&self, scope: InstrumentationScope) -> RecorderTracer {
        RecorderTracer {
            scope: Arc::new(scope),
        }
    }
}

impl Tracer for RecorderTracer {
    type Span = RecordedSpan;

    fn build_with_context(&self, builder: SpanBuilder, parent: &Context) -> RecordedSpan {
        let mut not_sampled = None;
        let decision = sampling::decide::<true>(parent, None, &mut not_sampled);
        let span = parent.span();
        let above = span.span_context();
        let not_sampled = not_sampled.map(|head| sampling::not_sampled(&head, parent));
        // Without a span, the parent's context is propagated.
        let propagated = |context: Option<SpanContext>| context.unwrap_or_else(|| above.clone());
        match decision {
            Some(Decision::Skip) => {
                let fill = |recording: &mut Recording| self.fill(recording, builder);
                let in_global = (!listeners::is_off())
                    .then(|| open_global::open_of_tracer(parent, fill))
                    .flatten();
                in_global.unwrap_or_else(|| RecordedSpan::non_recording(above.clone()))
            }
            None | Some(Decision::NotSampled) => {
                RecordedSpan::non_recording(propagated(not_sampled))
            }
            Some(Decision::NotSampledBelow(_)) => {
                let span_id = recording::with(|local| local.ids.span_id());
                let below = span_id.map(|id| child_of(above, id));
                RecordedSpan::non_recording(propagated(below))
            }
            Some(Decision::Record(recording)) => self.build(builder, recording, None),
            Some(Decision::Measure(recording)) => {
                let below = || sampling::measured_below(&recording.record, above);
                let context = propagated(not_sampled.or_else(below));
                self.build(builder, recording, Some(context))
            }
            Some(Decision::NeedsName(mut recording)) => {
                self.fill(&mut recording, builder);
                let context = match sampling::decide_filled(&mut recording.record, parent) {
                    Ok(()) => recording.record.context(),
                    Err(Some(context)) if sampling::try_measure(&mut recording.record) => context,
                    Err(context) => {
                        recording.discard();
                        return RecordedSpan::non_recording(propagated(context));
                    }
                };
                RecordedSpan::owned(context, recording)
            }
        }
    }
}

impl RecorderTracer {
    /// Creates a span, with another propagated `context` than its own if there is one.
    fn build(
        &self,
        builder: SpanBuilder,
        mut recording: Box<Recording>,
        context: Option<SpanContext>,
    ) -> RecordedSpan {
        self.fill(&mut recording, builder);
        let context = context.unwrap_or_else(|| recording.record.context());
        RecordedSpan::owned(context, recording)
    }

    /// Sets what the span has from its start.
    fn fill(&self, recording: &mut Recording, builder: SpanBuilder) {
        let record = &mut recording.record;
        let more = record.more_mut();
        more.origin = Origin::Api(Arc::clone(&self.scope));
        more.start = builder.start_time;
        more.name = Some(builder.name);
        more.kind = builder.span_kind;
        let attributes = builder.attributes.unwrap_or_default();
        record.attributes.extend(attributes);
        let events = builder.events.unwrap_or_default();
        for event in events {
            record.add_event(event);
        }
        let links = builder.links.unwrap_or_default();
        for link in links {
            record.add_link(link);
        }
    }
}
