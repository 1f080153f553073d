//! The recorder's settings for the current provider, and their changes while the program runs.

use std::sync::atomic::Ordering;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::probability::Threshold;
use super::rules::Rules;
use super::{CustomSampler, RATE_LIMIT, ROOT_BOUND, THRESHOLD, baggage, custom};
use crate::recorder::filter::{self, Directive};
use crate::recorder::fork_handlers;
use crate::recorder::listeners::{
    self, BOUNDARIES, CUSTOM, MEASURES, MEASURES_ALL, PER_SPAN, PROBABILITY, PROVIDER, RATE, RULES,
    SHUT_DOWN, TAIL,
};

/// Which spans a provider records.
#[derive(Clone, Debug)]
pub(crate) struct Sampling {
    /// The sampler of the program, which decides for each span in place of the settings below, except for the filter.
    pub(crate) custom: Option<CustomSampler>,
    pub(crate) sampler: RootSampler,
    /// Whether a child has its parent's decision. Otherwise the ratio decides for each span.
    pub(crate) is_parent_based: bool,
    /// Patterns of span names with their ratios.
    pub(crate) rules: Vec<(String, f64)>,
    /// The most roots in a second.
    pub(crate) rate_limit: Option<f64>,
    /// The targets and levels of recorded spans; `None` for all.
    pub(crate) filter: Option<Vec<Directive>>,
    /// The tail sampler needs also the spans that the head sampler does not sample.
    pub(crate) needs_unsampled: bool,
    pub(crate) measures: Measured,
    /// Keys of baggage whose values become attributes.
    pub(crate) baggage: Vec<String>,
    /// Whether only the first span of a trace on a thread has a `Context`.
    pub(crate) has_boundaries: bool,
}

/// The sampler of roots, or of every span.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum RootSampler {
    /// OpenTelemetry's `TraceIdRatioBased`, which leaves the trace state unchanged.
    TraceIdRatio(f64),
    /// Probability sampling where a ratio or a rule rejects traces. Without, the number of traces is known, and
    /// the trace state is unchanged.
    Ratio(f64),
    /// OpenTelemetry's `ProbabilitySampler`: the trace state has the threshold for every ratio.
    Probability(f64),
}

/// The calls that the collector derives metrics from, whether they have a span or not.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Measured {
    None,
    /// The calls of functions with `#[traced(metrics)]`.
    Annotated,
    All,
}

/// A change while the program runs.
#[derive(Debug)]
pub(crate) enum SamplingChange {
    Ratio(f64),
    Rules(Vec<(String, f64)>),
    Filter(Option<Vec<Directive>>),
}

/// Identifies a provider, so that a handle cannot change the settings of a later one.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct ProviderId(u64);

#[derive(Debug)]
struct InUse {
    sampler: RootSampler,
    /// The number of the provider that started last.
    last: u64,
    /// Whether that provider has not been shut down.
    is_open: bool,
}

/// Locked while settings change, but never when a span starts or ends.
static IN_USE: Mutex<InUse> = Mutex::new(InUse {
    sampler: RootSampler::Ratio(1.0),
    last: 0,
    is_open: false,
});

fn in_use() -> MutexGuard<'static, InUse> {
    IN_USE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Applies the settings of a provider and starts recording.
pub(crate) fn start_provider(sampling: Sampling) -> ProviderId {
    fork_handlers::watch();
    let mut in_use = in_use();
    in_use.last += 1;
    in_use.is_open = true;
    in_use.sampler = sampling.sampler;
    set_rules(sampling.rules, in_use.sampler);
    filter::replace(sampling.filter);
    baggage::set_keys(sampling.baggage);
    let mut bits = PROVIDER;
    let is_parent_based = sampling.is_parent_based && sampling.custom.is_none();
    if !is_parent_based {
        bits |= PER_SPAN;
    }
    if sampling.custom.is_some() {
        bits |= CUSTOM;
    }
    custom::replace(sampling.custom);
    if let Some(per_second) = sampling.rate_limit {
        bits |= RATE;
        RATE_LIMIT.set(per_second);
    }
    if sampling.needs_unsampled {
        bits |= TAIL;
    }
    // A sampler that decides for each span may give each its own trace state.
    if sampling.has_boundaries && is_parent_based {
        bits |= BOUNDARIES;
    }
    bits |= match sampling.measures {
        Measured::None => 0,
        Measured::Annotated => MEASURES,
        Measured::All => MEASURES_ALL,
    };
    // Set last, in addition to the bits of the rules and the filter, so that no span is recorded before all
    // settings are applied.
    listeners::set(bits);
    listeners::clear(SHUT_DOWN);
    ProviderId(in_use.last)
}

/// Stops recording for the provider.
pub(crate) fn stop_provider() {
    let mut in_use = in_use();
    // A provider that could not be initialized has not recorded anything.
    if std::mem::take(&mut in_use.is_open) {
        listeners::set(SHUT_DOWN);
    }
    listeners::clear_provider();
    custom::replace(None);
    baggage::set_keys([]);
}

/// Changes a setting of the provider. Returns false if it has shut down.
pub(crate) fn change_sampling(provider: ProviderId, change: SamplingChange) -> bool {
    let mut in_use = in_use();
    if !in_use.is_open || in_use.last != provider.0 {
        return false;
    }
    match change {
        SamplingChange::Ratio(ratio) => {
            in_use.sampler = RootSampler::Ratio(ratio);
            set_sampler(in_use.sampler, listeners::current() & RULES != 0);
        }
        SamplingChange::Rules(rules) => set_rules(rules, in_use.sampler),
        SamplingChange::Filter(directives) => filter::replace(directives),
    }
    true
}

/// The order of the stores matters to threads that start spans meanwhile: the former or the new sampler decides.
fn set_sampler(sampler: RootSampler, has_rules: bool) {
    let (bound, threshold) = match sampler {
        RootSampler::TraceIdRatio(ratio) => (root_bound(ratio), None),
        RootSampler::Ratio(ratio) | RootSampler::Probability(ratio) if ratio <= 0.0 => (0, None),
        RootSampler::Ratio(ratio) if ratio >= 1.0 && !has_rules => (root_bound(ratio), None),
        RootSampler::Ratio(ratio) | RootSampler::Probability(ratio) => {
            (0, Some(Threshold::of_ratio(ratio)))
        }
    };
    if let Some(threshold) = threshold {
        THRESHOLD.store(threshold.bits(), Ordering::Relaxed);
        listeners::set(PROBABILITY);
    }
    ROOT_BOUND.store(bound, Ordering::Relaxed);
    if threshold.is_none() {
        listeners::clear(PROBABILITY);
    }
}

fn set_rules(rules: Vec<(String, f64)>, sampler: RootSampler) {
    let has_rules = !rules.is_empty();
    let rules = rules.into_iter();
    Rules::install(rules.map(|(pattern, ratio)| (pattern.into(), Threshold::of_ratio(ratio))));
    if has_rules {
        listeners::set(RULES);
    } else {
        listeners::clear(RULES);
    }
    set_sampler(sampler, has_rules);
}

fn root_bound(ratio: f64) -> u64 {
    // A float holds 2^63 exactly, so 1.0 gives a bound that no 63-bit number reaches.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the ratio is in 0..=1"
    )]
    let bound = (ratio.clamp(0.0, 1.0) * 9_223_372_036_854_775_808.0) as u64;
    bound
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ratio_of_one_is_above_every_trace_id() {
        assert_eq!(root_bound(0.0), 0);
        assert_eq!(root_bound(1.0), 1 << 63);
        assert_eq!(root_bound(0.5), 1 << 62);
    }
}
