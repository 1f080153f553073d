//! The sampler of a file.

use super::part::Part;
use crate::config::file_sampler::FileSampler;
use crate::config::mistake::Mistake;
use crate::config::sampling::check_ratio;

const SAMPLERS: &[&str] = &[
    "always_on",
    "always_off",
    "trace_id_ratio_based",
    "parent_based",
    "probability",
    "composite",
];

/// The samplers in `composite`.
const COMPOSABLE: &[&str] = &["always_on", "always_off", "probability", "parent_threshold"];

/// Reads the sampler of a provider. Everything below it that is ignored makes the file invalid.
pub(super) fn read(part: &Part<'_>) -> Result<FileSampler, Mistake> {
    sampler(part, SAMPLERS)
}

fn sampler(part: &Part<'_>, known: &[&str]) -> Result<FileSampler, Mistake> {
    let Some((name, part)) = part.component(known)? else {
        return Ok(FileSampler::AlwaysOff);
    };
    Ok(match name {
        "always_on" => FileSampler::AlwaysOn,
        "always_off" => FileSampler::AlwaysOff,
        "trace_id_ratio_based" | "probability" => {
            let ratio = part.checked("ratio", |ratio| check_ratio(*ratio))?;
            FileSampler::Ratio(ratio.unwrap_or(1.0))
        }
        "parent_threshold" => {
            let root = sampler(&part.required("root")?, known)?;
            FileSampler::ParentBased(FileSampler::of_roots(root).into())
        }
        "composite" => sampler(&part, COMPOSABLE)?,
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
