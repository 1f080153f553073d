//! What a provider wants of the recorder.

use std::sync::atomic::Ordering;

use super::rules::Rules;
use super::{RATE_LIMIT, ROOT_BOUND, baggage};
use crate::recorder::listeners::{
    self, EACH_SPAN, KEEP, MEASURES, MEASURES_ALL, PROVIDER, RATE, RULES,
};

/// Which spans the provider wants.
#[derive(Clone, Debug)]
pub(crate) struct Sampling {
    pub(crate) ratio: f64,
    /// Otherwise the ratio decides for spans with a parent, too.
    pub(crate) is_parent_based: bool,
    /// Patterns of names, and their ratios.
    pub(crate) rules: Vec<(String, f64)>,
    /// Roots in a second.
    pub(crate) rate_limit: Option<f64>,
    /// The collector wants what is left out, too.
    pub(crate) keeps: bool,
    pub(crate) measures: Measured,
    /// Keys of baggage whose values become attributes.
    pub(crate) baggage: Vec<String>,
}

/// Of which calls the collector makes metrics, whether they have a span or not.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Measured {
    None,
    /// Those of functions with `#[traced(metrics)]`.
    Annotated,
    All,
}

pub(crate) fn switch_provider(sampling: Option<Sampling>) {
    let Some(sampling) = sampling else {
        listeners::clear_provider();
        baggage::list([]);
        return;
    };
    ROOT_BOUND.store(root_bound(sampling.ratio), Ordering::Relaxed);
    baggage::list(sampling.baggage);
    let mut listens = PROVIDER;
    if !sampling.is_parent_based {
        listens |= EACH_SPAN;
    }
    if !sampling.rules.is_empty() {
        listens |= RULES;
        let rules = sampling.rules.into_iter();
        Rules::install(rules.map(|(pattern, ratio)| (pattern.into(), root_bound(ratio))));
    }
    if let Some(per_second) = sampling.rate_limit {
        listens |= RATE;
        RATE_LIMIT.set(per_second);
    }
    if sampling.keeps {
        listens |= KEEP;
    }
    listens |= match sampling.measures {
        Measured::None => 0,
        Measured::Annotated => MEASURES,
        Measured::All => MEASURES_ALL,
    };
    listeners::set(listens);
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
    fn the_bound_covers_all_of_the_ratio() {
        assert_eq!(root_bound(0.0), 0);
        assert_eq!(root_bound(1.0), 1 << 63);
        assert_eq!(root_bound(0.5), 1 << 62);
    }
}
