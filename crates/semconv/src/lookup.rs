//! The attributes by their keys.

use std::collections::HashSet;
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

/// The attributes, sorted by their keys.
pub fn attributes() -> &'static [Row] {
    &table::ROWS
}

/// The attribute with a key; that of a template with the beginning of the key.
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

/// Whether OpenTelemetry has the keys that begin like this one: the first of its words begins an attribute that is not
/// deprecated, and the table has all of those.
pub(crate) fn is_reserved(key: &str) -> bool {
    static NAMESPACES: LazyLock<HashSet<&str>> = LazyLock::new(|| {
        let rows = attributes().iter().filter(|row| row.deprecation.is_none());
        rows.filter_map(|row| row.key.split_once('.'))
            .map(|(namespace, _)| namespace)
            .filter(|namespace| !table::MOVED.contains(namespace))
            .collect()
    });
    key.split_once('.').is_some_and(|(namespace, _)| NAMESPACES.contains(namespace))
}
