//! The sampler.

use floe_yaml::Node;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::findings::{Choice, Findings, Nothing, below};
use crate::config::sampling::Sampler as Kind;

/// A sampler.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Sampler {
    AlwaysOn(Nothing),
    AlwaysOff(Nothing),
    TraceIdRatioBased(Share),
    Probability(Share),
    ParentBased(Box<ParentBased>),
    Composite(Composable),
    JaegerRemote(IgnoredAny),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Share {
    ratio: Option<f64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ParentBased {
    root: Option<Sampler>,
    remote_parent_sampled: Option<Choice<Node>>,
    remote_parent_not_sampled: Option<Choice<Node>>,
    local_parent_sampled: Option<Choice<Node>>,
    local_parent_not_sampled: Option<Choice<Node>>,
}

/// A composable sampler.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Composable {
    AlwaysOn(Nothing),
    AlwaysOff(Nothing),
    Probability(Share),
    ParentThreshold(Box<ParentThreshold>),
    RuleBased(IgnoredAny),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ParentThreshold {
    root: Composable,
}

/// A sampler of the configuration and its ratio, if it has one.
type Chosen = (Kind, Option<f64>);

const NOT_SUPPORTED: &str = "not supported, expected `always_on`, `always_off`, `trace_id_ratio_based`, \
     `probability/development`, `parent_based` or `composite/development`";

impl Sampler {
    /// Returns the sampler of the configuration. `None` after a mistake.
    pub(super) fn choose(self, path: &str, found: &mut Findings<'_>) -> Option<Chosen> {
        match self {
            Self::AlwaysOn(_) => Some((Kind::AlwaysOn, None)),
            Self::AlwaysOff(_) => Some((Kind::AlwaysOff, None)),
            Self::TraceIdRatioBased(share) => {
                let ratio = share.ratio(&below(path, "trace_id_ratio_based"), found);
                Some((Kind::TraceIdRatio, Some(ratio)))
            }
            Self::Probability(share) => {
                let ratio = share.ratio(&below(path, "probability"), found);
                Some((Kind::Probability, Some(ratio)))
            }
            Self::ParentBased(parent) => parent.choose(&below(path, "parent_based"), found),
            Self::Composite(sampler) => sampler.choose(&below(path, "composite"), found),
            Self::JaegerRemote(_) => {
                found.refuse(&below(path, "jaeger_remote"), NOT_SUPPORTED);
                None
            }
        }
    }
}

impl Share {
    fn ratio(&self, path: &str, found: &mut Findings<'_>) -> f64 {
        let ratio = self.ratio.unwrap_or(1.0);
        if !(0.0..=1.0).contains(&ratio) {
            let message = format!("expected 0.0 to 1.0, found {ratio}");
            found.refuse(&below(path, "ratio"), message);
        }
        ratio
    }
}

impl ParentBased {
    fn choose(self, path: &str, found: &mut Findings<'_>) -> Option<Chosen> {
        // The samplers of spans with a parent are supported with their default.
        for (key, sampler, default) in [
            (
                "remote_parent_sampled",
                self.remote_parent_sampled,
                "always_on",
            ),
            (
                "remote_parent_not_sampled",
                self.remote_parent_not_sampled,
                "always_off",
            ),
            (
                "local_parent_sampled",
                self.local_parent_sampled,
                "always_on",
            ),
            (
                "local_parent_not_sampled",
                self.local_parent_not_sampled,
                "always_off",
            ),
        ] {
            let Some(sampler) = sampler else {
                continue;
            };
            let known = ["always_on", "always_off"];
            match found.choice(&sampler, &below(path, key), &known) {
                Some((kind, settings, path)) if kind == default => {
                    found.read::<Nothing>(settings, &path);
                }
                Some((kind, _, path)) => {
                    let message = format!("`{kind}` is not supported here, expected `{default}`");
                    found.refuse(&path, message);
                }
                None => {}
            }
        }
        let path = below(path, "root");
        match self.root {
            Some(root) => below_parents(root.choose(&path, found)?, &path, found),
            None => Some((Kind::ParentBasedAlwaysOn, None)),
        }
    }
}

/// Returns the sampler that applies `root` to spans without a parent.
fn below_parents((root, ratio): Chosen, path: &str, found: &mut Findings<'_>) -> Option<Chosen> {
    let sampler = match root {
        Kind::AlwaysOn => Kind::ParentBasedAlwaysOn,
        Kind::AlwaysOff => Kind::ParentBasedAlwaysOff,
        Kind::TraceIdRatio => Kind::ParentBasedTraceIdRatio,
        Kind::Probability => Kind::ParentBasedProbability,
        _ => {
            let message =
                "a sampler that depends on the parent is not supported here, expected another one";
            found.refuse(path, message);
            return None;
        }
    };
    Some((sampler, ratio))
}

impl Composable {
    /// Returns the sampler, as far as it is one of the others.
    fn choose(self, path: &str, found: &mut Findings<'_>) -> Option<Chosen> {
        match self {
            Self::AlwaysOn(_) => Some((Kind::AlwaysOn, None)),
            Self::AlwaysOff(_) => Some((Kind::AlwaysOff, None)),
            Self::Probability(share) => {
                let ratio = share.ratio(&below(path, "probability"), found);
                Some((Kind::Probability, Some(ratio)))
            }
            Self::ParentThreshold(parent) => {
                let path = below(path, "parent_threshold.root");
                below_parents(parent.root.choose(&path, found)?, &path, found)
            }
            Self::RuleBased(_) => {
                let message = "not supported, expected `always_on`, `always_off`, `probability` or `parent_threshold`";
                found.refuse(&below(path, "rule_based"), message);
                None
            }
        }
    }
}
