//! The redaction corpus: 1,982 synthetic messages, most of them with a secret.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use flate2::read::GzDecoder;
use floe_telemetry::sanitize_error_message;
use serde::Deserialize;

#[derive(Deserialize)]
struct Case {
    id: String,
    tier: String,
    input: String,
    /// Parts of the secret.
    must_not_contain: Vec<String>,
    /// The context that must be kept.
    must_contain: Vec<String>,
    /// There is no secret: the message must not change.
    must_equal: bool,
}

#[derive(Debug, Default)]
struct Score {
    with_secret: usize,
    benign: usize,
    leaks: Vec<String>,
    context_lost: Vec<String>,
    changed: Vec<String>,
    too_long: Vec<String>,
}

fn cases() -> Vec<Case> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/redaction-dev.jsonl.gz");
    BufReader::new(GzDecoder::new(File::open(path).unwrap()))
        .lines()
        .map(|line| serde_json::from_str(&line.unwrap()).unwrap())
        .collect()
}

fn score(tier: &str) -> Score {
    let mut score = Score::default();
    for case in cases().into_iter().filter(|case| case.tier == tier) {
        let safe = sanitize_error_message(&case.input);
        score.with_secret += usize::from(!case.must_not_contain.is_empty());
        score.benign += usize::from(case.must_equal);
        if case
            .must_not_contain
            .iter()
            .any(|piece| safe.contains(piece))
        {
            score.leaks.push(case.id.clone());
        }
        if case.must_equal && safe != case.input {
            score.changed.push(case.id.clone());
        }
        if !case.must_equal && !case.must_contain.iter().all(|piece| safe.contains(piece)) {
            score.context_lost.push(case.id.clone());
        }
        if safe.chars().count() > 500 {
            score.too_long.push(case.id.clone());
        }
        assert_eq!(sanitize_error_message(&safe), safe, "{}: again", case.id);
    }
    score
}

#[test]
fn no_credential_of_the_corpus_survives_and_no_benign_message_changes() {
    let score = score("must");
    assert_eq!((score.with_secret, score.benign), (1587, 302));
    assert!(score.leaks.is_empty(), "{score:?}");
    assert!(score.changed.is_empty(), "{score:?}");
    assert!(score.too_long.is_empty(), "{score:?}");
    assert!(
        score.context_lost.len() * 100 < score.with_secret,
        "{score:?}"
    );
}

#[test]
fn under_two_percent_of_the_personal_data_remain() {
    let score = score("pii");
    assert_eq!(score.with_secret, 63);
    assert!(score.leaks.len() * 100 < score.with_secret * 2, "{score:?}");
    assert!(
        score.context_lost.len() * 100 < score.with_secret,
        "{score:?}"
    );
}
