//! Figures that one disturbed measurement does not move.

use serde::Serialize;

/// A median and how far the middle half of the measurements is spread around it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
#[expect(clippy::exhaustive_structs, reason = "plain data of this workspace")]
pub struct Spread {
    /// A quarter of the measurements is below.
    pub low: f64,
    /// Half of the measurements are below.
    pub median: f64,
    /// Three quarters of the measurements are below.
    pub high: f64,
}

impl Spread {
    /// Of at least one measurement.
    #[must_use]
    pub fn of(mut measured: Vec<f64>) -> Self {
        measured.sort_by(f64::total_cmp);
        let at = |quarter: usize| measured[(measured.len() - 1) * quarter / 4];
        Self {
            low: at(1),
            median: at(2),
            high: at(3),
        }
    }
}

/// A median and the interval that holds the true one with a confidence of 95 %.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
#[expect(clippy::exhaustive_structs, reason = "plain data of this workspace")]
pub struct Interval {
    /// Where the interval begins.
    pub from: f64,
    /// The median.
    pub median: f64,
    /// Where the interval ends.
    pub to: f64,
}

impl Interval {
    /// Of at least one measurement. It counts ranks, so it asks nothing of their distribution.
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
        // How many of n measurements are below the true median is binomial with p = 1/2; 1.96
        // standard deviations of that are 0.98 √n.
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
