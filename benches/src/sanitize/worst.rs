//! Inputs that are slow to redact: messages of the corpus, and repeated triggers of the rules.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use flate2::read::GzDecoder;
use floe_telemetry::sanitize_error_message;
use serde::Deserialize;

use super::{Row, row};
use crate::arguments;

/// Texts without any key: no spaces, a single character, nested quotes.
const WITHOUT_KEYS: [&str; 8] =
    ["a", "aB3", "@", "=", "\"'", "\\\"", "{\"a\":\"{'b':[(", "a=\"b='"];

/// Texts that trigger the rules. Repeating them maximises the work.
#[rustfmt::skip]
const TRIGGERS: [&str; 43] = [
    "'a' for key password ", "password a:", "user,password\na,b\n", "a@b.cc:d", "AUTH LOGIN\n",
    "password for 'a' ", "password Some(", "credentials a/", "<password x", " -u a:b", "password[",
    "password 7 ", "login [a/", "password / a", "PASS_WORD, \"a\"", "token ", "password\"",
    "password,", "auth=('a',", "(\"password\",", "mysql -p", "key: ", "community a ",
    "change_password a ", "a@", "key=", "a://b:c@", "$6$a", "%3A%2F%2F", "key=\u{ab}",
    "login a password", "bearer,", "Cookie: a=b; ", "密码：", "-----BEGIN PRIVATE KEY-----", "eyJ",
    "sk-", "123 ", "password=a ", "password=hunter2 ", "the password is hunter2A ",
    "{\"password\": \"a\"}, ", "authorization: AWS4-HMAC-SHA256 a; ",
];

/// A message of the corpus.
#[derive(Deserialize)]
struct Case {
    id: String,
    input: String,
}

/// The slowest messages of the corpus, once and repeated to a long text, and all texts of this
/// file.
pub(super) fn rows() -> Vec<Row> {
    let lengths: &[usize] = if arguments::quick() {
        // Unoptimized in CI.
        &[5_000]
    } else {
        &[100_000, 400_000]
    };
    let cases = cases();
    let mut rows = slowest("each once", &cases, str::to_owned);
    for &length in lengths {
        let what = format!("each to {} kB", length / 1000);
        rows.extend(slowest(&what, &cases, |input| repeated(&format!("{input} "), length)));
    }
    for text in WITHOUT_KEYS.iter().chain(&TRIGGERS) {
        for &length in lengths {
            let what = format!("repeated {text:?}");
            rows.push(row(&what, &repeated(text, length), |text| {
                sanitize_error_message(text).len()
            }));
        }
    }
    rows
}

/// The goal for every text, in MB/s.
const GOAL: f64 = 50.0;

/// The three slowest, the first percentile, the median, and the first that meets the goal, labelled
/// with the number that do not.
fn slowest(how: &str, cases: &[Case], text: impl Fn(&str) -> String) -> Vec<Row> {
    let mut rows: Vec<Row> = cases
        .iter()
        .map(|case| {
            let what = format!("corpus, {how}: {}", case.id);
            row(&what, &text(&case.input), |text| sanitize_error_message(text).len())
        })
        .collect();
    rows.sort_by(|one, other| one.megabytes_per_second.total_cmp(&other.megabytes_per_second));
    let below = rows.partition_point(|row| row.megabytes_per_second < GOAL);
    let places = [0, 1, 2, rows.len() / 100, rows.len() / 2];
    let mut shown = places.map(|place| rows[place].clone()).to_vec();
    shown.extend(rows.get(below).map(|first| Row {
        what: format!("corpus, {how}: {below} of {} below", rows.len()),
        ..first.clone()
    }));
    shown
}

fn repeated(text: &str, length: usize) -> String {
    text.repeat((length / text.len()).max(1))
}

fn cases() -> Vec<Case> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/corpus/redaction-dev.jsonl.gz");
    let file = File::open(path).expect("the corpus of the tests");
    BufReader::new(GzDecoder::new(file))
        .lines()
        .map(|line| serde_json::from_str(&line.expect("text")).expect("a case"))
        .collect()
}
