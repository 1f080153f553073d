//! The recorder's settings for the current provider, and their changes while the program runs.

use std::sync::atomic::Ordering;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::rules::Rules;
use super::{RATE_LIMIT, ROOT_BOUND, baggage};
use crate::recorder::filter::{self, Directive};
use crate::recorder::fork;
use crate::recorder::listeners::{
    self, BOUNDARIES, MEASURES, MEASURES_ALL, PER_SPAN, PROVIDER, RATE, RULES, SHUT_DOWN, TAIL,
};

/// Which spans a provider records.
#[derive(Clone, Debug)]
pub(crate) struct Sampling {
    pub(crate) ratio: f64,
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
    /// The number of the provider that started last.
    last: u64,
    /// Whether that provider has not been shut down.
    is_open: bool,
}

/// Locked while settings change, but never when a span starts or ends.
static IN_USE: Mutex<InUse> = Mutex::new(InUse {
    last: 0,
    is_open: false,
});

fn in_use() -> MutexGuard<'static, InUse> {
    IN_USE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Applies the settings of a provider and starts recording.
pub(crate) fn start_provider(sampling: Sampling) -> ProviderId {
    fork::watch();
    let mut in_use = in_use();
    in_use.last += 1;
    in_use.is_open = true;
    set_ratio(sampling.ratio);
    set_rules(sampling.rules);
    filter::replace(sampling.filter);
    baggage::set_keys(sampling.baggage);
    let mut bits = PROVIDER;
    if !sampling.is_parent_based {
        bits |= PER_SPAN;
    }
    if let Some(per_second) = sampling.rate_limit {
        bits |= RATE;
        RATE_LIMIT.set(per_second);
    }
    if sampling.needs_unsampled {
        bits |= TAIL;
    }
    if sampling.has_boundaries {
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
    baggage::set_keys([]);
}

/// Changes a setting of the provider. Returns false if it has shut down.
pub(crate) fn change_sampling(provider: ProviderId, change: SamplingChange) -> bool {
    let in_use = in_use();
    if !in_use.is_open || in_use.last != provider.0 {
        return false;
    }
    match change {
        SamplingChange::Ratio(ratio) => set_ratio(ratio),
        SamplingChange::Rules(rules) => set_rules(rules),
        SamplingChange::Filter(directives) => filter::replace(directives),
    }
    true
}

fn set_ratio(ratio: f64) {
    ROOT_BOUND.store(root_bound(ratio), Ordering::Relaxed);
}

fn set_rules(rules: Vec<(String, f64)>) {
    let has_rules = !rules.is_empty();
    let rules = rules.into_iter();
    Rules::install(rules.map(|(pattern, ratio)| (pattern.into(), root_bound(ratio))));
    if has_rules {
        listeners::set(RULES);
    } else {
        listeners::clear(RULES);
    }
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
