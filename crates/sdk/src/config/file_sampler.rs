//! The sampler of OpenTelemetry's configuration file.

use std::sync::Arc;

use opentelemetry::trace::{Link, SpanContext, SpanKind, TraceContextExt as _, TraceId};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::trace::{self, SamplingResult, ShouldSample};

use super::sampling::{OfFile, Sampler, SamplingConfig};

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum FileSampler {
    AlwaysOn,
    AlwaysOff,
    Ratio(f64),
    ParentBased(Box<ByParent>),
}

/// The samplers of spans without a parent, and with a parent that is remote and sampled, remote and not sampled, local
/// and sampled, or local and not sampled.
type ByParent = [FileSampler; 5];

impl FileSampler {
    /// Returns the samplers for a sampler of roots, whose children follow their parents.
    pub(super) fn of_roots(root: Self) -> ByParent {
        [root, Self::AlwaysOn, Self::AlwaysOff, Self::AlwaysOn, Self::AlwaysOff]
    }

    /// Sets the sampler of a configuration.
    pub(super) fn apply(self, config: &mut SamplingConfig) {
        let (own, ratio) = self.built_in().unzip();
        (config.sampler, config.sampler_arg) = (own, ratio.flatten());
        config.of_file = own.is_none().then(|| OfFile(Arc::new(self)));
    }

    /// Returns the built-in sampler with the same decisions and its ratio, if there is one. It needs neither the name
    /// nor the attributes of a span, so unsampled calls cost less.
    fn built_in(&self) -> Option<(Sampler, Option<f64>)> {
        match self {
            Self::AlwaysOn => Some((Sampler::AlwaysOn, None)),
            Self::AlwaysOff => Some((Sampler::AlwaysOff, None)),
            Self::Ratio(ratio) => Some((Sampler::TraceIdRatio, Some(*ratio))),
            Self::ParentBased(by) if **by == Self::of_roots(by[0].clone()) => {
                let (root, ratio) = by[0].built_in()?;
                let root = match root {
                    Sampler::AlwaysOn => Sampler::ParentBasedAlwaysOn,
                    Sampler::AlwaysOff => Sampler::ParentBasedAlwaysOff,
                    Sampler::TraceIdRatio => Sampler::ParentBasedTraceIdRatio,
                    parent_based => parent_based,
                };
                Some((root, ratio))
            }
            Self::ParentBased(_) => None,
        }
    }

    /// Returns the sampler of the SDK that decides about a span with this parent.
    fn below(&self, parent: &SpanContext) -> trace::Sampler {
        match self {
            Self::AlwaysOn => trace::Sampler::AlwaysOn,
            Self::AlwaysOff => trace::Sampler::AlwaysOff,
            Self::Ratio(ratio) => trace::Sampler::TraceIdRatioBased(*ratio),
            Self::ParentBased(by) => {
                let [root, remote_sampled, remote_not, local_sampled, local_not] = &**by;
                let own = match (parent.is_valid(), parent.is_remote(), parent.is_sampled()) {
                    (false, ..) => root,
                    (true, true, true) => remote_sampled,
                    (true, true, false) => remote_not,
                    (true, false, true) => local_sampled,
                    (true, false, false) => local_not,
                };
                own.below(parent)
            }
        }
    }
}

impl ShouldSample for FileSampler {
    fn should_sample(
        &self,
        parent: Option<&Context>,
        trace_id: TraceId,
        name: &str,
        kind: &SpanKind,
        attributes: &[KeyValue],
        links: &[Link],
    ) -> SamplingResult {
        let above = parent.map_or(SpanContext::NONE, |parent| parent.span().span_context().clone());
        self.below(&above).should_sample(parent, trace_id, name, kind, attributes, links)
    }
}
