//! Compares many random programs, and reduces one that differs.

use std::cell::Cell;

use proptest::test_runner::{Config, RngSeed, TestCaseError, TestError, TestRunner};

use crate::compare::compare;
use crate::generate;
use crate::program::Case;

const CASES: u32 = 64;

#[derive(Debug)]
pub struct Found {
    pub difference: String,
    /// The smallest case that differs, unless the generator itself has failed.
    pub case: Option<Case>,
}

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

/// Compares at least this number of random programs. Returns how many programs were compared, and the first
/// difference.
#[must_use]
pub fn search(programs: usize, seed: u64) -> (usize, Option<Found>) {
    let compared = Cell::new(0);
    // A runner ends after its cases, so each runner has a seed of its own.
    let mut seeds = seed..;
    while compared.get() < programs {
        let Some(seed) = seeds.next() else { break };
        let result = runner(seed).run(&generate::case(), |case| {
            compared.set(compared.get() + case.programs.len());
            compare(&case).map_err(|error| TestCaseError::fail(format!("{error:#}")))
        });
        match result {
            Ok(()) => {}
            Err(TestError::Fail(reason, case)) => {
                let found = Found { difference: reason.message().to_owned(), case: Some(case) };
                return (compared.get(), Some(found));
            }
            Err(TestError::Abort(reason)) => {
                let found = Found { difference: reason.message().to_owned(), case: None };
                return (compared.get(), Some(found));
            }
        }
    }
    (compared.get(), None)
}
