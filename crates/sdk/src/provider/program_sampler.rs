//! Adapts a sampler of the program to the recorder.

use std::sync::Arc;

use opentelemetry::trace::TraceState;
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::trace::{SamplingDecision, ShouldSample};

use crate::recorder::SpanRecord;

pub(super) fn asked(
    sampler: Arc<dyn ShouldSample>,
) -> impl Fn(&mut SpanRecord, &Context) -> Option<bool> {
    move |record, parent| {
        let attributes: Vec<KeyValue> =
            record.attributes.as_slice().iter().cloned().map(KeyValue::from).collect();
        let links = record.more.as_ref().map_or(&[][..], |more| &more.links);
        let result = sampler.should_sample(
            Some(parent),
            record.head.trace_id,
            record.name_or_site(),
            &record.kind(),
            &attributes,
            links,
        );
        let decision = match result.decision {
            SamplingDecision::Drop => None,
            SamplingDecision::RecordOnly => Some(false),
            SamplingDecision::RecordAndSample => Some(true),
        };
        if decision.is_some() {
            record.attributes.extend(result.attributes);
        }
        if result.trace_state != TraceState::NONE || record.more.is_some() {
            record.more_mut().trace_state = result.trace_state;
        }
        decision
    }
}
