//! The targets of `fuzz/` with their seeds and mutated seeds, in seconds and on stable Rust.

#[path = "../../../fuzz/targets.rs"]
mod targets;

use std::fs;
use std::path::Path;

use crate::redaction_shapes::{generator::Numbers, mutation};

/// Mutated inputs for each target.
const RUNS: usize = 20_000;

fn seeds() -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/seeds");
    let mut paths: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    let seeds = paths.iter().map(|path| fs::read(path).unwrap());
    seeds.collect()
}

fn run(target: fn(&[u8])) {
    let seeds = seeds();
    assert!(seeds.len() >= 20, "{}", seeds.len());
    for seed in &seeds {
        target(seed);
    }
    let mut numbers = Numbers(2026);
    for _ in 0..RUNS {
        let one = &seeds[numbers.below(seeds.len())];
        let other = &seeds[numbers.below(seeds.len())];
        target(&mutation::damaged(one, other, &mut numbers));
    }
}

#[test]
fn redaction_terminates_and_is_short_and_stable() {
    run(targets::redaction);
}

#[test]
fn a_password_in_a_line_of_its_own_never_survives() {
    run(targets::planted);
}
