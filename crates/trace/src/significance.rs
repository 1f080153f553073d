//! Decides whether a difference is random: Fisher's exact test, Student's test, and Holm's correction for many tests.
//!
//! The causes of slowness and the comparison of two sets of runs use these tests.

use itertools::Itertools as _;

/// The number of parts of a run that serve as samples if there are few runs. A disturbance of the machine lasts longer
/// than a call, so single calls are no independent samples, unlike the means of parts.
const PARTS: usize = 10;
/// Of this many parts of the sorted values, a robust mean replaces the first and the last by the nearest remaining
/// value.
const ENDS: usize = 10;
/// Samples are alike if the variance between them is at most this factor times the variance expected from the values
/// within them.
const ALIKE: f64 = 1.5;
/// The minimum degrees of freedom with which the deviation of the samples can be estimated.
const LEAST_FREEDOM: usize = 4;

/// Returns the chance that at least this many of all failures fall into the second sample, by Fisher's exact test. A
/// sample is (failures, calls).
pub(crate) fn fisher(before: (usize, usize), after: (usize, usize)) -> f64 {
    logarithm_of_fisher(before, after).exp()
}

/// Returns the natural logarithm of the result of [`fisher`], also for chances that are too small for an `f64`.
pub(crate) fn logarithm_of_fisher(before: (usize, usize), after: (usize, usize)) -> f64 {
    let failures = before.0 + after.0;
    let ways = |of: usize, some: usize| factorial(of) - factorial(some) - factorial(of - some);
    let all = ways(before.1 + after.1, failures);
    let most = failures.min(after.1);
    let terms = (after.0..=most)
        .filter(|it| failures - it <= before.1)
        .map(|it| ways(after.1, it) + ways(before.1, failures - it) - all);
    let likeliest = terms.clone().fold(f64::NEG_INFINITY, f64::max);
    let sum: f64 = terms.map(|it| (it - likeliest).exp()).sum();
    (likeliest + sum.ln()).min(0.0)
}

/// Returns the natural logarithm of a factorial, by Stirling's series.
fn factorial(n: usize) -> f64 {
    if n < 2 {
        return 0.0;
    }
    let n = as_f64(n);
    n * n.ln() - n + (std::f64::consts::TAU * n).ln() / 2.0 + 1.0 / (12.0 * n)
        - 1.0 / (360.0 * n.powi(3))
}

/// Returns the significant findings, each with its corrected chance, by Holm's method. The chance that any of them is
/// random is at most `most`. A test is (chance, subject).
pub(crate) fn unlikely<T>(mut tests: Vec<(f64, T)>, most: f64) -> Vec<(T, f64)> {
    tests.sort_by(|one, other| one.0.total_cmp(&other.0));
    let left = (1..=tests.len()).rev().map(as_f64);
    let corrected =
        tests.into_iter().zip(left).map(|((chance, about), left)| (about, chance * left));
    corrected.take_while(|it| it.1 <= most).collect()
}

#[expect(clippy::cast_precision_loss, reason = "the last digits do not matter")]
pub(crate) const fn as_f64(number: usize) -> f64 {
    number as f64
}

#[expect(clippy::cast_precision_loss, reason = "the last digits do not matter")]
pub(crate) const fn as_f64_of(number: u64) -> f64 {
    number as f64
}

/// Returns the natural logarithm of a time; zero counts as one nanosecond.
pub(crate) fn logarithm(nanos: u64) -> f64 {
    as_f64_of(nanos.max(1)).ln()
}

/// One sample: the values of a run, or of a part of it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Unit {
    values: f64,
    pub(crate) mean: f64,
    /// The sum of the squared distances from the mean.
    squares: f64,
}

impl Unit {
    pub(crate) fn new(values: &[f64]) -> Self {
        let mean = mean(values);
        Self {
            values: as_f64(values.len()),
            mean,
            squares: values.iter().map(|it| (it - mean).powi(2)).sum(),
        }
    }

    /// Creates a sample in which the extreme values are replaced by the nearest remaining ones.
    pub(crate) fn robust(values: &[f64]) -> Self {
        let mut values = sorted(values);
        let cut = values.len() / ENDS;
        if let [least, .., most] = values[cut..values.len() - cut] {
            for value in &mut values {
                *value = value.clamp(least, most);
            }
        }
        Self::new(&values)
    }

    /// Returns the standard deviation of the values.
    pub(crate) fn deviation(&self) -> f64 {
        (self.squares / (self.values - 1.0).max(1.0)).sqrt()
    }
}

/// Returns the samples of a side: its runs, or parts of them.
pub(crate) fn units(runs: &[Vec<f64>], are_whole: bool, unit: fn(&[f64]) -> Unit) -> Vec<Unit> {
    let parts = runs.iter().flat_map(|values| {
        let parts = if are_whole { 1 } else { PARTS }.min(values.len());
        let at = move |part| values.len() * part / parts;
        (0..parts).map(move |part| &values[at(part)..at(part + 1)])
    });
    parts.map(unit).collect()
}

/// Returns the chance that two sides differ at random, by Student's test. One side may have a single sample.
pub(crate) fn student(sides: &[Vec<Unit>; 2]) -> f64 {
    let freedom = (sides[0].len() + sides[1].len()).saturating_sub(2);
    let distance = (mean_of(&sides[1]) - mean_of(&sides[0])).abs();
    if freedom < LEAST_FREEDOM || distance <= f64::EPSILON {
        return 1.0;
    }
    two_sided(distance / variance(sides).sqrt(), freedom)
}

/// Returns the variance of the difference of both means: the larger of the two estimates.
fn variance(sides: &[Vec<Unit>; 2]) -> f64 {
    let [of_units, of_values] = variances(sides);
    of_units.max(of_values)
}

/// Estimates the variance of the difference of both means from the samples, and from the values within the samples.
fn variances(sides: &[Vec<Unit>; 2]) -> [f64; 2] {
    let units = || sides.iter().flatten();
    let distances = sides.iter().flat_map(|side| {
        let mean = mean_of(side);
        side.iter().map(move |it| (it.mean - mean).powi(2))
    });
    let freedom = units().count().saturating_sub(2).max(1);
    let between = distances.sum::<f64>() / as_f64(freedom);
    let values: f64 = units().map(|it| it.values - 1.0).sum();
    let within = units().map(|it| it.squares).sum::<f64>() / values.max(1.0);
    let mut of_units = 0.0;
    let mut of_values = 0.0;
    for side in sides {
        let many = as_f64(side.len().max(1));
        of_units += between / many;
        of_values += side.iter().map(|it| within / it.values).sum::<f64>() / many.powi(2);
    }
    [of_units, of_values]
}

/// Returns the chance that counts differ at random, and the means of both sides. Fisher's test compares how many values of
/// each side are above the middle of both means. If the samples are not alike, Student's test must confirm the difference.
/// It is not used otherwise, because it finds less: few samples show their deviation poorly.
pub(crate) fn counts(sides: &[Vec<Vec<f64>>; 2], are_whole: bool) -> (f64, [f64; 2]) {
    let units = sides.each_ref().map(|runs| units(runs, are_whole, Unit::new));
    let means = sides.each_ref().map(|runs| mean(&runs.concat()));
    let middle = f64::midpoint(means[0], means[1]);
    let [before, after] = sides.each_ref().map(|runs| {
        let values = || runs.iter().flatten();
        (values().filter(|it| **it > middle).count(), values().count())
    });
    let above = fisher(before, after).min(fisher(after, before)) * 2.0;
    let [of_units, of_values] = variances(&units);
    if of_units <= of_values * ALIKE {
        return (above.min(1.0), means);
    }
    let freedom = (units[0].len() + units[1].len()).saturating_sub(2);
    if freedom < LEAST_FREEDOM {
        return (1.0, means);
    }
    // The distance of the parts above the middle, in standard deviations, which grow with the variance of the samples.
    let [one, other] = [before, after].map(|(some, all)| as_f64(some) / as_f64(all.max(1)));
    let all = [before, after].map(|it| as_f64(it.1));
    let part =
        (as_f64(before.0 + after.0) / (all[0] + all[1])).clamp(f64::EPSILON, 1.0 - f64::EPSILON);
    let deviation = (part * (1.0 - part) * (all[0].recip() + all[1].recip())).sqrt();
    let apart = (other - one).abs() / deviation / (of_units / of_values / ALIKE).sqrt();
    (student(&units).min(two_sided(apart, freedom)).max(above.min(1.0)), means)
}

/// Returns the chance that Student's t is at least this far from 0, in either direction, by its finite series for a
/// whole number of degrees of freedom (Abramowitz and Stegun 26.7.3 and 26.7.4).
fn two_sided(t: f64, freedom: usize) -> f64 {
    let angle = (t / as_f64(freedom).sqrt()).atan();
    let (sine, cosine) = angle.sin_cos();
    let is_odd = freedom % 2 == 1;
    let mut term = if is_odd { cosine } else { 1.0 };
    let mut sum = if freedom == 1 { 0.0 } else { term };
    let mut at = if is_odd { 3 } else { 2 };
    while at < freedom {
        term *= cosine * cosine * as_f64(at - 1) / as_f64(at);
        sum += term;
        at += 2;
    }
    let inside =
        if is_odd { (angle + sine * sum) * std::f64::consts::FRAC_2_PI } else { sine * sum };
    (1.0 - inside).clamp(0.0, 1.0)
}

/// Returns approximately the part of the standard normal distribution above `z`, which must not be small.
pub(crate) fn tail(z: f64) -> f64 {
    (-z * z / 2.0).exp() / (z.max(1.0) * std::f64::consts::TAU.sqrt())
}

/// Returns the shift that is common to most names, or 0 for fewer than three names.
pub(crate) fn common(shifts: impl Iterator<Item = f64>) -> f64 {
    let shifts = shifts.collect_vec();
    if shifts.len() < 3 { 0.0 } else { middle(shifts.into_iter()) }
}

/// Returns the median; of two middle values, the one closer to 0; of no values, 0.
pub(crate) fn middle(values: impl Iterator<Item = f64>) -> f64 {
    let values = sorted(&values.collect_vec());
    let [one, other] = [values.len().saturating_sub(1), values.len()]
        .map(|twice| values.get(twice / 2).copied().unwrap_or_default());
    if one.abs() < other.abs() { one } else { other }
}

pub(crate) fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / as_f64(values.len().max(1))
}

pub(crate) fn mean_of(units: &[Unit]) -> f64 {
    units.iter().map(|it| it.mean).sum::<f64>() / as_f64(units.len().max(1))
}

pub(crate) fn sorted(values: &[f64]) -> Vec<f64> {
    values.iter().copied().sorted_unstable_by(f64::total_cmp).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(found: f64, expected: f64) {
        assert!((found - expected).abs() <= expected * 0.001, "{found}, expected {expected}");
    }

    fn each(values: &[f64]) -> Vec<Unit> {
        values.iter().map(|it| Unit::new(&[*it])).collect()
    }

    #[test]
    fn chances_are_those_of_other_programs() {
        // R: 2 * pt(-t, df).
        near(two_sided(12.7062, 1), 0.05);
        near(two_sided(4.302_653, 2), 0.05);
        near(two_sided(2.571, 5), 0.049_97);
        near(two_sided(4.587, 10), 0.001);
        near(two_sided(3.0, 13), 0.010_246);
        near(two_sided(0.0, 8), 1.0);
        // R: fisher.test(matrix(c(8, 22, 0, 30), 2), alternative = "greater").
        near(fisher((0, 30), (8, 30)), 0.002_287);
        near(fisher((3, 10), (9, 12)), 0.045_606);
        near(fisher((0, 5), (0, 5)), 1.0);
    }

    #[test]
    fn the_variance_of_the_values_is_that_of_single_samples() {
        let sides = [[1.0, 2.0, 3.0], [2.0, 4.0, 6.0]].map(|values| vec![Unit::new(&values)]);
        near(variance(&sides), 5.0 / 3.0);
        // Three samples have one degree of freedom.
        near(variance(&[each(&[1.0, 3.0]), each(&[5.0])]), 3.0);
    }

    #[test]
    fn a_single_sample_is_compared_by_the_interval_of_its_prediction() {
        let before: Vec<f64> = (0..14).map(f64::from).collect();
        let after = [24.0];
        // The mean of the values before is 6.5 and their variance 17.5.
        let t = 17.5 / (17.5_f64 * 15.0 / 14.0).sqrt();
        near(student(&[each(&before), each(&after)]), two_sided(t, 13));
    }

    /// One of 30 calls fails in the only run after the change, and none in the 14 runs before it. The deviation before
    /// is 0, but a single failure can be chance.
    #[test]
    fn rare_counts_are_judged_by_their_number() {
        let mut after = vec![0.0; 30];
        after[7] = 1.0;
        let before = vec![vec![0.0; 30]; 14];
        near(counts(&[before, vec![after]], true).0, 30.0 / 450.0 * 2.0);
    }

    /// More failures in every run are a change of the program, but as many failures in a single run are none.
    #[test]
    fn failures_of_one_run_are_its_own() {
        let run = |failures| [vec![1.0; failures], vec![0.0; 120 - failures]].concat();
        let before = [2, 3, 2, 3, 2];
        // The z of 12 and 36 of 600, divided by the deviation of the runs, whose variance is 24 times that of the calls.
        let chance = |after| counts(&[before, after].map(|side| side.map(run).into()), true).0;
        let even = chance([6, 7, 8, 7, 8]);
        let uneven = chance([1, 1, 1, 1, 32]);
        assert!(even < 0.001, "{even} and {uneven}");
        near(uneven, two_sided(3.5355 / (24.359_f64 / ALIKE).sqrt(), 8));
    }

    #[test]
    fn the_chance_of_many_tests_is_corrected_for_those_that_are_left() {
        let names = |tests| unlikely(tests, 0.01).into_iter().map(|it| it.0).collect();
        let found: Vec<&str> = names(vec![(0.009, "second"), (0.004, "first")]);
        assert_eq!(found, ["first", "second"]);
        let found: Vec<&str> = names(vec![(0.009, "second"), (0.006, "first")]);
        assert!(found.is_empty());
    }

    #[test]
    fn the_common_value_is_that_of_most() {
        assert!(common([0.1, 0.1, 5.0].into_iter()) < 0.2);
        assert!(common([5.0, 0.0, 4.0, 0.1].into_iter()) < 0.2);
        assert!(common([5.0, 5.0].into_iter()) <= 0.0);
        for (values, expected) in [
            (&[][..], 0.0),
            (&[7.0], 7.0),
            (&[9.0, 1.0, 2.0, 7.0, 8.0], 7.0),
            (&[9.0, 1.0, 2.0, 4.0, 7.0, 8.0], 4.0),
            (&[-9.0, -1.0, -4.0, -2.0], -2.0),
            // Neither direction is closer to 0.
            (&[3.0, -3.0], 3.0),
        ] {
            assert_eq!(
                middle(values.iter().copied()).to_bits(),
                f64::to_bits(expected),
                "{values:?}"
            );
        }
    }
}
