//! The messages of the repository's corpora.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;

use super::Numbers;
use super::generator::{expand, templates};

/// A message, with the texts that its redacted form must not contain, and those that it must keep.
pub(crate) struct Message {
    /// The kind and the shape of the message, or its template.
    pub(crate) label: String,
    pub(crate) input: String,
    pub(crate) secrets: Vec<String>,
    pub(crate) context: Vec<String>,
    /// Whether the message contains no secret and must not change.
    pub(crate) is_benign: bool,
}

/// A line of the corpus whose messages are not generated.
#[derive(serde::Deserialize)]
struct Line {
    kind: String,
    tier: String,
    shape: String,
    input: String,
    must_not_contain: Vec<String>,
    must_contain: Vec<String>,
    must_equal: bool,
}

fn file(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/corpus");
    folder.join(name)
}

/// Reads the messages of one tier, `must`, `pii` or `stretch`, of the corpus `dev` or `carriers`.
pub(crate) fn of_tier(corpus: &str, tier: &str) -> Vec<Message> {
    let file = File::open(file(&format!("redaction-{corpus}.jsonl.gz"))).unwrap();
    let lines = BufReader::new(GzDecoder::new(file)).lines();
    lines
        .map(|line| serde_json::from_str(&line.unwrap()).unwrap())
        .filter(|line: &Line| line.tier == tier)
        .map(|line| Message {
            label: format!("{}/{}", line.kind, line.shape),
            input: line.input,
            secrets: line.must_not_contain,
            context: line.must_contain,
            is_benign: line.must_equal,
        })
        .collect()
}

/// Generates messages from the templates `programs`, `shapes` or `persons`.
pub(crate) fn generated(name: &str, seed: u64, rounds: usize) -> Vec<Message> {
    let mut numbers = Numbers(seed);
    let mut messages = Vec::new();
    for kind in ["secret", "benign"] {
        let text = fs::read_to_string(file(&format!("{name}-{kind}.txt"))).unwrap();
        for template in templates(&text) {
            for _ in 0..rounds {
                let case = expand(template, &mut numbers);
                let is_benign = kind == "benign";
                messages.push(Message {
                    label: case.template,
                    input: case.input,
                    secrets: if is_benign { Vec::new() } else { case.secrets },
                    context: case.context,
                    is_benign,
                });
            }
        }
    }
    messages
}
