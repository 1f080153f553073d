//! Runs a target of `fuzz/` without libFuzzer.

use std::env;
use std::fs;
use std::panic::catch_unwind;
use std::path::Path;

use crate::mutation::damaged;
use crate::numbers::Numbers;

/// Defines tests that call [`fuzz()`] with these arguments.
#[macro_export]
macro_rules! fuzz_tests {
    ($(fn $name:ident($target:path, $seeds:literal, $runs:literal);)+) => {$(
        #[test]
        fn $name() {
            $crate::fuzz($target, $seeds, $runs);
        }
    )+};
}

/// Runs a target with the files of a folder of `fuzz/seeds`, and with `runs` mutations of these files. `FUZZ_RUNS`
/// replaces `runs`.
///
/// # Panics
///
/// The target panics, there are fewer than two seeds, or `FUZZ_RUNS` is no number.
pub fn fuzz(target: fn(&[u8]), seeds: &str, runs: usize) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/seeds").join(seeds);
    let mut paths: Vec<_> = fs::read_dir(folder)
        .expect("a folder of seeds")
        .map(|entry| entry.expect("a seed").path())
        .collect();
    paths.sort();
    let seeds: Vec<_> = paths.iter().map(|path| fs::read(path).expect("a seed")).collect();
    assert!(seeds.len() >= 2, "{paths:?}");
    let run = |input: &[u8]| {
        let result = catch_unwind(|| target(input));
        assert!(result.is_ok(), "the input is \"{}\"", input.escape_ascii());
    };

    for seed in &seeds {
        run(seed);
    }

    let runs = env::var("FUZZ_RUNS").map_or(runs, |runs| runs.parse().expect("a number"));
    let mut numbers = Numbers(2026);
    for _ in 0..runs {
        let one = &seeds[numbers.below(seeds.len())];
        let other = &seeds[numbers.below(seeds.len())];
        run(&damaged(one, other, &mut numbers));
    }
}
