//! Formats error messages.

/// Formats the error for an unknown word, with a suggestion if a known word is similar.
pub(crate) fn unknown<'a>(
    what: &str,
    found: &str,
    words: impl IntoIterator<Item = &'a str>,
) -> String {
    let words: Vec<_> = words.into_iter().collect();
    let guess = closest(found, &words)
        .map(|word| format!("; did you mean `{word}`?"))
        .unwrap_or_default();
    format!(
        "unknown {what} `{found}`, expected {}{guess}",
        one_of(&words)
    )
}

/// Formats `none`, the only word, or "one of" the words, in backticks.
pub(crate) fn one_of(words: &[&str]) -> String {
    let quoted: Vec<_> = words.iter().map(|word| format!("`{word}`")).collect();
    match &*quoted {
        [] => "none".to_owned(),
        [word] => word.clone(),
        _ => format!("one of {}", quoted.join(", ")),
    }
}

/// Returns the nearest word within a third of its length, or a word that starts with `found`.
pub(crate) fn closest<'a>(found: &str, words: &[&'a str]) -> Option<&'a str> {
    let near = words
        .iter()
        .map(|word| (distance(found, word), *word))
        .filter(|(distance, word)| *distance <= word.len().max(3) / 3)
        .min_by_key(|(distance, _)| *distance);
    let part = || {
        words
            .iter()
            .find(|word| found.len() > 2 && word.starts_with(found))
    };
    near.map(|(_, word)| word).or_else(|| part().copied())
}

/// Returns the number of edits between two words. Two swapped letters count as one edit.
fn distance(from: &str, to: &str) -> usize {
    let (from, to): (Vec<_>, Vec<_>) = (from.chars().collect(), to.chars().collect());
    let mut rows: Vec<Vec<usize>> = vec![(0..=to.len()).collect()];
    for i in 1..=from.len() {
        let mut row = vec![i];
        for j in 1..=to.len() {
            let changed = usize::from(from[i - 1] != to[j - 1]);
            let mut best = (rows[i - 1][j] + 1)
                .min(row[j - 1] + 1)
                .min(rows[i - 1][j - 1] + changed);
            if i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows[from.len()][to.len()]
}

/// Describes the mistake in a key, if there is one. Keys are words separated by dots, as in
/// OpenTelemetry's conventions.
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

    fn guess(found: &str) -> Option<&'static str> {
        closest(found, &["name", "kind", "attributes", "attributes_fn"])
    }

    #[test]
    fn a_misspelt_word_is_recognised() {
        assert_eq!(guess("nmae"), Some("name"));
        assert_eq!(guess("attribute"), Some("attributes"));
        assert_eq!(guess("attr"), Some("attributes"));
    }

    #[test]
    fn a_different_word_is_not() {
        assert_eq!(guess("level"), None);
        assert_eq!(guess("x"), None);
    }

    #[test]
    fn the_message_lists_the_known_words() {
        let message = unknown("argument", "nmae", ["name", "kind"]);
        assert_eq!(
            message,
            "unknown argument `nmae`, expected one of `name`, `kind`; did you mean `name`?"
        );
    }
}
