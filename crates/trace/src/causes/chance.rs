//! Estimates the chance that a finding is random.

use crate::significance::{as_f64, logarithm};

/// A generator of random numbers for permutations, which are the same in each run.
pub(super) struct Random(u64);

impl Random {
    pub(super) const fn new() -> Self {
        Self(0)
    }

    pub(super) fn shuffle<T>(&mut self, values: &mut [T]) {
        for at in (1..values.len()).rev() {
            // This is SplitMix64.
            self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let bits = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            let below = u64::try_from(at + 1).unwrap_or(1);
            let to = usize::try_from((bits ^ (bits >> 31)) % below);
            values.swap(at, to.unwrap_or(at));
        }
    }
}

/// Returns the chance that an outlier is as far above the other (sorted) values as `longest`, if the tail of the values
/// follows a power law. With a lighter tail, the chance is smaller.
pub(super) fn outlier(others: &[u64], longest: u64) -> f64 {
    let upper = others.get(others.len() / 2..).unwrap_or_default();
    let (Some(least), Some(second)) = (upper.first(), upper.last()) else {
        return 1.0;
    };
    let sum: f64 = upper.iter().map(|it| logarithm(*it) - logarithm(*least)).sum();
    let gap = logarithm(longest) - logarithm(*second);
    if sum <= 0.0 || gap <= 0.0 {
        return 1.0;
    }
    (1.0 + gap / sum).powf(-as_f64(upper.len()))
}

pub(super) fn moments(values: &[f64]) -> (f64, f64) {
    let many = as_f64(values.len());
    let mean = values.iter().sum::<f64>() / many;
    let squares = values.iter().map(|it| (it - mean).powi(2));
    (mean, squares.sum::<f64>() / many)
}

/// Returns approximately the part of the standard normal distribution above `z`, which must not be small.
pub(super) fn tail(z: f64) -> f64 {
    (-z * z / 2.0).exp() / (z.max(1.0) * std::f64::consts::TAU.sqrt())
}
