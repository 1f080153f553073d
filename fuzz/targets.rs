//! What is fuzzed: each target is a function of bytes that panics when something is wrong.

use floe_telemetry::{sanitize_error_message, sanitize_url};

/// Redaction of any bytes ends, its result is short, and applying it again changes nothing.
pub(crate) fn redaction(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let safe = sanitize_error_message(&text);
    assert!(safe.chars().count() <= 500, "too long: {safe:?}");
    assert_eq!(sanitize_error_message(&safe), safe, "again: {text:?}");
    let url = sanitize_url(&text);
    assert!(!url.contains(SECRET) || text.contains(SECRET));
}

/// Made up, and nothing else looks like it.
const SECRET: &str = "Zq7vXk29PmLw";

/// A password in a line of its own does not survive, whatever stands in the lines around it.
pub(crate) fn planted(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let half = text.len() / 2;
    let middle = (0..=half).rev().find(|at| text.is_char_boundary(*at));
    let (left, right) = text.split_at(middle.unwrap_or_default());
    let message = format!("{left}\ndb_password={SECRET}\n{right}");
    let safe = sanitize_error_message(&message);
    assert!(!safe.contains(SECRET), "{message:?} became {safe:?}");
}
