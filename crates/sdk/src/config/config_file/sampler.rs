//! Reads the sampler of a file.

use super::part::Part;
use crate::config::mistake::Mistake;
use crate::config::sampling::{Sampler, check_ratio};

type Chosen = (Sampler, Option<f64>);

/// The samplers of spans with a parent, by the kind of parent. Only these are supported: they decide as the parent did.
const BELOW: [(&str, Sampler); 4] = [
    ("remote_parent_sampled", Sampler::AlwaysOn),
    ("remote_parent_not_sampled", Sampler::AlwaysOff),
    ("local_parent_sampled", Sampler::AlwaysOn),
    ("local_parent_not_sampled", Sampler::AlwaysOff),
];

/// Reads the sampler below a key. Returns `None` if the default applies, because there is no sampler or it is unknown.
pub(super) fn read(part: &Part<'_>, key: &'static str) -> Result<Option<Chosen>, Mistake> {
    let known = ["always_on", "always_off", "trace_id_ratio_based", "parent_based"];
    let Some(part) = part.get(key)? else {
        return Ok(None);
    };
    let Some((name, part)) = part.component(&known)? else {
        return Ok(None);
    };
    let chosen = match name {
        "trace_id_ratio_based" => {
            let ratio = part.checked("ratio", |ratio| check_ratio(*ratio))?;
            (Sampler::TraceIdRatio, Some(ratio.unwrap_or(1.0)))
        }
        "parent_based" => parent_based(&part)?,
        "always_on" => (Sampler::AlwaysOn, None),
        _ => (Sampler::AlwaysOff, None),
    };
    Ok(Some(chosen))
}

fn parent_based(part: &Part<'_>) -> Result<Chosen, Mistake> {
    let root = read(part, "root")?;
    for (key, expected) in BELOW {
        if let Some(own) = part.get(key)?
            && read(part, key)?.is_some_and(|(sampler, _)| sampler != expected)
        {
            own.ignore("a span with a parent is sampled as the parent was");
        }
    }
    Ok(match root {
        None | Some((Sampler::AlwaysOn, _)) => (Sampler::ParentBasedAlwaysOn, None),
        Some((Sampler::AlwaysOff, _)) => (Sampler::ParentBasedAlwaysOff, None),
        Some((Sampler::TraceIdRatio, ratio)) => (Sampler::ParentBasedTraceIdRatio, ratio),
        Some(own) => own,
    })
}
