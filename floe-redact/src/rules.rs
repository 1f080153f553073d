//! The tables of rules: data only.
//!
//! Each row has an id, which findings report, and examples, which are its test: in each of `secret`
//! the rule finds something, each of `benign` stays as it is.

pub(crate) mod commands;
pub(crate) mod format;
pub(crate) mod hashes;
pub(crate) mod headers;
pub(crate) mod keys;
pub(crate) mod looks;
pub(crate) mod numbers;
pub(crate) mod sentences;
pub(crate) mod signs;
pub(crate) mod structures;
pub(crate) mod tokens;
pub(crate) mod words;

use format::TokenFormat;

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
pub(crate) fn formats() -> impl Iterator<Item = &'static TokenFormat> {
    tokens::TOKENS.iter().chain(hashes::HASHES)
}

/// All the rules. The keys and patterns of a [`RedactorBuilder`](crate::RedactorBuilder) are
/// `configured-key` and `configured-pattern`, which have no examples.
pub fn rules() -> impl Iterator<Item = Rule> {
    macro_rules! of {
        ($table:expr) => {
            $table.into_iter().map(|row| Rule {
                id: row.id,
                secret: row.secret,
                benign: row.benign,
            })
        };
    }
    of!(keys::KEYS)
        .chain(of!(formats()))
        .chain(of!(headers::SCHEMES))
        .chain(of!(commands::OPTIONS))
        .chain(of!(commands::ARGUMENTS))
        .chain(of!(structures::STRUCTURES))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Redactor;
    use crate::vendor::Match;

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

    /// A token is found by its own row, whichever of those that match it is reported.
    fn is_found(redactor: &Redactor, id: &str, text: &str) -> bool {
        let findings = redactor.findings(text);
        let is_match = |format: &TokenFormat| {
            let mut starts = memchr::memmem::find_iter(text.as_bytes(), format.prefix);
            starts.any(|start| {
                let found = format.find(text.as_bytes(), start);
                found.is_some_and(|(_, found)| found >= Match::Documented)
            })
        };
        let mut rows = formats().filter(|format| format.id == id).peekable();
        match rows.peek() {
            Some(_) => !findings.is_empty() && rows.any(is_match),
            None => findings.iter().any(|found| found.rule == id),
        }
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
