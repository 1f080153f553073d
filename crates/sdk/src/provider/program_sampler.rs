//! The samplers that the recorder asks about each span, and the generator of the program that it asks for ids.

use std::sync::Arc;

use opentelemetry::trace::TraceState;
use opentelemetry::{Context, KeyValue, SpanId, TraceId};
use opentelemetry_sdk::trace::{IdGenerator, SamplingDecision, ShouldSample};

use crate::recorder::{SamplerDecision, SpanIdGenerator, SpanRecord, SpanSampler};

/// The sampler of the program.
#[derive(Debug)]
pub(super) struct ProgramSampler(pub(super) Arc<dyn ShouldSample>);

impl SpanSampler for ProgramSampler {
    fn sample(&self, record: &mut SpanRecord, parent: &Context) -> SamplerDecision {
        let attributes = record.attributes.as_slice().iter();
        let attributes: Vec<KeyValue> = attributes.cloned().map(KeyValue::from).collect();
        let links = record.more.as_ref().map_or(&[][..], |more| &more.links);
        let result = self.0.should_sample(
            Some(parent),
            record.head.trace_id,
            record.name_or_site(),
            &record.kind(),
            &attributes,
            links,
        );
        let decision = match result.decision {
            SamplingDecision::Drop => SamplerDecision::Drop,
            SamplingDecision::RecordOnly => SamplerDecision::Record,
            SamplingDecision::RecordAndSample => SamplerDecision::Sample,
        };
        if decision != SamplerDecision::Drop {
            record.attributes.extend(result.attributes);
        }
        if result.trace_state != TraceState::NONE || record.more.is_some() {
            record.more_mut().trace_state = result.trace_state;
        }
        decision
    }
}

/// The generator of ids of the program.
#[derive(Debug)]
pub(super) struct ProgramIds<G>(pub(super) G);

impl<G: IdGenerator> SpanIdGenerator for ProgramIds<G> {
    fn trace_id(&self) -> TraceId {
        self.0.new_trace_id()
    }

    fn span_id(&self) -> SpanId {
        self.0.new_span_id()
    }
}
