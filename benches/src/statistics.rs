//! Statistics that are robust against single disturbed measurements.

use serde::Serialize;

/// A median and the quartiles.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
#[expect(clippy::exhaustive_structs, reason = "plain data of this workspace")]
pub struct Spread {
    /// The lower quartile.
    pub low: f64,
    pub median: f64,
    /// The upper quartile.
    pub high: f64,
}

impl Spread {
    /// The median and quartiles of at least one measurement.
    #[must_use]
    pub fn of(mut measured: Vec<f64>) -> Self {
        measured.sort_by(f64::total_cmp);
        let at = |quarter: usize| measured[(measured.len() - 1) * quarter / 4];
        Self { low: at(1), median: at(2), high: at(3) }
    }
}

/// A median and its 95 % confidence interval.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
#[expect(clippy::exhaustive_structs, reason = "plain data of this workspace")]
pub struct Interval {
    /// The lower bound of the interval.
    pub from: f64,
    pub median: f64,
    /// The upper bound of the interval.
    pub to: f64,
}

impl Interval {
    /// The median and interval of at least one measurement. It is based on ranks, so it assumes
    /// nothing about their distribution.
    #[must_use]
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        clippy::cast_sign_loss,
        reason = "ranks are small and not negative"
    )]
    pub fn of(mut measured: Vec<f64>) -> Self {
        measured.sort_by(f64::total_cmp);
        let last = measured.len() - 1;
        // The number of measurements below the true median is binomial with p = 1/2; 1.96 standard
        // deviations of it are 0.98 √n.
        let half_width = 0.98 * (measured.len() as f64).sqrt();
        let middle = last as f64 / 2.0;
        let rank = |rank: f64| measured[(rank.max(0.0) as usize).min(last)];
        Self {
            from: rank((middle - half_width).floor()),
            median: rank(middle),
            to: rank((middle + half_width).ceil()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_measurement_that_is_off_moves_nothing() {
        let mut measured: Vec<f64> = (1..=8).map(f64::from).collect();
        measured.push(1e9);
        let spread = Spread::of(measured);
        assert_eq!((spread.low, spread.median, spread.high), (3.0, 5.0, 7.0));
    }

    #[test]
    fn the_interval_narrows_with_more_measurements() {
        let few = Interval::of((0..10).map(f64::from).collect());
        let many = Interval::of((0..1000).map(|n| f64::from(n) / 100.0).collect());
        assert!(many.to - many.from < few.to - few.from);
        assert!(few.from < 4.5 && 4.5 < few.to);
    }
}
