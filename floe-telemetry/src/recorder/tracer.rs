//! OpenTelemetry's `TracerProvider` and `Tracer` over the same recorder, so that code which
//! knows only OpenTelemetry takes part in the same traces.

use std::borrow::Cow;
use std::sync::Arc;

use opentelemetry::trace::{
    SpanBuilder, SpanContext, SpanKind, TraceContextExt, Tracer, TracerProvider,
};
use opentelemetry::{Context, InstrumentationScope};

use super::open;
use super::record::Origin;
use super::sampling::{self, Decision};
use super::span::RecordedSpan;
use crate::clock::Moment;

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
        match sampling::decide(parent) {
            Decision::Skip => RecordedSpan::silent(pass_through(parent)),
            Decision::LeaveOut(context) => RecordedSpan::silent(context),
            Decision::Record(from) => {
                let start = builder.start_time.map_or_else(Moment::now, Moment::Wall);
                let mut record = open::blank(&from, Origin::Scope(Arc::clone(&self.scope)), start);
                record.name = Some(builder.name);
                record.kind = builder.span_kind.unwrap_or(SpanKind::Internal);
                record
                    .attributes
                    .extend(builder.attributes.unwrap_or_default());
                builder
                    .events
                    .into_iter()
                    .flatten()
                    .for_each(|event| record.add_event(event));
                builder
                    .links
                    .into_iter()
                    .flatten()
                    .for_each(|link| record.add_link(link));
                RecordedSpan::recording(record, from.context)
            }
        }
    }
}

/// A span that is not recorded hands its parent's context on, as the specification asks.
fn pass_through(parent: &Context) -> SpanContext {
    parent.span().span_context().clone()
}
