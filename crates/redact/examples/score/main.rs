//! Scores the redaction of the repository's corpora, and prints the table.
//!
//! `--show NAME` prints what leaks or changes in one of them, `--seed N` generates other secrets. `--trees N` counts the
//! faults of so many trees of values, each in one language, and `--show LANGUAGE` prints the shortest.

#![expect(clippy::print_stdout, reason = "a program that prints a table")]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::format_collect,
    unreachable_pub,
    reason = "the corpora are part of the repository, their reader of the tests"
)]

#[path = "../../tests/corpus/alphabets.rs"]
mod alphabets;
#[path = "../../tests/corpus/generator.rs"]
mod generator;
#[path = "../../tests/carriers/carriers.rs"]
mod languages;
#[path = "../../tests/corpus/messages.rs"]
mod messages;
#[path = "../../../../tests/src/numbers.rs"]
mod numbers;
#[path = "../../tests/corpus/persons.rs"]
mod persons;
#[path = "../../tests/corpus/score.rs"]
mod score;
#[path = "../../tests/carriers/tree.rs"]
mod tree;

use std::collections::BTreeMap;
use std::time::Instant;

use floe_redact::Redactor;
use languages::CARRIERS;
use messages::{Message, generated, of_tier};
use numbers::Numbers;
use proptest::prelude::any;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use score::{Fault, Score};

/// Messages of each shape.
const ROUNDS: usize = 4;

struct Scorer {
    redactor: Redactor,
    show: Option<String>,
}

impl Scorer {
    /// Scores the messages of a corpus, and prints its row.
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
    if let Some(trees) = option("--trees").and_then(|trees| trees.parse().ok()) {
        return count_trees(trees, scorer.show.as_deref());
    }
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

/// Counts the faults in trees, which are the same in every run.
fn count_trees(trees: usize, show: Option<&str>) {
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let strategy = (tree::tree(), any::<u64>());
    let mut counts = BTreeMap::<_, usize>::new();
    let mut shown = Vec::new();
    for at in 0..trees {
        let (tree, seed) = strategy.new_tree(&mut runner).unwrap().current();
        let carrier = &CARRIERS[at % CARRIERS.len()];
        let fault = languages::fault(&tree, carrier, seed);
        let what = fault.as_ref().map(|(fault, ..)| format!("{fault:?}"));
        *counts.entry((carrier.name, what.unwrap_or_else(|| "right".to_owned()))).or_default() += 1;
        shown.extend(
            fault
                .filter(|_| show == Some(carrier.name))
                .map(|(_, text, safe)| (text.len(), text, safe)),
        );
    }
    for ((name, what), count) in counts {
        println!("{name:<16} {what:<12} {count:>7}");
    }
    shown.sort();
    for (_, text, safe) in shown.into_iter().take(8) {
        println!("\n{text}\n{safe}");
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
