//! Personal data in messages: addresses, cards, accounts, telephone numbers, social security numbers.

use super::redaction_shapes::score::{Secret, benign, cases};

const SECRET: &str = include_str!("../../corpus/persons-secret.txt");
const BENIGN: &str = include_str!("../../corpus/persons-benign.txt");

/// The number of messages of each shape.
const ROUNDS: usize = 8;

const SEED: u64 = 1984;

#[test]
fn under_two_percent_remain_and_the_context_is_kept() {
    let Secret { all, leaks, lost } = Secret::of(cases(SECRET, SEED, ROUNDS));
    assert!(all >= 70 * ROUNDS, "{all}");
    assert!(leaks.len() * 50 < all, "{leaks:#?}");
    assert!(lost.len() * 100 < all, "{lost:#?}");
}

#[test]
fn similar_text_is_unchanged() {
    let (all, changed) = benign(cases(BENIGN, SEED, ROUNDS));
    assert!(all >= 50 * ROUNDS, "{all}");
    assert!(changed.len() * 100 < all, "{changed:#?}");
}
