//! OpenTelemetry's `TracerProvider` and `Tracer` over the same recorder, so that code which
//! knows only OpenTelemetry takes part in the same traces.

use std::borrow::Cow;
use std::sync::Arc;

use opentelemetry::trace::{SpanBuilder, SpanContext, TraceContextExt, Tracer, TracerProvider};
use opentelemetry::{Context, InstrumentationScope};

use super::record::Origin;
use super::recording::{self, Recording};
use super::sampling::{self, Decision};
use super::span::RecordedSpan;

/// An OpenTelemetry tracer provider whose spans go through our recorder.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct RecorderTracerProvider;

/// An OpenTelemetry tracer whose spans go through our recorder.
#[derive(Clone, Debug)]
pub struct RecorderTracer {
    scope: Arc<InstrumentationScope>,
}

/// A tracer with a name, which becomes the instrumentation scope of its spans.
///
/// ```
/// use floe_telemetry::{get_tracer, testing};
/// use opentelemetry::trace::{Span, Tracer};
///
/// let spans = testing::capture(|| get_tracer("floe.alert.slack").start("alert.send").end());
/// assert_eq!(spans.single("alert.send").scope(), "floe.alert.slack");
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
        let decided = sampling::decide(parent, None, &mut not_sampled);
        let around = || match not_sampled {
            Some(head) => sampling::not_sampled(&head, parent),
            // A span that is not recorded hands its parent's context on, as the specification asks.
            None => parent.span().span_context().clone(),
        };
        match decided {
            None | Some(Decision::Skip | Decision::NotSampled) => RecordedSpan::silent(around()),
            Some(Decision::Record(recording)) => self.build(builder, recording, None),
            Some(Decision::Measure(recording)) => self.build(builder, recording, Some(around())),
            Some(Decision::AskByName(mut recording)) => {
                recording.record.set_name(builder.name.clone());
                match recording::with(|local| sampling::accepts(&mut recording.record, local)) {
                    Some(Err(context)) if sampling::becomes_measured(&mut recording.record) => {
                        self.build(builder, recording, Some(context))
                    }
                    Some(Err(context)) => {
                        recording.forget();
                        RecordedSpan::silent(context)
                    }
                    _ => self.build(builder, recording, None),
                }
            }
        }
    }
}

impl RecorderTracer {
    /// A span, which others see as `context` if it is not its own.
    fn build(
        &self,
        builder: SpanBuilder,
        mut recording: Box<Recording>,
        context: Option<SpanContext>,
    ) -> RecordedSpan {
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
        let context = context.unwrap_or_else(|| recording.record.context());
        RecordedSpan::own(context, recording)
    }
}
