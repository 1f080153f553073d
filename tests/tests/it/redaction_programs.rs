//! Output of programs: errors of libraries, drivers, clouds, builds, protocols and file formats.
//!
//! The corpus was written without knowledge of the rules, part by part. The limits are the leak
//! rates accepted for text of unknown form: a rule cannot decide every case from the text alone.

use super::redaction_shapes::score::{Secret, benign, cases};

const SECRET: &str = include_str!("../../corpus/programs-secret.txt");
const BENIGN: &str = include_str!("../../corpus/programs-benign.txt");

/// The number of messages of each shape.
const ROUNDS: usize = 4;

const SEED: u64 = 711;

#[test]
fn under_three_percent_leak_and_the_context_is_kept() {
    let Secret { all, leaks, lost } = Secret::of(cases(SECRET, SEED, ROUNDS));
    assert!(all >= 1400 * ROUNDS, "{all}");
    assert!(
        leaks.len() * 100 < all * 3,
        "{} of {all}: {leaks:#?}",
        leaks.len()
    );
    assert!(lost.len() * 200 < all, "{} of {all}: {lost:#?}", lost.len());
}

#[test]
fn under_a_percent_of_the_benign_messages_change() {
    let (all, changed) = benign(cases(BENIGN, SEED, ROUNDS));
    assert!(all >= 900 * ROUNDS, "{all}");
    assert!(
        changed.len() * 200 < all,
        "{} of {all}: {changed:#?}",
        changed.len()
    );
}
