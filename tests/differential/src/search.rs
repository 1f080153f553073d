//! Compares the spans of many random programs, and reduces a case with a difference.

use std::cell::Cell;

use proptest::test_runner::{Config, RngSeed, TestCaseError, TestRunner};

use crate::compare::compare;
use crate::generate;

const CASES: u32 = 64;

fn runner(seed: u64) -> TestRunner {
    TestRunner::new(Config {
        cases: CASES,
        rng_seed: RngSeed::Fixed(seed),
        failure_persistence: None,
        max_shrink_iters: 4096,
        max_shrink_time: 60_000,
        ..Config::default()
    })
}

/// Compares at least this number of random programs. Returns the number of compared programs, and the first difference
/// with the smallest case that has it.
#[must_use]
pub fn search(programs: usize, seed: u64) -> (usize, Option<String>) {
    let compared = Cell::new(0);
    // A runner ends after its cases, so each new runner has another seed.
    let mut seeds = seed..;
    while compared.get() < programs {
        let Some(seed) = seeds.next() else { break };
        let result = runner(seed).run(&generate::case(), |case| {
            compared.set(compared.get() + case.programs.len());
            compare(&case).map_err(|error| TestCaseError::fail(format!("{error:#}")))
        });

        if let Err(difference) = result {
            return (compared.get(), Some(difference.to_string()));
        }
    }

    (compared.get(), None)
}
