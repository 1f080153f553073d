//! OpenTelemetry's `TracerProvider` and `Tracer` over the same recorder, so that spans of code that uses
//! OpenTelemetry's API belong to the same traces.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Arc, RwLock};

use opentelemetry::trace::{SpanBuilder, SpanKind, TraceContextExt, Tracer, TracerProvider};
use opentelemetry::{Context, InstrumentationScope};

use super::alive::context_is_alive;
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

static NAMED: RwLock<BTreeMap<Cow<'static, str>, RecorderTracer>> = RwLock::new(BTreeMap::new());

/// The maximum number of kept tracers, and the maximum length of their names in bytes. Only names that are made from
/// data exceed them.
const MOST_NAMED: usize = 1000;
const LONGEST_NAME: usize = 256;

/// Returns the tracer with a name, which becomes the name of the instrumentation scope of its spans. The first call
/// with the name creates it.
///
/// ```
/// use floe_telemetry::{get_tracer, testing};
/// use opentelemetry::trace::{Span, Tracer};
///
/// let spans = testing::capture(|| get_tracer("acme.mail").start("mail.send").end());
/// assert_eq!(spans.single("mail.send").scope(), "acme.mail");
/// ```
pub fn get_tracer(name: impl Into<Cow<'static, str>>) -> RecorderTracer {
    let name = name.into();
    // The lock is only tried, because in a fork its holder may not exist.
    if let Ok(named) = NAMED.try_read()
        && let Some(tracer) = named.get(&name)
    {
        return tracer.clone();
    }
    let tracer = RecorderTracerProvider.tracer(name.clone());
    if name.len() <= LONGEST_NAME
        && let Ok(mut named) = NAMED.try_write()
        && (named.len() < MOST_NAMED || named.contains_key(&name))
    {
        return named.entry(name).or_insert(tracer).clone();
    }
    tracer
}

impl TracerProvider for RecorderTracerProvider {
    type Tracer = RecorderTracer;

    fn tracer_with_scope(&self, scope: InstrumentationScope) -> RecorderTracer {
        RecorderTracer { scope: Arc::new(scope) }
    }
}

impl Tracer for RecorderTracer {
    type Span = RecordedSpan;

    fn build_with_context(&self, builder: SpanBuilder, parent: &Context) -> RecordedSpan {
        let subject = || Subject {
            name: &builder.name,
            target: self.scope.name(),
            level: None,
            kind: builder.span_kind.clone().unwrap_or(SpanKind::Internal),
        };
        if !context_is_alive()
            || listeners::has_rules() && sampling::excludes_span(parent, &subject())
        {
            return RecordedSpan::non_recording(parent.span().span_context().clone());
        }
        let mut builder = Some(builder);
        let mut fill = |recording: &mut Recording| {
            if let Some(builder) = builder.take() {
                self.fill(recording, builder);
            }
        };
        let decision = sampling::decide(parent, true, None);
        let decision = sampling::decide_filled(decision, parent, |mut recording| {
            fill(&mut recording);
            recording
        });
        let (context, recording) = match decision {
            Decision::Keep(recording) => (Some(recording.record.context()), Some(recording)),
            Decision::Off => {
                if !listeners::is_off()
                    && listeners::is_foreign()
                    && let Some(span) = global::open_of_tracer(parent, &mut fill)
                {
                    return span;
                }
                (None, None)
            }
            decision => sampling::not_recorded(decision, parent, None),
        };
        // Without a span, the parent's context is propagated.
        let context = context.unwrap_or_else(|| parent.span().span_context().clone());
        match recording {
            Some(mut recording) => {
                fill(&mut recording);
                RecordedSpan::owned(context, recording)
            }
            None => RecordedSpan::non_recording(context),
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_one_tracer_unless_names_are_data() {
        let same = |a: &RecorderTracer, b: &RecorderTracer| Arc::ptr_eq(&a.scope, &b.scope);
        let orders = get_tracer("acme.orders");
        let long = "x".repeat(LONGEST_NAME + 1);
        for number in 0..2 * MOST_NAMED {
            let name = format!("acme.{number}");
            assert_eq!(get_tracer(name.clone()).scope.name(), name);
        }
        assert_eq!(get_tracer(long.clone()).scope.name(), long);
        assert!(same(&orders, &get_tracer("acme.orders".to_owned())));
        assert!(!same(&orders, &get_tracer("acme.mail")));
        let named = NAMED.read().unwrap();
        assert_eq!(named.len(), MOST_NAMED);
        assert!(!named.contains_key(long.as_str()));
    }
}
