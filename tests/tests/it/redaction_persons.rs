//! Personal data in messages: addresses, cards, accounts, telephone numbers, social security numbers.

use floe_telemetry::sanitize_error_message;

use super::redaction_shapes::generator::{Case, Numbers, expand, templates};

const SECRET: &str = include_str!("../../corpus/persons-secret.txt");
const BENIGN: &str = include_str!("../../corpus/persons-benign.txt");

/// Messages of each shape.
const ROUNDS: usize = 8;

fn messages(corpus: &str) -> impl Iterator<Item = (Case, String)> {
    let mut numbers = Numbers(1984);
    templates(corpus)
        .flat_map(|template| std::iter::repeat_n(template, ROUNDS))
        .map(move |template| {
            let case = expand(template, &mut numbers);
            let safe = sanitize_error_message(&case.input).into_owned();
            assert_eq!(sanitize_error_message(&safe), safe, "again: {}", case.input);
            (case, safe)
        })
}

#[test]
fn under_two_percent_of_it_stay_and_the_context_does() {
    let (mut all, mut leaks, mut lost) = (0, Vec::new(), Vec::new());
    for (case, safe) in messages(SECRET) {
        assert!(!case.secrets.is_empty(), "{}", case.template);
        all += 1;
        if case.secrets.iter().any(|secret| safe.contains(secret)) {
            leaks.push((case.template, safe));
        } else if !case.context.iter().all(|context| safe.contains(context)) {
            lost.push((case.template, safe));
        }
    }
    assert!(all >= 70 * ROUNDS, "{all}");
    assert!(leaks.len() * 50 < all, "{leaks:#?}");
    assert!(lost.len() * 100 < all, "{lost:#?}");
}

#[test]
fn what_only_looks_like_it_stays() {
    let (mut all, mut changed) = (0, Vec::new());
    for (case, safe) in messages(BENIGN) {
        all += 1;
        if safe != case.input {
            changed.push(safe);
        }
    }
    assert!(all >= 50 * ROUNDS, "{all}");
    assert!(changed.len() * 100 < all, "{changed:#?}");
}
