//! The tables of rules.
//!
//! Each row has an id, which findings report, and examples in `rules/examples.txt`, by which it is tested. No program
//! contains the examples.

pub(crate) mod class;
pub(crate) mod commands;
#[cfg(test)]
#[path = "rules/tests/examples.rs"]
pub(crate) mod examples;
pub(crate) mod format;
pub(crate) mod keys;
pub(crate) mod list;
pub(crate) mod looks;
pub(crate) mod structures;
pub(crate) mod tokens;
pub(crate) mod words;

/// Returns the ids of all rules. Among them are `configured-key` and `configured-pattern` for the keys and patterns of a
/// [`RedactorBuilder`](crate::RedactorBuilder), `unread` for the rest of a text that takes too long, and `not-known` for the
/// level `Strict`.
pub fn rule_ids() -> impl Iterator<Item = &'static str> {
    let keys = keys::KEYS.iter().map(|row| row.id);
    keys.chain(tokens::TOKENS.iter().map(|row| row.id))
        .chain(structures::SCHEMES.iter().map(|row| row.id))
        .chain(commands::OPTIONS.iter().map(|row| row.id))
        .chain(commands::ARGUMENTS.iter().map(|row| row.id))
        .chain(structures::STRUCTURES.iter().copied())
}

#[cfg(test)]
mod tests {
    use super::examples::{Examples, examples};
    use super::format::TokenFormat;
    use super::*;
    use crate::{Redactor, vendor};

    #[test]
    fn each_rule_finds_its_secret_examples() {
        let redactor = Redactor::new();
        let missed: Vec<_> = examples()
            .iter()
            .flat_map(|rule| rule.secret.iter().map(move |text| (rule.id, text)))
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
            best.map(|best| (best.end, best.format.id))
        };
        let rows: Vec<_> = tokens::TOKENS.iter().collect();
        let is_format = |id| rows.iter().any(|row| row.id == id);
        let examples = examples().iter().filter(|examples| is_format(examples.id));
        for text in examples.flat_map(|examples| &examples.secret) {
            let ahead = best(text, &mut rows.iter().copied());
            assert_eq!(best(text, &mut rows.iter().rev().copied()), ahead, "{text}");
            assert!(ahead.is_none_or(|(end, ..)| end == text.len()), "{text}");
        }
    }

    #[test]
    fn each_rule_leaves_its_benign_examples() {
        let redactor = Redactor::new();
        let changed: Vec<_> = examples()
            .iter()
            .flat_map(|rule| rule.benign.iter().map(move |text| (rule.id, text)))
            .filter(|(_, text)| redactor.redact(text) != text.as_str())
            .map(|(id, text)| format!("{id}: {text:?}: {}", redactor.explain(text)))
            .collect();
        assert!(changed.is_empty(), "{changed:#?}");
    }

    #[test]
    fn each_rule_has_an_id_in_kebab_case_and_examples() {
        assert!(rule_ids().eq(examples().iter().map(|examples| examples.id)));
        for rule in examples() {
            let is_kebab =
                |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
            assert!(rule.id.bytes().all(is_kebab), "{}", rule.id);
            let has_none = rule.id.starts_with("configured-")
                || [structures::UNREAD, structures::NOT_KNOWN].contains(&rule.id);
            assert!(has_none || !rule.secret.is_empty(), "{}", rule.id);
        }
    }

    #[test]
    fn no_ordinary_text_takes_too_long() {
        let texts: Vec<_> = examples().iter().flat_map(Examples::all).collect();
        let found = Redactor::new().findings(&texts.join("\n"));
        assert!(found.len() > 800, "{}", found.len());
        assert!(found.iter().all(|finding| finding.rule != "unread"));
    }
}
