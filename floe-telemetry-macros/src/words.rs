//! Formats error messages: what was found and what is accepted.

/// Formats the error for an unknown word, with a suggestion if a known word is similar.
pub(crate) fn unknown<'a>(
    what: &str,
    found: &str,
    accepted: impl IntoIterator<Item = &'a str>,
) -> String {
    let accepted: Vec<_> = accepted.into_iter().collect();
    let guess = closest(found, &accepted)
        .map(|word| format!(", did you mean `{word}`?"))
        .unwrap_or_default();
    format!(
        "unknown {what} `{found}`{guess} (accepted: {})",
        list(&accepted)
    )
}

/// Formats the words in backticks, or `none`.
pub(crate) fn list(words: &[&str]) -> String {
    if words.is_empty() {
        return "none".to_owned();
    }
    words
        .iter()
        .map(|word| format!("`{word}`"))
        .collect::<Vec<_>>()
        .join(", ")
}

/// Returns the nearest word within a third of its length, or a word that starts with `found`.
fn closest<'a>(found: &str, accepted: &[&'a str]) -> Option<&'a str> {
    let near = accepted
        .iter()
        .map(|word| (distance(found, word), *word))
        .filter(|(distance, word)| *distance <= word.len().max(3) / 3)
        .min_by_key(|(distance, _)| *distance);
    let part = || {
        accepted
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
    fn the_message_lists_what_is_accepted() {
        let message = unknown("argument", "nmae", ["name", "kind"]);
        assert_eq!(
            message,
            "unknown argument `nmae`, did you mean `name`? (accepted: `name`, `kind`)"
        );
    }
}
