//! The sampler of the file. One that the recorder has is a setting of it; any other is asked about each span.

mod composable;
mod decision;

use floe_suggest::{expected, misspelled};
use floe_yaml::{Content, Node};
use serde::Deserialize;

use self::composable::Composable;
use super::findings::{Findings, Nothing, below};
use super::without_suffix;
use crate::config::problems::Problems;
use crate::config::sampling::{Sampler as Kind, SharedSampler};

/// A sampler.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "snake_case")]
pub(in crate::config::config_file) enum Sampler {
    AlwaysOn(Nothing),
    AlwaysOff(Nothing),
    TraceIdRatioBased(Share),
    Probability(Share),
    ParentBased(Box<ParentBased>),
    AlwaysRecord(Box<AlwaysRecord>),
    Composite(Composable),
    Other(Other),
}

/// A sampler that has no variant, by its name: one that a crate registers, or one that the program does not have and
/// that samples nothing.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(try_from = "String")]
pub(in crate::config::config_file) struct Other {
    name: String,
    sampler: Option<SharedSampler>,
}

/// A share of the traces.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub(in crate::config::config_file) struct Share {
    #[serde(default)]
    ratio: Option<Ratio>,
}

/// From 0.0 to 1.0.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq)]
#[serde(try_from = "f64")]
struct Ratio(f64);

/// The samplers of spans, by their parents. A local parent is of this process.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub(in crate::config::config_file) struct ParentBased {
    root: Option<Sampler>,
    remote_parent_sampled: Option<Sampler>,
    remote_parent_not_sampled: Option<Sampler>,
    local_parent_sampled: Option<Sampler>,
    local_parent_not_sampled: Option<Sampler>,
}

/// Records what `root` drops, without exporting it.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub(in crate::config::config_file) struct AlwaysRecord {
    root: Sampler,
}

/// The names of the samplers that have a variant.
const KNOWN: [&str; 7] = [
    "always_on",
    "always_off",
    "trace_id_ratio_based",
    "probability/development",
    "parent_based",
    "always_record",
    "composite/development",
];

/// Lets samplers that have no variant be read as [`Other`], below the key `sampler` of the provider.
pub(super) fn name_others(sampler: &mut Node, path: &str, unsupported: &mut Problems) {
    let Content::Map(samplers) = &mut sampler.content else {
        return;
    };
    for entry in samplers {
        let path = below(path, &entry.key);
        match entry.name() {
            "parent_based" | "always_record" => {
                if let Content::Map(inner) = &mut entry.value.content {
                    for inner in inner {
                        name_others(&mut inner.value, &below(&path, &inner.key), unsupported);
                    }
                }
            }
            name if misspelled(name, &KNOWN.map(without_suffix)).is_some() => {}
            name => {
                let text = name.to_owned();
                let is_registered = matches!(Kind::parse(name), Ok(Kind::Registered(_)));
                if !entry.value.is_null() && is_registered {
                    let reason = "the program configures this sampler";
                    unsupported.add_at(entry.value.position, path, reason.to_owned());
                }
                entry.value.content = Content::Scalar { text, is_plain: false };
                entry.alias = Some("other".to_owned());
            }
        }
    }
}

impl TryFrom<String> for Other {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        let sampler = match Kind::parse(&name) {
            Ok(kind) => kind.registered()?,
            Err(_) => None,
        };
        Ok(Self { name, sampler })
    }
}

impl TryFrom<f64> for Ratio {
    type Error = String;

    fn try_from(ratio: f64) -> Result<Self, Self::Error> {
        if (0.0..=1.0).contains(&ratio) {
            return Ok(Self(ratio));
        }
        Err(format!("expected 0.0 to 1.0, found {ratio}"))
    }
}

impl Share {
    fn ratio(self) -> f64 {
        self.ratio.map_or(1.0, |Ratio(ratio)| ratio)
    }
}

impl Sampler {
    /// Warns of samplers that sample nothing because they are not supported.
    pub(super) fn check(&self, path: &str, found: &mut Findings<'_>) {
        match self {
            Self::Other(Other { name, sampler: None }) => {
                let registered = Kind::every().into_iter();
                let registered = registered.filter(|kind| matches!(kind, Kind::Registered(_)));
                let known: Vec<_> = KNOWN.into_iter().chain(registered.map(Kind::as_str)).collect();
                let reason = format!("{}; no span is sampled", expected(&known, name));
                found.ignore(&below(path, "other"), &reason);
            }
            Self::AlwaysRecord(record) => {
                record.root.check(&below(path, "always_record.root"), found);
            }
            Self::ParentBased(parent) => parent.check(&below(path, "parent_based"), found),
            _ => {}
        }
    }

    /// The sampler of the recorder that decides alike, and its ratio, if there is one.
    pub(super) fn of_recorder(&self) -> Option<(Kind, Option<f64>)> {
        match self {
            Self::AlwaysOn(_) => Some((Kind::AlwaysOn, None)),
            Self::AlwaysOff(_) | Self::Other(Other { sampler: None, .. }) => {
                Some((Kind::AlwaysOff, None))
            }
            Self::TraceIdRatioBased(share) => Some((Kind::TraceIdRatio, Some(share.ratio()))),
            Self::Probability(share) => Some((Kind::Probability, Some(share.ratio()))),
            Self::ParentBased(parent) if parent.follows_parents() => match &parent.root {
                Some(root) => below_parents(root.of_recorder()?),
                None => Some((Kind::ParentBasedAlwaysOn, None)),
            },
            Self::Composite(sampler) => sampler.of_recorder(),
            Self::ParentBased(_) | Self::AlwaysRecord(_) | Self::Other(_) => None,
        }
    }
}

/// The sampler that applies `root` to spans without a parent.
fn below_parents((root, ratio): (Kind, Option<f64>)) -> Option<(Kind, Option<f64>)> {
    let sampler = match root {
        Kind::AlwaysOn => Kind::ParentBasedAlwaysOn,
        Kind::AlwaysOff => Kind::ParentBasedAlwaysOff,
        Kind::TraceIdRatio => Kind::ParentBasedTraceIdRatio,
        Kind::Probability => Kind::ParentBasedProbability,
        _ => return None,
    };
    Some((sampler, ratio))
}

impl ParentBased {
    /// The samplers of spans with a parent.
    fn below(&self) -> [(&'static str, &Option<Sampler>); 4] {
        [
            ("remote_parent_sampled", &self.remote_parent_sampled),
            ("remote_parent_not_sampled", &self.remote_parent_not_sampled),
            ("local_parent_sampled", &self.local_parent_sampled),
            ("local_parent_not_sampled", &self.local_parent_not_sampled),
        ]
    }

    fn check(&self, path: &str, found: &mut Findings<'_>) {
        for (key, sampler) in [("root", &self.root)].into_iter().chain(self.below()) {
            if let Some(sampler) = sampler {
                sampler.check(&below(path, key), found);
            }
        }
    }

    /// Whether each span has the decision of its parent.
    fn follows_parents(&self) -> bool {
        self.below().iter().all(|(key, sampler)| match sampler {
            None => true,
            Some(Sampler::AlwaysOn(_)) => !key.ends_with("not_sampled"),
            Some(Sampler::AlwaysOff(_)) => key.ends_with("not_sampled"),
            Some(_) => false,
        })
    }
}
