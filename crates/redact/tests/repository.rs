//! Searches the files of the repository for credentials, as a host of repositories does.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::path::Path;
use std::process::Command;
use std::{fs, str};

use floe_redact::{Evidence, Redactor};

/// Rules that find other secrets than tokens of a service.
const OTHERS: [&str; 6] = [
    "bank-account",
    "json-web-token",
    "payment-card",
    "pem-private-key",
    "phone-number",
    "social-security-number",
];

/// A host with secret scanning refuses a push with a token, so tests put their tokens together from parts.
#[test]
fn no_line_has_the_form_of_a_living_token() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let listed = Command::new("git").args(["ls-files", "-z"]).current_dir(&root).output().unwrap();
    assert!(listed.status.success(), "{listed:?}");
    let mut found = Vec::new();
    for path in str::from_utf8(&listed.stdout).unwrap().split_terminator('\0') {
        // Compressed and removed files are skipped.
        let Ok(text) = fs::read_to_string(root.join(path)) else { continue };
        for (index, line) in text.lines().enumerate() {
            let tokens = tokens(line);
            found.extend(tokens.map(|token| format!("{path}:{}: {token}", index + 1)));
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}

/// Returns the tokens of a line, except those of Amazon's documentation.
fn tokens(line: &str) -> impl Iterator<Item = &str> {
    let words = line
        .split(|it: char| it.is_whitespace() || "\"'`()<>[]{}|,;=&?@\\".contains(it))
        .filter(|word| word.len() >= 16 && !word.contains("IOSFODNN7EXAMPLE"));
    words.filter(|word| {
        let findings = Redactor::new().findings(word);
        findings.iter().any(|found| {
            let has_form = matches!(found.evidence, Evidence::Format | Evidence::Checksum);
            has_form && !OTHERS.contains(&found.rule) && !found.rule.contains("-hash-")
        })
    })
}
