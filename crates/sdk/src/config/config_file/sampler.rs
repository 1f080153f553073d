//! The sampler of a file.

use opentelemetry::trace::SpanKind;

use super::part::Part;
use crate::config::file_sampler::{FileRule, FileSampler, ParentKind, Values};
use crate::config::mistake::Mistake;
use crate::config::sampling::check_ratio;

const SAMPLERS: &[&str] = &[
    "always_on",
    "always_off",
    "trace_id_ratio_based",
    "parent_based",
    "probability",
    "always_record",
    "composite",
];

/// The samplers in `composite`.
const COMPOSABLE: &[&str] =
    &["always_on", "always_off", "probability", "parent_threshold", "rule_based"];

const KINDS: [(&str, SpanKind); 5] = [
    ("internal", SpanKind::Internal),
    ("server", SpanKind::Server),
    ("client", SpanKind::Client),
    ("producer", SpanKind::Producer),
    ("consumer", SpanKind::Consumer),
];

const PARENTS: [(&str, ParentKind); 3] =
    [("none", ParentKind::None), ("remote", ParentKind::Remote), ("local", ParentKind::Local)];

/// Reads the sampler of a provider. Everything below it that is ignored makes the file invalid.
pub(super) fn read(part: &Part<'_>) -> Result<FileSampler, Mistake> {
    sampler(part, SAMPLERS)
}

fn sampler(part: &Part<'_>, known: &[&str]) -> Result<FileSampler, Mistake> {
    let Some((name, part)) = part.component(known)? else {
        return Ok(FileSampler::AlwaysOff);
    };
    let below = |key| sampler(&part.required(key)?, known);
    Ok(match name {
        "always_on" => FileSampler::AlwaysOn,
        "always_off" => FileSampler::AlwaysOff,
        "trace_id_ratio_based" | "probability" => {
            let ratio = part.checked("ratio", |ratio| check_ratio(*ratio))?;
            FileSampler::Ratio(ratio.unwrap_or(1.0))
        }
        "always_record" => FileSampler::AlwaysRecord(below("root")?.into()),
        "parent_threshold" => {
            FileSampler::ParentBased(FileSampler::of_roots(below("root")?).into())
        }
        "composite" => sampler(&part, COMPOSABLE)?,
        "rule_based" => {
            let rules = part.items("rules")?;
            FileSampler::Rules(rules.iter().map(rule).collect::<Result<_, _>>()?)
        }
        _ => parent_based(&part)?,
    })
}

fn parent_based(part: &Part<'_>) -> Result<FileSampler, Mistake> {
    let mut by = FileSampler::of_roots(FileSampler::AlwaysOn);
    let keys = [
        "root",
        "remote_parent_sampled",
        "remote_parent_not_sampled",
        "local_parent_sampled",
        "local_parent_not_sampled",
    ];
    for (key, own) in keys.into_iter().zip(&mut by) {
        if let Some(part) = part.get(key)? {
            *own = sampler(&part, SAMPLERS)?;
        }
    }
    Ok(FileSampler::ParentBased(by.into()))
}

fn rule(part: &Part<'_>) -> Result<FileRule, Mistake> {
    let mut attributes = Vec::new();
    if let Some(equal) = part.get("attribute_values")? {
        let values = equal.required("values")?.read()?;
        attributes.push((equal.required("key")?.read()?, Values::Equal(values)));
    }
    if let Some(like) = part.get("attribute_patterns")? {
        let patterns = like.selection()?;
        attributes.push((like.required("key")?.read()?, Values::Like(patterns)));
    }
    Ok(FileRule {
        attributes,
        kinds: part.words("span_kinds", &KINDS)?,
        parents: part.words("parent", &PARENTS)?,
        sampler: sampler(&part.required("sampler")?, COMPOSABLE)?,
    })
}
