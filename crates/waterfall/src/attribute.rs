//! The text of an attribute below a span.

/// The beginnings of keys that are not printed: the message and the place of an error have lines of their own, and
/// attributes of threads and of the floe platform are on each span.
const HIDDEN: [&str; 5] = ["code.", "error.type", "exception.", "floe.", "thread."];

/// Returns `key=value`, with quotes around a value that would not be read as one word, or `None` for an attribute that
/// is not printed.
pub fn attribute(key: &str, value: &str) -> Option<String> {
    if HIDDEN.iter().any(|hidden| key.starts_with(hidden)) {
        return None;
    }

    let is_word = !value.is_empty() && !value.contains(char::is_whitespace);
    Some(if is_word { format!("{key}={value}") } else { format!("{key}={value:?}") })
}
