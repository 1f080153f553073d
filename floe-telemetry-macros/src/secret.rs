//! Detects names of credentials, whose values must not be recorded by mistake.
//!
//! `floe-secret-names` has the table of these names, which redaction reads, too.

use floe_secret_names::{ADDRESSES, secret_names};

#[cfg(test)]
mod tests;

macro_rules! rows {
    ($($id:literal $kind:ident $(($($flag:ident),+))? $names:literal)*) => {
        /// The names in the rows of the table.
        const NAMES: &[&str] = &[$($names,)* ADDRESSES];
    };
}

secret_names!(rows);

/// Words that may follow a credential's name and denote a form of its value.
const FORMS: &[&str] =
    &["b64", "base64", "bytes", "hash", "pem", "raw", "str", "string", "text", "value"];

/// Returns whether a field with this name is a form of the credential that contains it, as in `token.base64`.
pub(crate) fn is_form(name: &str) -> bool {
    FORMS.contains(&name)
}

/// Words before `tokens` that denote a number of tokens.
const COUNTS: &[&str] = &[
    "cached",
    "completion",
    "input",
    "max",
    "min",
    "num",
    "output",
    "prompt",
    "reasoning",
    "remaining",
    "total",
    "used",
];

/// First words of a name that denote a boolean.
const QUESTIONS: &[&str] = &["has", "is", "needs", "uses", "with"];

/// Returns whether `name` is the name of a credential. `token_count` is not, because it is a count, and neither is
/// `has_token`, which is a boolean.
pub(crate) fn is_named_by(name: &str) -> bool {
    let mut words = words(name);
    if words.len() > 1 && QUESTIONS.contains(&words[0].as_str()) {
        return false;
    }

    while let Some(last) = words.last() {
        let letters = words.concat();
        let counted = last == "tokens"
            && words.iter().rev().nth(1).is_some_and(|word| COUNTS.contains(&word.as_str()));
        if counted {
            return false;
        }

        let mut names = NAMES.iter().flat_map(|names| names.split(", "));
        if names.any(|name| is_last(&words, &letters, name)) {
            return true;
        }

        if !FORMS.contains(&last.as_str()) && !last.bytes().all(|byte| byte.is_ascii_digit()) {
            return false;
        }

        words.pop();
    }
    false
}

/// Whether a name of the table is at the end of a name, whose words are also given joined.
fn is_last(words: &[String], letters: &str, name: &str) -> bool {
    let known = name.trim_start_matches('*').replace(' ', "");
    let is_whole = || (0..words.len()).any(|start| words[start..].concat() == known);
    if name.starts_with('*') { letters.ends_with(&known) } else { is_whole() }
}

/// Splits `refresh_token`, `refreshToken` or `REFRESH-TOKEN` into words in lower case.
fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let letters: Vec<char> = name.chars().collect();
    let mut begins = true;
    for (index, letter) in letters.iter().enumerate() {
        if !letter.is_alphanumeric() {
            begins = true;
            continue;
        }

        let before = index.checked_sub(1).map(|index| letters[index]);
        let next_is_lower = letters.get(index + 1).is_some_and(|letter| letter.is_lowercase());
        let hump = letter.is_uppercase()
            && before.is_some_and(|before| !before.is_uppercase() || next_is_lower);
        match words.last_mut() {
            Some(word) if !begins && !hump => word.extend(letter.to_lowercase()),
            _ => words.push(letter.to_lowercase().collect()),
        }

        begins = false;
    }

    // Removes the digit of `password2`.
    if let Some(last) = words.last_mut() {
        let name = last.trim_end_matches(|letter: char| letter.is_ascii_digit());
        if !name.is_empty() && !FORMS.contains(&last.as_str()) {
            *last = name.to_owned();
        }
    }
    words
}
