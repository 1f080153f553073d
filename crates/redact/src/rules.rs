//! The tables of rules.
//!
//! Each row has an id, which findings report, and examples, by which it is tested: the rule finds a secret in each text
//! of `secret`, and no text of `benign` is changed.

pub(crate) mod commands;
pub(crate) mod format;
pub(crate) mod hashes;
pub(crate) mod keys;
pub(crate) mod list;
pub(crate) mod looks;
pub(crate) mod structures;
pub(crate) mod tokens;
pub(crate) mod words;

use format::TokenFormat;

/// The id of a rule, with examples.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Rule {
    /// The id, which findings report.
    pub id: &'static str,
    /// Texts in which the rule finds a secret.
    pub secret: &'static [&'static str],
    /// Similar texts that are not changed.
    pub benign: &'static [&'static str],
}

/// The examples of a row. They are in a separate table, so that programs that only redact do not contain them.
#[derive(Debug)]
pub(crate) struct Examples {
    /// Texts with made-up secrets that the rule finds.
    pub(crate) secret: &'static [&'static str],
    /// Similar texts that stay unchanged.
    pub(crate) benign: &'static [&'static str],
}

/// Declares a table of rows, and the table of their examples.
macro_rules! rows {
    ($table:ident: $row:ident, $examples:ident; $($fields:tt secret $secret:tt benign $benign:tt)*) => {
        pub(crate) static $table: &[$row] = &[$($row $fields),*];

        pub(crate) static $examples: &[$crate::rules::Examples] =
            &[$($crate::rules::Examples { secret: &$secret, benign: &$benign }),*];
    };
}
use rows;

/// Returns the formats of tokens and of hashed passwords.
pub(crate) fn formats() -> impl DoubleEndedIterator<Item = &'static TokenFormat> {
    tokens::TOKENS.iter().chain(hashes::HASHES)
}

/// Returns all rules. Among them are `configured-key` and `configured-pattern` for the keys and patterns of a
/// [`RedactorBuilder`](crate::RedactorBuilder), and `unread` for the rest of a text that takes too long. These three
/// have no examples.
pub fn rules() -> impl Iterator<Item = Rule> {
    macro_rules! of {
        ($table:expr, $examples:expr) => {
            $table.iter().zip($examples).map(|(row, examples)| Rule {
                id: row.id,
                secret: examples.secret,
                benign: examples.benign,
            })
        };
    }
    of!(keys::KEYS, keys::EXAMPLES)
        .chain(of!(tokens::TOKENS, tokens::EXAMPLES))
        .chain(of!(hashes::HASHES, hashes::EXAMPLES))
        .chain(of!(structures::SCHEMES, structures::SCHEME_EXAMPLES))
        .chain(of!(commands::OPTIONS, commands::OPTION_EXAMPLES))
        .chain(of!(commands::ARGUMENTS, commands::ARGUMENT_EXAMPLES))
        .chain(of!(structures::STRUCTURES, structures::EXAMPLES))
}

/// Returns the ids of all rules, in the order of [`rules`]. A program that calls only this function does not contain
/// the examples.
pub fn rule_ids() -> impl Iterator<Item = &'static str> {
    let keys = keys::KEYS.iter().map(|row| row.id);
    keys.chain(formats().map(|row| row.id))
        .chain(structures::SCHEMES.iter().map(|row| row.id))
        .chain(commands::OPTIONS.iter().map(|row| row.id))
        .chain(commands::ARGUMENTS.iter().map(|row| row.id))
        .chain(structures::STRUCTURES.iter().map(|row| row.id))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Redactor, vendor};

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

    /// Rules whose examples begin with a key, so that the rule of this key finds the secrets.
    const OF_A_KEY: [&str; 2] = ["rancher-api-token", "rfc8959-secret-token"];

    /// Whether the rule with this id finds a secret in the text.
    fn is_found(redactor: &Redactor, id: &str, text: &str) -> bool {
        let findings = redactor.findings(text);
        let is_own = |rule| rule == id || rule == "token" && OF_A_KEY.contains(&id);
        findings.iter().any(|found| is_own(found.rule))
    }

    #[test]
    fn the_order_of_the_rows_of_tokens_does_not_matter() {
        let best = |text: &str, rows: &mut dyn Iterator<Item = &'static TokenFormat>| {
            let best = vendor::best(rows, text.as_bytes(), 0);
            best.map(|(end, found, format)| (end, found, format.id))
        };
        let examples = tokens::EXAMPLES.iter().chain(hashes::EXAMPLES);
        for text in examples.flat_map(|examples| examples.secret) {
            let rows: Vec<_> = formats().collect();
            let ahead = best(text, &mut rows.iter().copied());
            assert_eq!(best(text, &mut rows.iter().rev().copied()), ahead, "{text}");
            assert!(ahead.is_none_or(|(end, ..)| end == text.len()), "{text}");
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
    fn rule_ids_are_in_the_order_of_the_rules() {
        assert!(rule_ids().eq(rules().map(|rule| rule.id)));
    }

    #[test]
    fn each_rule_has_an_id_in_kebab_case_and_examples() {
        for rule in rules() {
            let is_kebab =
                |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
            assert!(rule.id.bytes().all(is_kebab), "{}", rule.id);
            let has_none = rule.id.starts_with("configured-") || rule.id == structures::UNREAD;
            assert!(has_none || !rule.secret.is_empty(), "{}", rule.id);
        }
    }
}
