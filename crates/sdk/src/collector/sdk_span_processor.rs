//! Span processors of OpenTelemetry's SDK.
//!
//! Their `on_start` takes a span of the SDK, which only a provider of the SDK can make. So a private one makes a twin of
//! each span that starts, with its ids, and what the processors change of the twin is copied to the span. Their `on_end`
//! is called on a thread of its own, like an exporter, with the span as it is exported.

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use opentelemetry::trace::{
    Link, SpanBuilder, SpanContext, SpanId, SpanKind, Status, TraceId, Tracer as _,
    TracerProvider as _,
};
use opentelemetry::{Context, InstrumentationScope, KeyValue};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{
    IdGenerator, SamplingDecision, SamplingResult, SdkTracerProvider, ShouldSample, Span, SpanData,
    SpanExporter, SpanLimits, SpanProcessor,
};

use super::statistics::Counters;
use crate::caught::caught;
use crate::recorder::{Origin, SpanObserver, SpanRecord};

/// Calls `on_start` of the processors of a provider.
#[derive(Debug)]
pub(crate) struct SdkStarts {
    twins: SdkTracerProvider,
    counters: Arc<Counters>,
}

impl SdkStarts {
    pub(crate) fn new(
        processors: Vec<Arc<dyn SpanProcessor>>,
        resource: &Resource,
        counters: Arc<Counters>,
    ) -> Self {
        let mut twins = SdkTracerProvider::builder()
            .with_resource(resource.clone())
            .with_sampler(AsTwin)
            .with_id_generator(AsTwin)
            .with_span_limits(SpanLimits {
                max_events_per_span: u32::MAX,
                max_attributes_per_span: u32::MAX,
                max_links_per_span: u32::MAX,
                max_attributes_per_event: u32::MAX,
                max_attributes_per_link: u32::MAX,
            });
        for processor in processors {
            twins = twins.with_span_processor(StartOnly(processor));
        }
        Self { twins: twins.build(), counters }
    }

    fn start(&self, record: &mut SpanRecord, parent: &Context) {
        let attributes = record.attributes.as_slice().iter().cloned();
        let attributes: Vec<KeyValue> = attributes.map(KeyValue::from).collect();
        let links = (record.more.as_ref()).map_or_else(Vec::new, |more| more.links.clone());
        let (known_attributes, known_links) = (attributes.len(), links.len());
        let name = record.name_or_site().to_owned();
        let builder = SpanBuilder::from_name(name.clone())
            .with_kind(record.kind())
            .with_attributes(attributes)
            .with_links(links);
        let twin = self.twins.tracer_with_scope(scope(record));
        TWIN.set(Some(record.context()));
        let twin = twin.build_with_context(builder, parent);
        let Some(changed) = twin.exported_data() else {
            return;
        };
        if changed.name != name {
            record.set_name(changed.name);
        }
        let attributes = changed.attributes.into_iter().skip(known_attributes);
        record.attributes.extend(attributes);
        for event in changed.events.events {
            record.add_event(event);
        }
        for link in changed.links.links.into_iter().skip(known_links) {
            record.add_link(link);
        }
        if changed.status != Status::Unset {
            record.set_status(changed.status);
        }
    }
}

impl SpanObserver for SdkStarts {
    fn on_start(&self, record: &mut SpanRecord, parent: &Context) {
        if caught(|| self.start(record, parent)).is_err() {
            let panics = &self.counters.processor_panics;
            panics.fetch_add(1, Ordering::Relaxed);
        }
        TWIN.set(None);
    }
}

fn scope(record: &SpanRecord) -> InstrumentationScope {
    if let Origin::Api(scope) = record.origin() {
        return (**scope).clone();
    }
    let (name, version) = record.scope();
    let builder = InstrumentationScope::builder(name.to_owned());
    match version {
        Some(version) => builder.with_version(version.to_owned()).build(),
        None => builder.build(),
    }
}

thread_local! {
    /// The span that starts on this thread, whose twin is made.
    static TWIN: RefCell<Option<SpanContext>> = const { RefCell::new(None) };
}

/// Gives a twin the ids and the decision of its span.
#[derive(Clone, Debug)]
struct AsTwin;

impl AsTwin {
    fn context() -> SpanContext {
        TWIN.with_borrow(|twin| twin.clone().unwrap_or(SpanContext::NONE))
    }
}

impl IdGenerator for AsTwin {
    fn new_trace_id(&self) -> TraceId {
        Self::context().trace_id()
    }

    fn new_span_id(&self) -> SpanId {
        Self::context().span_id()
    }
}

impl ShouldSample for AsTwin {
    fn should_sample(
        &self,
        _: Option<&Context>,
        _: TraceId,
        _: &str,
        _: &SpanKind,
        _: &[KeyValue],
        _: &[Link],
    ) -> SamplingResult {
        let context = Self::context();
        let decision = if context.is_sampled() {
            SamplingDecision::RecordAndSample
        } else {
            SamplingDecision::RecordOnly
        };
        SamplingResult {
            decision,
            attributes: Vec::new(),
            trace_state: context.trace_state().clone(),
        }
    }
}

/// The processor of a twin, which ends when it has been copied.
#[derive(Debug)]
struct StartOnly(Arc<dyn SpanProcessor>);

impl SpanProcessor for StartOnly {
    fn on_start(&self, span: &mut Span, parent: &Context) {
        self.0.on_start(span, parent);
    }

    fn on_end(&self, _: SpanData) {}

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }
}

/// Passes the spans that are exported to `on_end` of a processor.
#[derive(Debug)]
pub(crate) struct SdkEnds(pub(crate) Arc<dyn SpanProcessor>);

impl SpanExporter for SdkEnds {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        for span in batch {
            self.0.on_end(span);
        }
        Ok(())
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.0.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.0.shutdown_with_timeout(timeout)
    }
}
