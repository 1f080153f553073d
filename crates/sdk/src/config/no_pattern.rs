//! The regular expressions of a program without the feature for them, which has none.

use std::ops::Range;

use super::feature::needed;

pub(super) fn check(_: &str) -> Result<(), String> {
    Err(without_patterns())
}

/// A function that finds a match.
type Find = fn(&str, usize) -> Option<Range<usize>>;

pub(crate) fn compile(_: &str) -> Result<Find, String> {
    Err(without_patterns())
}

fn without_patterns() -> String {
    let needed = needed("one", "patterns");
    format!("is a regular expression: {needed}")
}
