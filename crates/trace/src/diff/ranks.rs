//! Two tests of ranks, which assume nothing about how times are distributed. Both return how likely chance alone makes
//! two samples differ so much, in either direction, by the normal approximation with its corrections for ties and
//! continuity.

use super::as_f64;

/// Wilcoxon's signed-rank test of pairs.
pub(super) fn signed_ranks(before: &[f64], after: &[f64]) -> f64 {
    // Of ratios, as noise is in proportion to a time.
    let ratio = |(before, after): (&f64, &f64)| (after / before).ln();
    let differences = before.iter().zip(after).map(ratio);
    let differences: Vec<f64> = differences
        .filter(|it| *it != 0.0 && it.is_finite())
        .collect();
    let sizes: Vec<f64> = differences.iter().map(|it| it.abs()).collect();
    let (ranks, ties) = ranks(&sizes);
    let n = as_f64(differences.len());
    let positive: f64 = differences
        .iter()
        .zip(&ranks)
        .filter(|(it, _)| **it > 0.0)
        .map(|(_, rank)| rank)
        .sum();
    let mean = n * (n + 1.0) / 4.0;
    let variance = n * (n + 1.0) * (2.0 * n + 1.0) / 24.0 - ties / 48.0;
    two_sided(positive - mean, variance)
}

/// The test of Mann and Whitney for two independent samples.
pub(super) fn mann_whitney(before: &[f64], after: &[f64]) -> f64 {
    let all: Vec<f64> = before.iter().chain(after).copied().collect();
    let (ranks, ties) = ranks(&all);
    let (m, n) = (as_f64(before.len()), as_f64(after.len()));
    let sum: f64 = ranks.iter().take(before.len()).sum();
    let statistic = sum - m * (m + 1.0) / 2.0;
    let both = m + n;
    let variance = m * n / 12.0 * (both + 1.0 - ties / (both * (both - 1.0)).max(1.0));
    two_sided(statistic - m * n / 2.0, variance)
}

/// Fisher's exact test: how likely it is that of all failures so many or more are among the calls of the second sample.
/// A sample is its failures and its calls.
pub(super) fn fisher(before: (usize, usize), after: (usize, usize)) -> f64 {
    let failures = before.0 + after.0;
    let ways = |of: usize, some: usize| factorial(of) - factorial(some) - factorial(of - some);
    let all = ways(before.1 + after.1, failures);
    let most = failures.min(after.1);
    let terms = (after.0..=most).filter(|it| failures - it <= before.1);
    terms
        .map(|it| (ways(after.1, it) + ways(before.1, failures - it) - all).exp())
        .sum::<f64>()
        .min(1.0)
}

/// The natural logarithm of a factorial, by Stirling's series.
fn factorial(n: usize) -> f64 {
    if n < 2 {
        return 0.0;
    }
    let n = as_f64(n);
    n * n.ln() - n + (std::f64::consts::TAU * n).ln() / 2.0 + 1.0 / (12.0 * n)
        - 1.0 / (360.0 * n.powi(3))
}

/// The rank of each value, equal ones sharing theirs, and the sum of t³ - t over groups of t equal ones.
fn ranks(values: &[f64]) -> (Vec<f64>, f64) {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|one, other| values[*one].total_cmp(&values[*other]));
    let mut ranks = vec![0.0; values.len()];
    let mut ties = 0.0;
    let mut from = 0;
    for group in order.chunk_by(|one, other| values[*one].total_cmp(&values[*other]).is_eq()) {
        let size = as_f64(group.len());
        let rank = as_f64(from) + f64::midpoint(size, 1.0);
        for index in group {
            ranks[*index] = rank;
        }
        ties += size.powi(3) - size;
        from += group.len();
    }
    (ranks, ties)
}

fn two_sided(distance: f64, variance: f64) -> f64 {
    if variance <= 0.0 {
        return 1.0;
    }
    let z = (distance.abs() - 0.5).max(0.0) / variance.sqrt();
    (2.0 * tail(z)).min(1.0)
}

/// The coefficients of `tail`, the last one first.
const COEFFICIENTS: [f64; 10] = [
    0.170_872_77,
    -0.822_152_23,
    1.488_515_87,
    -1.135_203_98,
    0.278_868_07,
    -0.186_288_06,
    0.096_784_18,
    0.374_091_96,
    1.000_023_68,
    -1.265_512_23,
];

/// The part of a normal distribution above `z`: W. J. Cody's rational form as in Numerical Recipes, to 1.2e-7 of it.
fn tail(z: f64) -> f64 {
    let x = z / std::f64::consts::SQRT_2;
    let t = 1.0 / (1.0 + 0.5 * x);
    let sum = COEFFICIENTS.iter().fold(0.0, |sum, it| sum * t + it);
    0.5 * t * (-x * x + sum).exp()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(found: f64, expected: f64) {
        assert!(
            (found - expected).abs() <= expected * 0.02,
            "{found}, expected {expected}"
        );
    }

    #[test]
    fn chances_are_those_of_other_programs() {
        // R: 2 * pnorm(-z).
        near(2.0 * tail(1.0), 0.317_310_5);
        near(2.0 * tail(3.0), 0.002_699_796);
        near(2.0 * tail(5.0), 5.733_031e-7);
        // scipy.stats.fisher_exact([[30 - 8, 8], [30, 0]], 'greater').
        near(fisher((0, 30), (8, 30)), 0.002_288);
        near(fisher((3, 10), (9, 12)), 0.045_606);
        near(fisher((0, 5), (0, 5)), 1.0);
        // scipy.stats.mannwhitneyu(a, b, method='asymptotic').
        let one = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0];
        let more = one.map(|it| it + 4.5);
        near(mann_whitney(&one, &more), 0.007_405_53);
        near(mann_whitney(&one, &one), 1.0);
        // scipy.stats.wilcoxon(x, correction=True, method='approx'), x = log(b / a).
        near(signed_ranks(&one, &more), 0.014_266_2);
        near(signed_ranks(&one, &one), 1.0);
        // With ties.
        let tied = [1.0, 2.0, 2.0, 3.0, 3.0, 3.0, 4.0, 9.0, 10.0, 11.0];
        let other = [2.0, 3.0, 3.0, 4.0, 4.0, 5.0, 6.0, 6.0, 7.0];
        near(mann_whitney(&tied, &other), 0.590_849_9);
        let pairs = [3.0, 1.0, 4.0, 1.0, 5.0, 9.0, 2.0, 6.0];
        let second = [2.0, 7.0, 1.0, 8.0, 2.0, 8.0, 1.0, 8.0];
        near(signed_ranks(&pairs, &second), 0.944_182_5);
    }
}
