//! Suggests the correct word in errors about misspelled words.

pub use floe_semconv::{edits, misspelled, nearest};

/// Formats "; did you mean `a`?", or nothing.
pub fn did_you_mean(word: Option<&str>) -> String {
    word.map_or_else(String::new, |word| format!("; did you mean `{word}`?"))
}

/// Formats "expected `a` or `b`, found `x`", with a suggestion if a word is similar.
pub fn expected(words: &[&str], found: &str) -> String {
    let suggestion = did_you_mean(nearest(found, words));
    format!("expected {}, found `{found}`{suggestion}", one_of(words))
}

/// Formats the message about a key that is not among the known ones.
pub fn unknown_key(found: &str, known: &[&str]) -> String {
    match nearest(found, known) {
        None => format!("unknown key, expected {}", one_of(known)),
        near => format!("unknown key{}", did_you_mean(near)),
    }
}

/// Formats "`a`", "`a` or `b`" or "`a`, `b` or `c`".
pub fn one_of(words: &[&str]) -> String {
    listed(words.iter().map(|word| format!("`{word}`")).collect(), "or")
}

/// Formats "`a`", "`a` and `b`" or "`a`, `b` and `c`".
pub fn all_of(words: &[&str]) -> String {
    listed(words.iter().map(|word| format!("`{word}`")).collect(), "and")
}

/// Formats "a", "a and b" or "a, b and c" for a conjunction of "and".
pub(crate) fn listed(mut words: Vec<String>, conjunction: &str) -> String {
    match (words.pop(), &*words) {
        (None, _) => "nothing".to_owned(),
        (Some(last), []) => last,
        (Some(last), first) => format!("{} {conjunction} {last}", first.join(", ")),
    }
}
