//! A sampler that says which share of the traces it samples, so that one decision is made for all that are composed
//! ([specification](https://opentelemetry.io/docs/specs/otel/trace/sdk/#compositesampler)).

use opentelemetry::KeyValue;
use opentelemetry::trace::{SpanContext, SpanKind};
use serde::Deserialize;

use super::super::findings::Nothing;
use super::{Share, below_parents};
use crate::config::sampling::Sampler as Kind;
use crate::recorder::{Threshold, matches_any, threshold};

#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "snake_case")]
pub(in crate::config::config_file) enum Composable {
    AlwaysOn(Nothing),
    AlwaysOff(Nothing),
    Probability(Share),
    ParentThreshold(Box<ParentThreshold>),
    RuleBased(RuleBased),
}

/// Follows the parent, and applies `root` to spans without one.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub(in crate::config::config_file) struct ParentThreshold {
    root: Composable,
}

/// Applies the sampler of the first rule that matches. Without one, the span is not sampled.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub(in crate::config::config_file) struct RuleBased {
    rules: Option<Vec<Rule>>,
}

/// A rule matches if all of its conditions do.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
struct Rule {
    attribute_values: Option<AttributeValues>,
    attribute_patterns: Option<AttributePatterns>,
    span_kinds: Option<Vec<Kinds>>,
    parent: Option<Vec<Parent>>,
    sampler: Composable,
}

/// The attribute has one of these values.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
struct AttributeValues {
    key: String,
    values: Vec<String>,
}

/// The attribute matches one pattern that is included, and none that is excluded.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
struct AttributePatterns {
    key: String,
    included: Option<Vec<String>>,
    excluded: Option<Vec<String>>,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "snake_case")]
enum Kinds {
    Internal,
    Server,
    Client,
    Producer,
    Consumer,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "snake_case")]
enum Parent {
    None,
    Remote,
    Local,
}

/// A span that is about to start.
#[derive(Clone, Copy)]
pub(super) struct Starting<'a> {
    pub(super) parent: &'a SpanContext,
    pub(super) kind: &'a SpanKind,
    pub(super) attributes: &'a [KeyValue],
}

/// Which traces a sampler samples.
pub(super) struct Intent {
    pub(super) threshold: Threshold,
    /// Whether the threshold tells for how many traces one stands.
    pub(super) is_reliable: bool,
}

impl Composable {
    pub(super) fn of_recorder(&self) -> Option<(Kind, Option<f64>)> {
        match self {
            Self::AlwaysOn(_) => Some((Kind::AlwaysOn, None)),
            Self::AlwaysOff(_) => Some((Kind::AlwaysOff, None)),
            Self::Probability(share) => Some((Kind::Probability, Some(share.ratio()))),
            Self::ParentThreshold(parent) => below_parents(parent.root.of_recorder()?),
            Self::RuleBased(_) => None,
        }
    }

    /// `None` if it samples no trace.
    pub(super) fn intent(&self, span: Starting<'_>) -> Option<Intent> {
        let reliable = |threshold| Intent { threshold, is_reliable: true };
        match self {
            Self::AlwaysOn(_) => Some(reliable(Threshold::ALWAYS)),
            Self::AlwaysOff(_) => None,
            Self::Probability(share) => Some(reliable(Threshold::of_ratio(share.ratio()))),
            Self::ParentThreshold(parent) => {
                if !span.parent.is_valid() {
                    return parent.root.intent(span);
                }
                match threshold(span.parent.trace_state()) {
                    Some(Ok(threshold)) => Some(reliable(threshold)),
                    _ => span
                        .parent
                        .is_sampled()
                        .then_some(Intent { threshold: Threshold::ALWAYS, is_reliable: false }),
                }
            }
            Self::RuleBased(RuleBased { rules }) => {
                let mut rules = rules.iter().flatten();
                rules.find(|rule| rule.matches(span))?.sampler.intent(span)
            }
        }
    }
}

impl Rule {
    fn matches(&self, span: Starting<'_>) -> bool {
        let kind = match span.kind {
            SpanKind::Internal => Kinds::Internal,
            SpanKind::Server => Kinds::Server,
            SpanKind::Client => Kinds::Client,
            SpanKind::Producer => Kinds::Producer,
            SpanKind::Consumer => Kinds::Consumer,
        };
        let parent = match span.parent {
            parent if !parent.is_valid() => Parent::None,
            parent if parent.is_remote() => Parent::Remote,
            _ => Parent::Local,
        };
        let has = |key: &str, accepts: &dyn Fn(&str) -> bool| {
            let mut attributes = span.attributes.iter();
            attributes.any(|it| it.key.as_str() == key && accepts(&it.value.as_str()))
        };
        self.span_kinds.as_ref().is_none_or(|it| it.contains(&kind))
            && self.parent.as_ref().is_none_or(|it| it.contains(&parent))
            && (self.attribute_values.as_ref())
                .is_none_or(|it| has(&it.key, &|text| it.values.iter().any(|value| value == text)))
            && (self.attribute_patterns.as_ref())
                .is_none_or(|it| has(&it.key, &|text| it.accepts(text)))
    }
}

impl AttributePatterns {
    fn accepts(&self, text: &str) -> bool {
        let is_any = |patterns: &[String]| matches_any(patterns, text);
        self.included.as_deref().is_none_or(is_any) && !self.excluded.as_deref().is_some_and(is_any)
    }
}
