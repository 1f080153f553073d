//! Scores the redaction of the repository's corpora, and prints the table.
//!
//! `--show NAME` prints what leaks or changes in one of them, and `--seed N` generates other secrets.

#![expect(clippy::print_stdout, reason = "a program that prints a table")]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    unreachable_pub,
    reason = "the corpora are part of the repository, their reader of the tests"
)]

#[path = "../../tests/corpus/alphabets.rs"]
mod alphabets;
#[path = "../../tests/corpus/generator.rs"]
mod generator;
#[path = "../../tests/corpus/messages.rs"]
mod messages;
#[path = "../../../../tests/src/numbers.rs"]
mod numbers;
#[path = "../../tests/corpus/persons.rs"]
mod persons;
#[path = "../../tests/corpus/score.rs"]
mod score;

use std::time::Instant;

use floe_redact::Redactor;
use messages::{Message, generated, of_tier};
use numbers::Numbers;
use score::{Fault, Score};

/// Messages of each shape.
const ROUNDS: usize = 4;

struct Scorer {
    redactor: Redactor,
    show: Option<String>,
}

impl Scorer {
    fn score(&self, name: &str, messages: &[Message]) {
        let mut score = Score::default();
        let (mut bytes, mut seconds) = (0, 0.0);
        for message in messages {
            let begin = Instant::now();
            let safe = self.redactor.redact(&message.input);
            seconds += begin.elapsed().as_secs_f64();
            bytes += message.input.len();
            if let Some(fault) = score.add(&self.redactor, message, &safe)
                && self.show.as_deref() == Some(name)
            {
                let what = match fault {
                    Fault::Leak => "LEAK",
                    Fault::Lost => "LOST",
                    Fault::Changed => "CHANGED",
                };
                let (label, input) = (&message.label, clipped(&message.input));
                println!("{what}\t{label}\t{input:?}\t{:?}", clipped(&safe));
            }
        }
        print(name, &score, bytes, seconds);
    }
}

fn clipped(text: &str) -> String {
    text.chars().take(400).collect()
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let option = |name: &str| {
        let at = arguments.iter().position(|argument| argument == name)?;
        arguments.get(at + 1).cloned()
    };
    let scorer =
        Scorer { redactor: Redactor::builder().max_chars(500).build(), show: option("--show") };
    let seed = option("--seed").and_then(|seed| seed.parse().ok()).unwrap_or(2026);
    println!(
        "{:<12} {:>7} {:>6} {:>7} {:>6} {:>7} {:>7} {:>7} {:>8} {:>9}",
        "corpus", "secrets", "leaks", "", "lost", "benign", "changed", "", "unstable", "rate"
    );
    for tier in ["must", "pii", "stretch"] {
        scorer.score(tier, &of_tier(tier));
    }
    for name in ["programs", "shapes", "persons"] {
        scorer.score(name, &generated(name, seed, ROUNDS));
    }
}

fn print(name: &str, score: &Score, bytes: usize, seconds: f64) {
    #[expect(clippy::cast_precision_loss, reason = "a figure of a table")]
    let percent =
        |part: usize, all: usize| format!("{:.2} %", 100.0 * part as f64 / all.max(1) as f64);
    #[expect(clippy::cast_precision_loss, reason = "a figure of a table")]
    let rate = bytes as f64 / 1e6 / seconds.max(1e-9);
    println!(
        "{name:<12} {:>7} {:>6} {:>7} {:>6} {:>7} {:>7} {:>7} {:>8} {:>5.0} MB/s",
        score.secret,
        score.leaks,
        percent(score.leaks, score.secret),
        score.lost,
        score.benign,
        score.changed,
        percent(score.changed, score.benign),
        score.unstable,
        rate,
    );
}
