//! OpenTelemetry's `TracerProvider` and `Tracer` over this crate's recorder, so that spans of code that uses
//! OpenTelemetry's API belong to the same traces.

use std::borrow::Cow;
use std::sync::Arc;

use opentelemetry::trace::{
    SpanBuilder, SpanContext, SpanKind, TraceContextExt, Tracer, TracerProvider,
};
use opentelemetry::{Context, InstrumentationScope};

use super::context::{self, attach_again};
use super::global;
use super::listeners;
use super::record::Origin;
use super::recorded_span::RecordedSpan;
use super::recording::Recording;
use super::sampling::{self, Decision, Subject};

/// An OpenTelemetry tracer provider whose spans are recorded by this crate.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct RecorderTracerProvider;

/// An OpenTelemetry tracer whose spans are recorded by this crate.
#[derive(Clone, Debug)]
pub struct RecorderTracer {
    scope: Arc<InstrumentationScope>,
}

/// Returns the tracer with a name, which becomes the name of the instrumentation scope of its spans.
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
        RecorderTracer { scope: Arc::new(scope) }
    }
}

impl Tracer for RecorderTracer {
    type Span = RecordedSpan;

    // The default methods access OpenTelemetry's current context, which may be borrowed or gone.

    fn start<T: Into<Cow<'static, str>>>(&self, name: T) -> RecordedSpan {
        self.build(SpanBuilder::from_name(name))
    }

    fn build(&self, builder: SpanBuilder) -> RecordedSpan {
        context::read_or_empty(|cx| self.build_with_context(builder, cx))
    }

    fn in_span_with_builder<T, F: FnOnce(Context) -> T>(&self, builder: SpanBuilder, code: F) -> T {
        self.in_span_with_builder_and_context(builder, &context::raw_current(), code)
    }

    fn in_span_with_builder_and_context<T, F: FnOnce(Context) -> T>(
        &self,
        builder: SpanBuilder,
        parent: &Context,
        code: F,
    ) -> T {
        let cx = parent.with_span(self.build_with_context(builder, parent));
        let _attached = attach_again(&cx);
        code(cx)
    }

    fn build_with_context(&self, builder: SpanBuilder, parent: &Context) -> RecordedSpan {
        let subject = || Subject {
            name: &builder.name,
            target: self.scope.name(),
            level: None,
            kind: builder.span_kind.clone().unwrap_or(SpanKind::Internal),
        };

        if !context::is_there()
            || listeners::has_rules() && sampling::excludes_span(parent, &subject())
        {
            return RecordedSpan::non_recording(without_span(parent));
        }

        let mut builder = Some(builder);
        let mut fill = |recording: &mut Recording| {
            if let Some(builder) = builder.take() {
                self.fill(recording, builder);
            }
        };

        let by_ratio = sampling::decide(parent, true, None);
        let decision = sampling::decide_filled(by_ratio, parent, |mut recording| {
            fill(&mut recording);
            recording
        });

        let ids = match decision {
            Decision::Keep(mut recording) => {
                fill(&mut recording);
                return RecordedSpan::owned(recording.record.context(), recording);
            }
            Decision::Off => {
                if !listeners::is_off()
                    && listeners::is_foreign()
                    && let Some(span) =
                        global::open_of_tracer(parent, (*self.scope).clone(), &mut fill)
                {
                    return span;
                }
                None
            }
            decision => sampling::not_recorded(decision, parent, None).0,
        };

        RecordedSpan::non_recording(ids.unwrap_or_else(|| without_span(parent)))
    }
}

/// Returns the context to propagate where no span starts: the parent's. If telemetry is suppressed, the result is the
/// same as in OpenTelemetry's SDK. A library may use a copy of this crate in another version. The copy recognizes by
/// this result a provider that records, see [`global_lookup`](super::global_lookup).
fn without_span(parent: &Context) -> SpanContext {
    if parent.is_telemetry_suppressed() && listeners::has_recording_provider() {
        return SpanContext::NONE;
    }

    parent.span().span_context().clone()
}

impl RecorderTracer {
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
