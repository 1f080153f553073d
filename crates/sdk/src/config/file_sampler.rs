//! The sampler of OpenTelemetry's configuration file, which may be a tree of samplers.

use std::sync::Arc;

use opentelemetry::trace::{Link, SpanContext, SpanKind, TraceContextExt as _, TraceId};
use opentelemetry::{Array, Context, KeyValue, Value};
use opentelemetry_sdk::trace::{self, SamplingDecision, SamplingResult, ShouldSample};

use super::sampling::{OfFile, Sampler, SamplingConfig};
use super::selection::Selection;

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum FileSampler {
    AlwaysOn,
    AlwaysOff,
    Ratio(f64),
    /// Records, but does not sample, the spans that the other sampler drops.
    AlwaysRecord(Box<Self>),
    ParentBased(Box<ByParent>),
    /// The first matching rule decides. A span that matches no rule is dropped.
    Rules(Vec<FileRule>),
}

/// The samplers of spans without a parent, and with a parent that is remote and sampled, remote and not sampled, local
/// and sampled, or local and not sampled.
type ByParent = [FileSampler; 5];

/// A rule for the spans that meet all its conditions. An empty list is no condition.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct FileRule {
    pub(super) attributes: Vec<(String, Values)>,
    pub(super) kinds: Vec<SpanKind>,
    pub(super) parents: Vec<ParentKind>,
    pub(super) sampler: FileSampler,
}

/// The values of an attribute that a rule matches, as text.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Values {
    Equal(Vec<String>),
    Like(Selection),
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum ParentKind {
    None,
    Remote,
    Local,
}

/// A span before its decision.
struct Subject<'a> {
    above: &'a SpanContext,
    trace_id: TraceId,
    kind: &'a SpanKind,
    attributes: &'a [KeyValue],
}

impl FileSampler {
    /// Returns the sampler of a root, whose children follow their parents.
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
            Self::AlwaysRecord(_) | Self::ParentBased(_) | Self::Rules(_) => None,
        }
    }

    fn decide(&self, span: &Subject<'_>) -> SamplingDecision {
        match self {
            Self::AlwaysOn => SamplingDecision::RecordAndSample,
            Self::AlwaysOff => SamplingDecision::Drop,
            Self::Ratio(ratio) => {
                let sampler = trace::Sampler::TraceIdRatioBased(*ratio);
                sampler.should_sample(None, span.trace_id, "", span.kind, &[], &[]).decision
            }
            Self::AlwaysRecord(root) => match root.decide(span) {
                SamplingDecision::Drop => SamplingDecision::RecordOnly,
                other => other,
            },
            Self::ParentBased(by) => {
                let [root, remote_sampled, remote_not, local_sampled, local_not] = &**by;
                let sampler = match (ParentKind::of(span.above), span.above.is_sampled()) {
                    (ParentKind::None, _) => root,
                    (ParentKind::Remote, true) => remote_sampled,
                    (ParentKind::Remote, false) => remote_not,
                    (ParentKind::Local, true) => local_sampled,
                    (ParentKind::Local, false) => local_not,
                };
                sampler.decide(span)
            }
            Self::Rules(rules) => {
                let rule = rules.iter().find(|rule| rule.matches(span));
                rule.map_or(SamplingDecision::Drop, |rule| rule.sampler.decide(span))
            }
        }
    }
}

impl ParentKind {
    fn of(parent: &SpanContext) -> Self {
        match (parent.is_valid(), parent.is_remote()) {
            (false, _) => Self::None,
            (true, true) => Self::Remote,
            (true, false) => Self::Local,
        }
    }
}

impl FileRule {
    fn matches(&self, span: &Subject<'_>) -> bool {
        let has = |(key, values): &(String, Values)| {
            let found = span.attributes.iter().rfind(|attribute| attribute.key.as_str() == key);
            found.is_some_and(|attribute| values.match_value(&attribute.value))
        };
        (self.kinds.is_empty() || self.kinds.contains(span.kind))
            && (self.parents.is_empty() || self.parents.contains(&ParentKind::of(span.above)))
            && self.attributes.iter().all(has)
    }
}

impl Values {
    /// Whether the value, or a text in a list, is one of these values.
    fn match_value(&self, value: &Value) -> bool {
        match value {
            Value::Array(Array::String(texts)) => {
                texts.iter().any(|text| self.match_text(text.as_str()))
            }
            other => self.match_text(&other.as_str()),
        }
    }

    fn match_text(&self, text: &str) -> bool {
        match self {
            Self::Equal(values) => values.iter().any(|value| value == text),
            Self::Like(patterns) => patterns.selects(text),
        }
    }
}

impl ShouldSample for FileSampler {
    fn should_sample(
        &self,
        parent: Option<&Context>,
        trace_id: TraceId,
        _: &str,
        kind: &SpanKind,
        attributes: &[KeyValue],
        _: &[Link],
    ) -> SamplingResult {
        let above = parent.map_or(SpanContext::NONE, |parent| parent.span().span_context().clone());
        let span = Subject { above: &above, trace_id, kind, attributes };
        let decision = self.decide(&span);
        let trace_state = above.trace_state().clone();
        SamplingResult { decision, attributes: Vec::new(), trace_state }
    }
}
