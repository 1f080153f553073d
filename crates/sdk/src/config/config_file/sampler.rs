//! The sampler of the file. A sampler of the recorder becomes a setting; any other sampler is asked about each span.

use std::sync::Arc;

use floe_suggest::expected;
use opentelemetry::trace::{Link, SpanContext, SpanKind, TraceContextExt as _};
use opentelemetry::{Context, KeyValue, TraceId};
use opentelemetry_sdk::trace::{Sampler as Builtin, SamplingResult, ShouldSample};

use super::part::Part;
use crate::config::removed;
use crate::config::sampling::{Sampler, SharedSampler, check_ratio};

/// The names of the format. A program may have more.
const KNOWN: [&str; 4] = ["always_on", "always_off", "trace_id_ratio_based", "parent_based"];

/// The samplers of spans with a parent, by the parent's process and sampling, with the defaults.
const BELOW: [(&str, Sampler); 4] = [
    ("remote_parent_sampled", Sampler::AlwaysOn),
    ("remote_parent_not_sampled", Sampler::AlwaysOff),
    ("local_parent_sampled", Sampler::AlwaysOn),
    ("local_parent_not_sampled", Sampler::AlwaysOff),
];

/// A sampler of the file.
#[derive(Clone)]
pub(super) enum Made {
    /// A sampler of the recorder, with its ratio, if it has one.
    Known(Sampler, Option<f64>),
    Shared(SharedSampler),
}

/// Reads a sampler. `None` if the program lacks it, so that the default applies.
pub(super) fn read(part: &Part<'_>) -> Option<Made> {
    let (name, part) = part.choice(&KNOWN)?;
    match name {
        "always_on" | "always_off" => {
            part.expect(&[]);
            let is_on = name == "always_on";
            Some(Made::Known(if is_on { Sampler::AlwaysOn } else { Sampler::AlwaysOff }, None))
        }
        "trace_id_ratio_based" => {
            part.expect(&["ratio"]);
            let ratio = part.value("ratio").unwrap_or(1.0);
            if let Some(at) = part.get("ratio") {
                at.check(check_ratio(ratio));
            }
            Some(Made::Known(Sampler::TraceIdRatio, Some(ratio)))
        }
        "parent_based" => Some(parent_based(&part)),
        _ => of_program(name, &part),
    }
}

/// Returns the sampler that a crate registers under this name.
fn of_program(name: &str, part: &Part<'_>) -> Option<Made> {
    let sampler = Sampler::parse(name).ok().filter(|it| matches!(it, Sampler::Registered(_)));
    let Some(sampler) = sampler else {
        let others = Sampler::every().into_iter();
        let others = others.filter(|sampler| matches!(sampler, Sampler::Registered(_)));
        let known: Vec<_> = KNOWN.into_iter().chain(others.map(Sampler::as_str)).collect();
        let reason = removed::word("sampling.sampler", name);
        let reason = reason.unwrap_or_else(|| expected(&known, name));
        part.ignore(format!("{reason}; the default is used"));
        return None;
    };
    if !part.node.is_null() {
        part.ignore("the program configures this sampler");
    }
    let made = sampler.registered().map_err(|message| part.refuse(message)).ok()??;
    Some(Made::Shared(made))
}

fn parent_based(part: &Part<'_>) -> Made {
    let below = BELOW.map(|(key, _)| key);
    part.expect(&[&["root"], &below[..]].concat());
    let child = |key: &str| part.get(key).and_then(|part| read(&part));
    let root = child("root").unwrap_or(Made::Known(Sampler::AlwaysOn, None));
    let below = BELOW.map(|(key, default)| child(key).unwrap_or(Made::Known(default, None)));
    let follows_parents = below
        .iter()
        .zip(BELOW)
        .all(|(made, (_, default))| matches!(made, Made::Known(sampler, _) if *sampler == default));
    let of_recorder = match root {
        Made::Known(Sampler::AlwaysOn, _) => Some((Sampler::ParentBasedAlwaysOn, None)),
        Made::Known(Sampler::AlwaysOff, _) => Some((Sampler::ParentBasedAlwaysOff, None)),
        Made::Known(Sampler::TraceIdRatio, ratio) => {
            Some((Sampler::ParentBasedTraceIdRatio, ratio))
        }
        _ => None,
    };
    if let Some((sampler, ratio)) = of_recorder.filter(|_| follows_parents) {
        return Made::Known(sampler, ratio);
    }
    let below = below.map(Made::into_shared);
    Made::Shared(SharedSampler(Arc::new(ParentBased { root: root.into_shared(), below })))
}

impl Made {
    fn into_shared(self) -> Arc<dyn ShouldSample> {
        let (sampler, ratio) = match self {
            Self::Shared(SharedSampler(sampler)) => return sampler,
            Self::Known(sampler, ratio) => (sampler, ratio.unwrap_or(1.0)),
        };
        let root = match sampler {
            Sampler::AlwaysOff | Sampler::ParentBasedAlwaysOff => Builtin::AlwaysOff,
            Sampler::TraceIdRatio | Sampler::ParentBasedTraceIdRatio => {
                Builtin::TraceIdRatioBased(ratio)
            }
            _ => Builtin::AlwaysOn,
        };
        let is_parent_based = sampler.is_parent_based();
        Arc::new(if is_parent_based { Builtin::ParentBased(Box::new(root)) } else { root })
    }
}

/// Samplers by the parent of a span.
#[derive(Clone, Debug)]
struct ParentBased {
    root: Arc<dyn ShouldSample>,
    /// The samplers in the order of [`BELOW`].
    below: [Arc<dyn ShouldSample>; 4],
}

impl ShouldSample for ParentBased {
    fn should_sample(
        &self,
        parent: Option<&Context>,
        trace_id: TraceId,
        name: &str,
        kind: &SpanKind,
        attributes: &[KeyValue],
        links: &[Link],
    ) -> SamplingResult {
        let above = parent.map(|parent| parent.span().span_context().clone());
        let sampler = above.filter(SpanContext::is_valid).map_or(&self.root, |above| {
            let at = usize::from(!above.is_remote()) * 2 + usize::from(!above.is_sampled());
            &self.below[at]
        });
        sampler.should_sample(parent, trace_id, name, kind, attributes, links)
    }
}
