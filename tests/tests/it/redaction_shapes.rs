//! Secrets of many kinds in over 600 shapes of messages, and over 400 shapes without one.
//!
//! The shapes are in `corpus/shapes-*.txt`; what stands in them is made up from a fixed seed.

mod alphabets;
pub(crate) mod generator;
pub(crate) mod mutation;
mod persons;

use floe_telemetry::sanitize_error_message;
use generator::{Case, Numbers, expand, templates};

const SECRET: &str = include_str!("../../corpus/shapes-secret.txt");
const BENIGN: &str = include_str!("../../corpus/shapes-benign.txt");
const ROUNDS: usize = 8;

fn cases(corpus: &str) -> impl Iterator<Item = Case> {
    let mut numbers = Numbers(2026);
    templates(corpus)
        .flat_map(|template| std::iter::repeat_n(template, ROUNDS))
        .map(move |template| expand(template, &mut numbers))
}

/// Checks what holds for every message, and returns the safe form.
fn safe(case: &Case) -> String {
    let safe = sanitize_error_message(&case.input).into_owned();
    assert_eq!(sanitize_error_message(&safe), safe, "again: {}", case.input);
    assert!(safe.chars().count() <= 500);
    safe
}

#[test]
fn secrets_do_not_survive_in_any_shape_and_their_context_does() {
    let (mut all, mut leaks, mut lost) = (0, Vec::new(), Vec::new());
    for case in cases(SECRET) {
        assert!(!case.secrets.is_empty(), "{}", case.template);
        let safe = safe(&case);
        all += 1;
        if case.secrets.iter().any(|secret| safe.contains(secret)) {
            leaks.push(safe);
        } else if !case.context.iter().all(|context| safe.contains(context)) {
            lost.push(safe);
        }
    }
    assert!(all >= 600 * ROUNDS, "{all}");
    assert!(
        leaks.len() * 200 < all,
        "{} of {all}: {leaks:#?}",
        leaks.len()
    );
    assert!(lost.len() * 200 < all, "{} of {all}: {lost:#?}", lost.len());
}

#[test]
fn a_benign_message_of_any_shape_stays() {
    let (mut all, mut changed) = (0, Vec::new());
    for case in cases(BENIGN) {
        let safe = safe(&case);
        all += 1;
        if safe != case.input {
            changed.push(safe);
        }
    }
    assert!(all >= 400 * ROUNDS, "{all}");
    assert!(
        changed.len() * 200 < all,
        "{} of {all}: {changed:#?}",
        changed.len()
    );
}

#[test]
fn a_damaged_message_is_survived_short_and_stable() {
    let messages: Vec<_> = cases(SECRET).chain(cases(BENIGN)).collect();
    let mut numbers = Numbers(1);
    for case in &messages {
        let other = &messages[numbers.below(messages.len())];
        let message = mutation::mutated(&case.input, &other.input, &mut numbers);
        let safe = sanitize_error_message(&message);
        assert!(safe.chars().count() <= 500);
        assert_eq!(sanitize_error_message(&safe), safe, "again: {message:?}");
    }
}
