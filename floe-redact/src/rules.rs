//! The tables: what is known about secrets, as data.
//!
//! Each row has an id, which findings report, and examples, which are its test: in each of `secret`
//! the rule finds something, each of `benign` stays as it is.

pub(crate) mod commands;
pub(crate) mod hashes;
pub(crate) mod headers;
pub(crate) mod keys;
pub(crate) mod sentences;
pub(crate) mod structures;
pub(crate) mod tokens;
pub(crate) mod words;

use crate::format;

/// The id of a rule, and what it finds.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Rule {
    /// The id, which findings report.
    pub id: &'static str,
    /// Texts that the rule finds something in.
    pub secret: &'static [&'static str],
    /// Texts that look alike and stay as they are.
    pub benign: &'static [&'static str],
}

/// The formats of tokens and of hashed passwords.
pub(crate) fn formats() -> impl Iterator<Item = &'static format::TokenFormat> {
    tokens::TOKENS.iter().chain(hashes::HASHES)
}

/// The format in this row.
pub(crate) fn format(row: usize) -> &'static format::TokenFormat {
    tokens::TOKENS
        .get(row)
        .unwrap_or_else(|| &hashes::HASHES[row - tokens::TOKENS.len()])
}

/// All the rules, without those that a [`Redactor`](crate::Redactor) is configured with.
pub fn rules() -> impl Iterator<Item = Rule> {
    let keys = keys::KEYS
        .iter()
        .map(|row| (row.id, row.secret, row.benign));
    let tokens = formats().map(|row| (row.id, row.secret, row.benign));
    let schemes = headers::SCHEMES
        .iter()
        .map(|row| (row.id, row.secret, row.benign));
    let options = commands::OPTIONS
        .iter()
        .map(|row| (row.id, row.secret, row.benign));
    let arguments = commands::ARGUMENTS
        .iter()
        .map(|row| (row.id, row.secret, row.benign));
    let structures = structures::STRUCTURES
        .iter()
        .map(|row| (row.id, row.secret, row.benign));
    keys.chain(tokens)
        .chain(schemes)
        .chain(options)
        .chain(arguments)
        .chain(structures)
        .map(|(id, secret, benign)| Rule { id, secret, benign })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Redactor;

    /// The examples of every row of every table, a vendor's token or a key among them.
    #[test]
    fn each_rule_finds_its_secret_examples() {
        let redactor = Redactor::new();
        let missed: Vec<_> = rules()
            .flat_map(|rule| rule.secret.iter().map(move |text| (rule.id, *text)))
            .filter(|(id, text)| !is_found(&redactor, id, text))
            .map(|(id, text)| format!("{id}: {text:?}: {}", redactor.explain(text)))
            .collect();
        assert!(missed.is_empty(), "{missed:#?}");
    }

    /// Several vendors' formats match the same token.
    fn is_found(redactor: &Redactor, id: &str, text: &str) -> bool {
        let findings = redactor.findings(text);
        let is_format = formats().any(|format| format.id == id);
        findings.iter().any(|found| found.rule == id) || is_format && !findings.is_empty()
    }

    #[test]
    fn each_rule_leaves_its_benign_examples() {
        let redactor = Redactor::new();
        let changed: Vec<_> = rules()
            .flat_map(|rule| rule.benign.iter().map(move |text| (rule.id, *text)))
            .filter(|(_, text)| redactor.redact(text) != *text)
            .map(|(id, text)| format!("{id}: {text:?}: {}", redactor.explain(text)))
            .collect();
        assert!(changed.is_empty(), "{changed:#?}");
    }

    #[test]
    fn each_rule_has_an_id_in_kebab_case_and_examples() {
        for rule in rules() {
            let is_kebab =
                |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
            assert!(rule.id.bytes().all(is_kebab), "{}", rule.id);
            let is_configured = rule.id.starts_with("configured-");
            assert!(is_configured || !rule.secret.is_empty(), "{}", rule.id);
        }
    }
}
