//! Fisher's exact test of two counts.

/// Fisher's exact test: how likely it is that of all failures so many or more are among the calls of the second sample.
/// A sample is its failures and its calls.
pub(crate) fn fisher(before: (usize, usize), after: (usize, usize)) -> f64 {
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

#[expect(clippy::cast_precision_loss, reason = "a count of spans, or a time")]
pub(crate) const fn as_f64(number: usize) -> f64 {
    number as f64
}
