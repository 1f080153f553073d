//! Whether telemetry adds less than a limit to the CPU time of a run of the demo.

mod pipeline;

use self::pipeline::Pipeline;
use crate::checks::Checks;
use crate::statistics::Interval;

/// The minimum number of pairs: with fewer, the interval is that of the extremes.
const LEAST: usize = 8;

/// The maximum number of pairs. Then the median decides.
const MOST: usize = 40;

/// The result of a measurement, and whether it is below the limit.
#[derive(Clone, Copy, Debug, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "plain data of this workspace")]
pub struct Measured {
    /// The CPU time that telemetry adds to a run, in percent: the median of the pairs and its 95 % confidence interval.
    pub added_percent: Interval,
    pub pairs: usize,
    /// Whether the median is below the limit.
    pub is_below: bool,
}

/// Measures pairs of runs of the demo, with all spans delivered and without telemetry, until the confidence interval of
/// the added CPU time is on one side of `limit` percent. The order within a pair alternates, so that the effects of
/// other programs on the caches and the clock of the processor are the same for both.
#[must_use]
pub fn gate(limit: f64, checks: &mut Checks) -> Measured {
    let mut demo = Pipeline::new();
    let mut percent = Vec::new();
    // The first pair warms up.
    for pair in 0_usize.. {
        let first = pair % 2 == 0;
        let took = [first, !first].map(|with| demo.run(with, checks).as_secs_f64());
        let [with, without] = if first { took } else { [took[1], took[0]] };
        if pair == 0 {
            continue;
        }
        percent.push((with / without - 1.0) * 100.0);
        if let Some(measured) = decide(&percent, limit) {
            checks.equal("demo pipeline, spans delivered", demo.spans, demo.expected_spans);
            return measured;
        }
    }
    unreachable!("the most pairs decide")
}

/// `None` if more pairs are needed.
fn decide(percent: &[f64], limit: f64) -> Option<Measured> {
    let pairs = percent.len();
    let added_percent = Interval::of(percent.to_vec());
    let is_certain = added_percent.to < limit || added_percent.from >= limit;
    let is_decided = pairs >= MOST || pairs >= LEAST && is_certain;
    is_decided.then_some(Measured { added_percent, pairs, is_below: added_percent.median < limit })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decided(measure: impl Fn(usize) -> f64) -> Measured {
        let mut percent = Vec::new();
        loop {
            percent.push(measure(percent.len()));
            if let Some(measured) = decide(&percent, 5.0) {
                return measured;
            }
        }
    }

    #[test]
    fn a_clear_result_takes_few_pairs() {
        let noise = |pair: usize| [-1.5, 0.5, 1.5, -0.5][pair % 4];
        let below = decided(|pair| 2.0 + noise(pair));
        assert!(below.is_below && below.pairs == LEAST, "{below:?}");
        let above = decided(|pair| 8.0 + noise(pair));
        assert!(!above.is_below && above.pairs == LEAST, "{above:?}");
    }

    #[test]
    fn single_runs_that_another_program_disturbs_decide_nothing() {
        let disturbed = |pair: usize, percent| if pair % 5 == 3 { 300.0 } else { percent };
        assert!(decided(|pair| disturbed(pair, 3.0)).is_below);
        assert!(!decided(|pair| if pair % 5 == 3 { -50.0 } else { 6.0 }).is_below);
    }

    #[test]
    fn the_median_of_many_pairs_decides_near_the_limit() {
        let near =
            |middle: f64| decided(move |pair| middle + if pair % 2 == 0 { -9.0 } else { 9.0 });
        let undecided = near(5.0);
        assert_eq!(undecided.pairs, MOST);
        assert!(!decided(|_| 5.0).is_below);
    }
}
