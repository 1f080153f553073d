//! Scores the redaction of the repository's corpora, and prints the table.
//!
//! `--show NAME` prints what leaks or changes in one of them, `--seed N` generates other secrets.

#![expect(clippy::print_stdout, reason = "a program that prints a table")]
#![expect(clippy::unwrap_used, reason = "the corpora are part of the repository")]

#[path = "../../../tests/tests/it/redaction_shapes/alphabets.rs"]
mod alphabets;
#[expect(dead_code, reason = "the tests use more of it")]
#[path = "../../../tests/tests/it/redaction_shapes/generator.rs"]
mod generator;
#[expect(clippy::expect_used, unreachable_pub, reason = "a module of the tests")]
#[path = "../../../tests/src/numbers.rs"]
mod numbers;
#[path = "../../../tests/tests/it/redaction_shapes/persons.rs"]
mod persons;

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::time::Instant;

use flate2::read::GzDecoder;
use floe_redact::Redactor;
use generator::{expand, templates};
use numbers::Numbers;

/// Messages of each shape.
const ROUNDS: usize = 4;

#[derive(serde::Deserialize)]
struct Message {
    kind: String,
    tier: String,
    shape: String,
    input: String,
    must_not_contain: Vec<String>,
    must_contain: Vec<String>,
    must_equal: bool,
}

#[derive(Default)]
struct Row {
    secret: usize,
    leaks: usize,
    lost: usize,
    benign: usize,
    changed: usize,
    unstable: usize,
    bytes: usize,
    seconds: f64,
}

struct Scorer {
    redactor: Redactor,
    show: Option<String>,
}

impl Scorer {
    fn add(&self, row: &mut Row, name: &str, label: &str, message: &Message) {
        let begin = Instant::now();
        let safe = self.redactor.redact(&message.input);
        row.seconds += begin.elapsed().as_secs_f64();
        row.bytes += message.input.len();
        let leaks = message
            .must_not_contain
            .iter()
            .any(|piece| safe.contains(piece));
        let lost = !message.must_equal
            && !message
                .must_contain
                .iter()
                .all(|piece| safe.contains(piece));
        let changed = message.must_equal && safe != message.input;
        row.secret += usize::from(!message.must_not_contain.is_empty());
        row.benign += usize::from(message.must_equal);
        row.leaks += usize::from(leaks);
        row.lost += usize::from(lost && !leaks);
        row.changed += usize::from(changed);
        row.unstable += usize::from(self.redactor.redact(&safe) != safe);
        if self.show.as_deref() == Some(name) && (leaks || lost || changed) {
            let what = if leaks {
                "LEAK"
            } else if lost {
                "LOST"
            } else {
                "CHANGED"
            };
            println!(
                "{what}\t{label}\t{:?}\t{:?}",
                clipped(&message.input),
                clipped(&safe)
            );
        }
    }
}

fn clipped(text: &str) -> String {
    text.chars().take(400).collect()
}

fn corpus(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../tests/corpus")
        .join(name)
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let option = |name: &str| {
        let at = arguments.iter().position(|argument| argument == name)?;
        arguments.get(at + 1).cloned()
    };
    let scorer = Scorer {
        redactor: Redactor::builder().max_chars(500).build(),
        show: option("--show"),
    };
    let seed = option("--seed")
        .and_then(|seed| seed.parse().ok())
        .unwrap_or(2026);
    println!(
        "{:<12} {:>7} {:>6} {:>7} {:>6} {:>7} {:>7} {:>7} {:>8} {:>9}",
        "corpus", "secrets", "leaks", "", "lost", "benign", "changed", "", "unstable", "rate"
    );
    for tier in ["must", "pii", "stretch"] {
        let mut row = Row::default();
        let reader = BufReader::new(GzDecoder::new(
            File::open(corpus("redaction-dev.jsonl.gz")).unwrap(),
        ));
        for line in reader.lines() {
            let message: Message = serde_json::from_str(&line.unwrap()).unwrap();
            if message.tier == tier {
                let label = format!("{}/{}", message.kind, message.shape);
                scorer.add(&mut row, tier, &label, &message);
            }
        }
        print(tier, &row);
    }
    for name in ["programs", "shapes", "persons"] {
        let mut row = Row::default();
        for kind in ["secret", "benign"] {
            let text = fs::read_to_string(corpus(&format!("{name}-{kind}.txt"))).unwrap();
            let mut numbers = Numbers(seed);
            for template in templates(&text) {
                for _ in 0..ROUNDS {
                    let case = expand(template, &mut numbers);
                    let message = Message {
                        kind: String::new(),
                        tier: String::new(),
                        shape: String::new(),
                        input: case.input,
                        must_equal: kind == "benign",
                        must_not_contain: if kind == "benign" {
                            Vec::new()
                        } else {
                            case.secrets
                        },
                        must_contain: case.context,
                    };
                    scorer.add(&mut row, name, template, &message);
                }
            }
        }
        print(name, &row);
    }
}

fn print(name: &str, row: &Row) {
    #[expect(clippy::cast_precision_loss, reason = "a figure of a table")]
    let percent =
        |part: usize, all: usize| format!("{:.2} %", 100.0 * part as f64 / all.max(1) as f64);
    #[expect(clippy::cast_precision_loss, reason = "a figure of a table")]
    let rate = row.bytes as f64 / 1e6 / row.seconds.max(1e-9);
    println!(
        "{name:<12} {:>7} {:>6} {:>7} {:>6} {:>7} {:>7} {:>7} {:>8} {:>5.0} MB/s",
        row.secret,
        row.leaks,
        percent(row.leaks, row.secret),
        row.lost,
        row.benign,
        row.changed,
        percent(row.changed, row.benign),
        row.unstable,
        rate,
    );
}
