//! The fuzz targets. Each is a function of bytes that panics when a property does not hold.

use floe_telemetry::{sanitize_error_message, sanitize_url};

/// Redaction terminates for any bytes, its result is bounded, and it is idempotent.
pub(crate) fn redaction(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let safe = sanitize_error_message(&text);
    assert!(safe.chars().count() <= 500, "too long: {safe:?}");
    assert_eq!(sanitize_error_message(&safe), safe, "again: {text:?}");
    let url = sanitize_url(&text);
    assert!(!url.contains(SECRET) || text.contains(SECRET));
}

/// A value that occurs nowhere else.
const SECRET: &str = "Zq7vXk29PmLw";

/// A password in a line of its own is redacted, whatever the other lines contain.
pub(crate) fn planted(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let half = text.len() / 2;
    let middle = (0..=half).rev().find(|at| text.is_char_boundary(*at));
    let (left, right) = text.split_at(middle.unwrap_or_default());
    let message = format!("{left}\ndb_password={SECRET}\n{right}");
    let safe = sanitize_error_message(&message);
    assert!(!safe.contains(SECRET), "{message:?} became {safe:?}");
}
