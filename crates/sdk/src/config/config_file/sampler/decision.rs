//! The decision about a span, of a sampler that the recorder has not.

use opentelemetry::trace::{Link, SpanContext, SpanKind, TraceContextExt as _, TraceState};
use opentelemetry::{Context, KeyValue, TraceId};
use opentelemetry_sdk::trace::{
    Sampler as Builtin, SamplingDecision, SamplingResult, ShouldSample,
};

use super::composable::Starting;
use super::{Other, ParentBased, Sampler};
use crate::config::sampling::SharedSampler;
use crate::recorder::{Threshold, randomness, with_threshold};

/// Whether the span is sampled, its trace state, and the attributes that a sampler of another crate adds.
struct Decision {
    is_sampled: bool,
    is_recorded: bool,
    attributes: Vec<KeyValue>,
    trace_state: TraceState,
}

impl ShouldSample for Sampler {
    fn should_sample(
        &self,
        parent: Option<&Context>,
        trace_id: TraceId,
        name: &str,
        kind: &SpanKind,
        attributes: &[KeyValue],
        links: &[Link],
    ) -> SamplingResult {
        let none = SpanContext::NONE;
        let above = parent.map(|parent| parent.span().span_context().clone());
        let span = Starting { parent: above.as_ref().unwrap_or(&none), kind, attributes };
        let ask = |sampler: &dyn ShouldSample| {
            sampler.should_sample(parent, trace_id, name, kind, attributes, links)
        };
        let decision = self.decide(trace_id, span, &ask);
        SamplingResult {
            decision: match decision {
                Decision { is_sampled: true, .. } => SamplingDecision::RecordAndSample,
                Decision { is_recorded: true, .. } => SamplingDecision::RecordOnly,
                _ => SamplingDecision::Drop,
            },
            attributes: decision.attributes,
            trace_state: decision.trace_state,
        }
    }
}

impl Sampler {
    /// Decides. `ask` returns what a sampler of another crate decides about the span.
    fn decide(
        &self,
        trace_id: TraceId,
        span: Starting<'_>,
        ask: &dyn Fn(&dyn ShouldSample) -> SamplingResult,
    ) -> Decision {
        let above = span.parent;
        match self {
            // The span of a parent that is sampled stands for as many traces as it.
            Self::AlwaysOn(_) if above.is_sampled() => Decision {
                is_sampled: true,
                is_recorded: true,
                attributes: Vec::new(),
                trace_state: above.trace_state().clone(),
            },
            Self::AlwaysOn(_) => of_threshold(above, true, None),
            Self::AlwaysOff(_) | Self::Other(Other { sampler: None, .. }) => {
                of_threshold(above, false, None)
            }
            Self::Other(Other { sampler: Some(SharedSampler(sampler)), .. }) => {
                let SamplingResult { decision, attributes, trace_state } = ask(&**sampler);
                Decision {
                    is_sampled: decision == SamplingDecision::RecordAndSample,
                    is_recorded: decision != SamplingDecision::Drop,
                    attributes,
                    trace_state,
                }
            }
            Self::TraceIdRatioBased(share) => {
                let sampler = Builtin::TraceIdRatioBased(share.ratio());
                let result = sampler.should_sample(None, trace_id, "", span.kind, &[], &[]);
                let is_sampled = result.decision == SamplingDecision::RecordAndSample;
                of_threshold(above, is_sampled, None)
            }
            Self::Probability(share) => {
                let threshold = Threshold::of_ratio(share.ratio());
                let is_sampled = threshold.samples(randomness(trace_id, above));
                of_threshold(above, is_sampled, Some(threshold))
            }
            Self::ParentBased(parents) => match parents.sampler(above) {
                Ok(sampler) => sampler.decide(trace_id, span, ask),
                Err(is_sampled) => Decision {
                    is_sampled,
                    is_recorded: is_sampled,
                    attributes: Vec::new(),
                    trace_state: above.trace_state().clone(),
                },
            },
            Self::AlwaysRecord(record) => {
                Decision { is_recorded: true, ..record.root.decide(trace_id, span, ask) }
            }
            Self::Composite(sampler) => {
                let intent = sampler.intent(span);
                let is_sampled = intent
                    .as_ref()
                    .is_some_and(|it| it.threshold.samples(randomness(trace_id, above)));
                let threshold = intent.filter(|it| it.is_reliable).map(|it| it.threshold);
                of_threshold(above, is_sampled, threshold)
            }
        }
    }
}

/// A decision that does not follow the parent: its threshold is that of the sampler, if it has one.
fn of_threshold(above: &SpanContext, is_sampled: bool, threshold: Option<Threshold>) -> Decision {
    Decision {
        is_sampled,
        is_recorded: is_sampled,
        attributes: Vec::new(),
        trace_state: with_threshold(above.trace_state(), threshold.filter(|_| is_sampled)),
    }
}

impl ParentBased {
    /// The sampler of a span below `above`, or by default the decision.
    fn sampler(&self, above: &SpanContext) -> Result<&Sampler, bool> {
        let sampler = match (above.is_remote(), above.is_sampled()) {
            _ if !above.is_valid() => return self.root.as_ref().ok_or(true),
            (true, true) => &self.remote_parent_sampled,
            (true, false) => &self.remote_parent_not_sampled,
            (false, true) => &self.local_parent_sampled,
            (false, false) => &self.local_parent_not_sampled,
        };
        sampler.as_ref().ok_or(above.is_sampled())
    }
}
