//! The sampler of the file. One that the recorder has is a setting of it; any other is asked about each span.

use floe_suggest::expected;
use floe_yaml::{Content, Node};
use opentelemetry::trace::{Link, SpanContext, SpanKind, TraceContextExt as _};
use opentelemetry::{Context, KeyValue, TraceId};
use opentelemetry_sdk::trace::{Sampler as Builtin, SamplingResult, ShouldSample};
use serde::Deserialize;

use super::findings::{Nothing, below};
use crate::config::problems::Problems;
use crate::config::removed;
use crate::config::sampling::{Sampler as Kind, SharedSampler};

/// A sampler.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "snake_case")]
pub(in crate::config::config_file) enum Sampler {
    AlwaysOn(Nothing),
    AlwaysOff(Nothing),
    TraceIdRatioBased(Share),
    ParentBased(Box<ParentBased>),
    Other(Other),
}

/// A sampler that a crate registers under its name.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(try_from = "String")]
pub(in crate::config::config_file) struct Other(SharedSampler);

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

/// The names of the samplers that have a variant.
const KNOWN: [&str; 4] = ["always_on", "always_off", "trace_id_ratio_based", "parent_based"];

/// Lets samplers that have no variant be read as [`Other`], below the key `sampler` of the provider. One that the program
/// does not have is left out, so that the default applies.
pub(super) fn name_others(sampler: &mut Node, path: &str, unsupported: &mut Problems) {
    let Content::Map(samplers) = &mut sampler.content else {
        return;
    };
    let [entry] = &mut **samplers else {
        return;
    };
    let path = below(path, &entry.key);
    match entry.name() {
        "parent_based" => {
            if let Content::Map(inner) = &mut entry.value.content {
                for inner in inner {
                    let path = below(&path, &inner.key);
                    name_others(&mut inner.value, &path, unsupported);
                }
            }
        }
        name if KNOWN.contains(&name) => {}
        name if matches!(Kind::parse(name), Ok(Kind::Registered(_))) => {
            if !entry.value.is_null() {
                let reason = "the program configures this sampler";
                unsupported.add_at(entry.value.position, path, reason.to_owned());
            }
            entry.value.content = Content::Scalar { text: name.to_owned(), is_plain: false };
            entry.alias = Some("other".to_owned());
        }
        name => {
            let registered = Kind::every().into_iter();
            let registered = registered.filter(|kind| matches!(kind, Kind::Registered(_)));
            let known: Vec<_> = KNOWN.into_iter().chain(registered.map(Kind::as_str)).collect();
            let reason = removed::word("sampling.sampler", name);
            let reason = reason.unwrap_or_else(|| expected(&known, name));
            unsupported.add_at(entry.position, path, format!("{reason}; the default is used"));
            sampler.content = Content::Scalar { text: String::new(), is_plain: true };
        }
    }
}

impl TryFrom<String> for Other {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        let registered = Kind::parse(&name)?.registered()?;
        registered.map(Self).ok_or_else(|| expected(&KNOWN, &name))
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
    /// The sampler of the recorder that decides alike, and its ratio, if there is one.
    pub(super) fn of_recorder(&self) -> Option<(Kind, Option<f64>)> {
        match self {
            Self::AlwaysOn(_) => Some((Kind::AlwaysOn, None)),
            Self::AlwaysOff(_) => Some((Kind::AlwaysOff, None)),
            Self::TraceIdRatioBased(share) => Some((Kind::TraceIdRatio, Some(share.ratio()))),
            Self::ParentBased(parent) if parent.follows_parents() => match &parent.root {
                Some(root) => below_parents(root.of_recorder()?),
                None => Some((Kind::ParentBasedAlwaysOn, None)),
            },
            Self::ParentBased(_) | Self::Other(_) => None,
        }
    }
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
        let ask = |sampler: &dyn ShouldSample| {
            sampler.should_sample(parent, trace_id, name, kind, attributes, links)
        };
        match self {
            Self::AlwaysOn(_) => ask(&Builtin::AlwaysOn),
            Self::AlwaysOff(_) => ask(&Builtin::AlwaysOff),
            Self::TraceIdRatioBased(share) => ask(&Builtin::TraceIdRatioBased(share.ratio())),
            Self::Other(Other(SharedSampler(sampler))) => ask(&**sampler),
            Self::ParentBased(parents) => {
                let above = parent.map(|parent| parent.span().span_context().clone());
                match parents.sampler(&above.unwrap_or(SpanContext::NONE)) {
                    Ok(sampler) => ask(sampler),
                    Err(true) => ask(&Builtin::AlwaysOn),
                    Err(false) => ask(&Builtin::AlwaysOff),
                }
            }
        }
    }
}

/// The sampler that applies `root` to spans without a parent.
fn below_parents((root, ratio): (Kind, Option<f64>)) -> Option<(Kind, Option<f64>)> {
    let sampler = match root {
        Kind::AlwaysOn => Kind::ParentBasedAlwaysOn,
        Kind::AlwaysOff => Kind::ParentBasedAlwaysOff,
        Kind::TraceIdRatio => Kind::ParentBasedTraceIdRatio,
        _ => return None,
    };
    Some((sampler, ratio))
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

    /// The samplers of spans with a parent.
    fn below(&self) -> [(&'static str, &Option<Sampler>); 4] {
        [
            ("remote_parent_sampled", &self.remote_parent_sampled),
            ("remote_parent_not_sampled", &self.remote_parent_not_sampled),
            ("local_parent_sampled", &self.local_parent_sampled),
            ("local_parent_not_sampled", &self.local_parent_not_sampled),
        ]
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
