//! Finds attributes by their keys.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::row::Row;
use crate::table;

/// The schema URL of the conventions in the table.
pub const SCHEMA_URL: &str = table::SCHEMA_URL;

/// The version of the conventions in the table, such as `1.44.0`.
pub const VERSION: &str = {
    let (_, version) = SCHEMA_URL.split_at("https://opentelemetry.io/schemas/".len());
    version
};

/// Returns the attributes, sorted by their keys.
pub fn attributes() -> &'static [Row] {
    table::ROWS
}

/// Returns the attribute with this key, or the template for it: `http.request.header` for `http.request.header.etag`.
pub fn attribute(key: &str) -> Option<&'static Row> {
    let rows = attributes();
    if let Ok(place) = rows.binary_search_by(|row| row.key.cmp(key)) {
        return Some(&rows[place]);
    }

    let ends = key.rmatch_indices('.').map(|(end, _)| end);
    let templates = ends.filter_map(|end| {
        let place = rows.binary_search_by(|row| row.key.cmp(&key[..end]));
        Some(&rows[place.ok()?])
    });

    templates.into_iter().find(|row| row.is_template)
}

pub(crate) fn has_namespace(word: &str) -> bool {
    KEYS.below.contains_key(word)
}

/// Returns the current keys with this first word.
pub(crate) fn below(word: &str) -> &'static [&'static str] {
    KEYS.below.get(word).map_or(&[], Vec::as_slice)
}

/// Returns the current keys that equal `rest` after the first word and its dot.
pub(crate) fn ending(rest: &str) -> &'static [&'static str] {
    KEYS.ending.get(rest).map_or(&[], Vec::as_slice)
}

#[derive(Default)]
struct Keys {
    below: HashMap<&'static str, Vec<&'static str>>,
    ending: HashMap<&'static str, Vec<&'static str>>,
}

static KEYS: LazyLock<Keys> = LazyLock::new(|| {
    let mut keys = Keys::default();
    for row in attributes() {
        let Some((word, rest)) = row.key.split_once('.') else { continue };
        let below = keys.below.entry(word).or_default();
        if row.deprecation.is_none() {
            below.push(row.key);
            keys.ending.entry(rest).or_default().push(row.key);
        }
    }
    keys
});
