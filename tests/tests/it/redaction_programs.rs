//! What programs print: errors of libraries, drivers, clouds, builds, protocols and file formats.
//!
//! The corpus was written without a look at the rules, part by part. It is held to the share that a
//! text of no known shape may leak, so what no rule can decide from the text alone may stay in it.

use floe_telemetry::sanitize_error_message;

use super::redaction_shapes::generator::{Case, Numbers, expand, templates};

const SECRET: &str = include_str!("../../corpus/programs-secret.txt");
const BENIGN: &str = include_str!("../../corpus/programs-benign.txt");

/// Messages of each shape.
const ROUNDS: usize = 4;

fn messages(corpus: &str) -> impl Iterator<Item = (Case, String)> {
    let mut numbers = Numbers(711);
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
fn under_three_percent_leak_and_the_context_stays() {
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
    let (mut all, mut changed) = (0, Vec::new());
    for (case, safe) in messages(BENIGN) {
        all += 1;
        if safe != case.input {
            changed.push(safe);
        }
    }
    assert!(all >= 900 * ROUNDS, "{all}");
    assert!(
        changed.len() * 200 < all,
        "{} of {all}: {changed:#?}",
        changed.len()
    );
}
