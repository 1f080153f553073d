//! The samplers that the recorder asks about each span.

use std::sync::Arc;

use opentelemetry::trace::TraceState;
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::trace::{SamplingDecision, ShouldSample};

use crate::recorder::{SamplerDecision, SpanRecord, SpanSampler};

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
