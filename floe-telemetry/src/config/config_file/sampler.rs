//! The sampler.

use super::properties::{Findings, Value};
use crate::config::sampling::Sampler;

/// A sampler and its ratio, if it has one.
type Chosen = (Sampler, Option<f64>);

/// Returns the sampler. `None` after a mistake.
pub(super) fn sampler(value: &Value<'_>, found: &mut Findings<'_>) -> Option<Chosen> {
    let known = [
        "always_on",
        "always_off",
        "trace_id_ratio_based",
        "probability",
        "parent_based",
        "composite",
        "jaeger_remote",
    ];
    match value.choice(&known, found)? {
        ("parent_based", value) => parent_based(&value, found),
        ("composite", value) => composable(&value, found),
        ("jaeger_remote", value) => {
            value.refuse(found, NOT_SUPPORTED);
            None
        }
        (kind, value) => Some(simple(kind, &value, found)),
    }
}

const NOT_SUPPORTED: &str = "not supported, accepted are `always_on`, `always_off`, `trace_id_ratio_based`, \
     `probability/development`, `parent_based` and `composite/development`";

/// Returns a sampler that does not consist of others.
fn simple(kind: &str, value: &Value<'_>, found: &mut Findings<'_>) -> Chosen {
    let sampler = match kind {
        "always_on" => Sampler::AlwaysOn,
        "always_off" => Sampler::AlwaysOff,
        "trace_id_ratio_based" => Sampler::TraceIdRatio,
        _ => Sampler::Probability,
    };
    let has_ratio = matches!(sampler, Sampler::TraceIdRatio | Sampler::Probability);
    let known: &[&str] = if has_ratio { &["ratio"] } else { &[] };
    let properties = value.properties(known, found);
    let ratio = properties.set("ratio").and_then(|ratio| {
        let number: f64 = ratio.read(found)?;
        if !(0.0..=1.0).contains(&number) {
            ratio.refuse(found, format!("found {number}, accepted is 0.0 to 1.0"));
            return None;
        }
        Some(number)
    });
    (sampler, has_ratio.then(|| ratio.unwrap_or(1.0)))
}

/// The samplers of spans with a parent, which are supported with their default.
const PARENTS: [(&str, &str); 4] = [
    ("remote_parent_sampled", "always_on"),
    ("remote_parent_not_sampled", "always_off"),
    ("local_parent_sampled", "always_on"),
    ("local_parent_not_sampled", "always_off"),
];

fn parent_based(value: &Value<'_>, found: &mut Findings<'_>) -> Option<Chosen> {
    let mut known = vec!["root"];
    known.extend(PARENTS.map(|(key, _)| key));
    let properties = value.properties(&known, found);
    for (key, default) in PARENTS {
        let Some(value) = properties.set(key) else {
            continue;
        };
        let Some((kind, sampler)) = value.any_choice(&["always_on", "always_off"], found) else {
            continue;
        };
        if kind == default {
            sampler.properties(&[], found);
        } else {
            sampler.refuse(
                found,
                format!("`{kind}` is not supported here, accepted is `{default}`"),
            );
        }
    }
    let Some(root) = properties.set("root") else {
        return Some((Sampler::ParentBasedAlwaysOn, None));
    };
    below_parents(sampler(&root, found)?, &root, found)
}

/// Returns the sampler that applies `root` to spans without a parent.
fn below_parents(
    (root, ratio): Chosen,
    value: &Value<'_>,
    found: &mut Findings<'_>,
) -> Option<Chosen> {
    let sampler = match root {
        Sampler::AlwaysOn => Sampler::ParentBasedAlwaysOn,
        Sampler::AlwaysOff => Sampler::ParentBasedAlwaysOff,
        Sampler::TraceIdRatio => Sampler::ParentBasedTraceIdRatio,
        Sampler::Probability => Sampler::ParentBasedProbability,
        _ => {
            value.refuse(
                found,
                "a sampler that depends on the parent is not supported here, accepted are the others",
            );
            return None;
        }
    };
    Some((sampler, ratio))
}

/// Returns a composable sampler, as far as it is one of the others.
fn composable(value: &Value<'_>, found: &mut Findings<'_>) -> Option<Chosen> {
    let known = [
        "always_on",
        "always_off",
        "probability",
        "parent_threshold",
        "rule_based",
    ];
    match value.choice(&known, found)? {
        ("parent_threshold", value) => {
            let properties = value.properties(&["root"], found);
            let root = properties.required("root", &value, found)?;
            below_parents(composable(&root, found)?, &root, found)
        }
        ("rule_based", value) => {
            value.refuse(
                found,
                "not supported, accepted are `always_on`, `always_off`, `probability` and `parent_threshold`",
            );
            None
        }
        (kind, value) => Some(simple(kind, &value, found)),
    }
}
