//! The committed figures, and their comparison with new ones.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

/// The part by which a figure may increase. A figure that decreases by more should be committed.
const TOLERANCE: f64 = 0.05;

pub(crate) struct Figure {
    pub(crate) name: String,
    /// The number of calls, spans or requests.
    pub(crate) calls: u64,
    pub(crate) instructions: u64,
}

pub(crate) fn compare(figures: &[Figure]) -> bool {
    let committed = committed();
    let mut is_kept = true;
    println!(
        "{:<32} {:>12} {:>10} {:>12} {:>8}",
        "", "instructions", "per call", "committed", "change"
    );

    for figure in figures {
        let before = committed.iter().find(|(name, _)| *name == figure.name);
        let change = before.map(|(_, before)| ratio(figure.instructions, *before) - 1.0);
        is_kept &= change.is_some_and(|change| change <= TOLERANCE);
        println!(
            "{:<32} {:>12} {:>10.1} {:>12} {:>6.2} %{}",
            figure.name,
            figure.instructions,
            ratio(figure.instructions, figure.calls),
            before.map_or(0, |(_, before)| *before),
            change.unwrap_or(f64::NAN) * 100.0,
            verdict(change),
        );
    }
    is_kept
}

fn verdict(change: Option<f64>) -> &'static str {
    match change {
        None => "  NOT COMMITTED",
        Some(change) if change > TOLERANCE => "  WORSE",
        Some(change) if change < -TOLERANCE => "  better: bless it",
        Some(_) => "",
    }
}

pub(crate) fn file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("budget.toml")
}

/// Reads the figures of `budget.toml`, one per line.
fn committed() -> Vec<(String, u64)> {
    let text = fs::read_to_string(file()).unwrap_or_default();
    let entries = text.lines().filter_map(|line| line.split_once(" = "));
    let numbers =
        entries.filter_map(|(name, number)| Some((name.to_owned(), number.parse().ok()?)));
    numbers.collect()
}

pub(crate) fn bless(figures: &[Figure]) {
    let mut text = "# Instructions, see src/programs.rs. Written by\n\
                    # cargo run --release -p floe-instructions -- --bless\n"
        .to_owned();
    for figure in figures {
        let _ = writeln!(text, "{} = {}", figure.name, figure.instructions);
    }

    fs::write(file(), text).expect("a file for the figures");
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
fn ratio(a: u64, b: u64) -> f64 {
    a as f64 / b as f64
}
