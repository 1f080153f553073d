//! Decides whether a finding is random: Fisher's exact test, and Holm's correction for many tests.

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
    let terms = (after.0..=most).filter(|it| failures - it <= before.1);
    let terms = terms.map(|it| ways(after.1, it) + ways(before.1, failures - it) - all);
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

/// Returns the significant findings, each with its corrected chance, by Holm's method with weights. The chance that any
/// of them is random is at most `most`. A test is (weight, chance, subject).
pub(crate) fn unlikely<T>(mut tests: Vec<(f64, f64, T)>, most: f64) -> Vec<(T, f64)> {
    tests.sort_by(|one, other| (one.1 / one.0).total_cmp(&(other.1 / other.0)));
    let mut left: f64 = tests.iter().map(|it| it.0).sum();
    let mut found = Vec::new();
    for (weight, chance, about) in tests {
        let chance = chance * left / weight;
        if chance > most {
            break;
        }
        found.push((about, chance));
        left -= weight;
    }
    found
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
