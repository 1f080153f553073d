//! Scores the redaction of a corpus.

use floe_telemetry::sanitize_error_message;

use super::generator::{Case, Numbers, expand, templates};

/// The messages of a corpus, `rounds` of each shape.
pub(crate) fn cases(corpus: &str, seed: u64, rounds: usize) -> impl Iterator<Item = Case> {
    let mut numbers = Numbers(seed);
    templates(corpus)
        .flat_map(move |template| std::iter::repeat_n(template, rounds))
        .map(move |template| expand(template, &mut numbers))
}

/// Checks the properties of every message, and returns its redacted form.
fn safe(case: &Case) -> String {
    let safe = sanitize_error_message(&case.input).into_owned();
    assert_eq!(sanitize_error_message(&safe), safe, "again: {}", case.input);
    assert!(safe.chars().count() <= 500);
    safe
}

/// The result for messages with secrets: their number, and the shapes and redacted forms of those that
/// leak a secret or lose their context.
#[derive(Default)]
pub(crate) struct Secret {
    pub(crate) all: usize,
    pub(crate) leaks: Vec<(String, String)>,
    pub(crate) lost: Vec<(String, String)>,
}

impl Secret {
    pub(crate) fn of(cases: impl Iterator<Item = Case>) -> Self {
        let mut score = Self::default();
        for case in cases {
            assert!(!case.secrets.is_empty(), "{}", case.template);
            let safe = safe(&case);
            score.all += 1;
            if case.secrets.iter().any(|secret| safe.contains(secret)) {
                score.leaks.push((case.template, safe));
            } else if !case.context.iter().all(|context| safe.contains(context)) {
                score.lost.push((case.template, safe));
            }
        }
        score
    }
}

/// The result for messages without secrets: their number, and the redacted forms of those that changed.
pub(crate) fn benign(cases: impl Iterator<Item = Case>) -> (usize, Vec<String>) {
    let (mut all, mut changed) = (0, Vec::new());
    for case in cases {
        let safe = safe(&case);
        all += 1;
        if safe != case.input {
            changed.push(safe);
        }
    }
    (all, changed)
}
