//! Formats error messages.

use floe_suggest::{did_you_mean, nearest};

/// Formats an unknown word, with a similar known word as a suggestion.
pub(crate) fn unknown<'a>(
    what: &str,
    found: &str,
    words: impl IntoIterator<Item = &'a str>,
) -> String {
    let words: Vec<_> = words.into_iter().collect();
    let guess = did_you_mean(nearest(found, &words));
    format!("unknown {what} `{found}`, expected {}{guess}", one_of(&words))
}

/// `none`, the only word, or "one of" the words, in backticks.
pub(crate) fn one_of(words: &[&str]) -> String {
    let quoted: Vec<_> = words.iter().map(|word| format!("`{word}`")).collect();
    match &*quoted {
        [] => "none".to_owned(),
        [word] => word.clone(),
        _ => format!("one of {}", quoted.join(", ")),
    }
}

/// The mistake in a key. Keys are words separated by dots, as in OpenTelemetry's conventions.
pub(crate) fn mistake_in_key(key: &str) -> Option<&'static str> {
    if key.split('.').any(str::is_empty) {
        Some("has an empty part")
    } else if key.contains(char::is_whitespace) {
        Some("has a space")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_lists_the_known_words() {
        let message = unknown("argument", "nmae", ["name", "kind"]);
        assert_eq!(
            message,
            "unknown argument `nmae`, expected one of `name`, `kind`; did you mean `name`?"
        );
    }
}
