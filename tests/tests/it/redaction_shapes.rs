//! Secrets of many kinds in over 600 shapes of messages, and over 400 shapes without one.
//!
//! The shapes are in `corpus/shapes-*.txt`; their placeholders are generated from a fixed seed.

mod alphabets;
pub(crate) mod generator;
mod persons;
pub(crate) mod score;

use floe_telemetry::sanitize_error_message;
use floe_tests::{Numbers, mutated};
use score::{Secret, benign, cases};

const SECRET: &str = include_str!("../../corpus/shapes-secret.txt");
const BENIGN: &str = include_str!("../../corpus/shapes-benign.txt");
const ROUNDS: usize = 8;

const SEED: u64 = 2026;

#[test]
fn every_shape_is_redacted_and_its_context_is_kept() {
    let Secret { all, leaks, lost } = Secret::of(cases(SECRET, SEED, ROUNDS));
    assert!(all >= 600 * ROUNDS, "{all}");
    assert!(
        leaks.len() * 200 < all,
        "{} of {all}: {leaks:#?}",
        leaks.len()
    );
    assert!(lost.len() * 200 < all, "{} of {all}: {lost:#?}", lost.len());
}

#[test]
fn benign_messages_of_every_shape_are_unchanged() {
    let (all, changed) = benign(cases(BENIGN, SEED, ROUNDS));
    assert!(all >= 400 * ROUNDS, "{all}");
    assert!(
        changed.len() * 200 < all,
        "{} of {all}: {changed:#?}",
        changed.len()
    );
}

#[test]
fn the_result_for_a_corrupted_message_is_bounded_and_stable() {
    let messages: Vec<_> = cases(SECRET, SEED, ROUNDS)
        .chain(cases(BENIGN, SEED, ROUNDS))
        .collect();
    let mut numbers = Numbers(1);
    for case in &messages {
        let other = &messages[numbers.below(messages.len())];
        let message = mutated(&case.input, &other.input, &mut numbers);
        let safe = sanitize_error_message(&message);
        assert!(safe.chars().count() <= 500);
        assert_eq!(sanitize_error_message(&safe), safe, "again: {message:?}");
    }
}
