//! Replaces regular expressions in a program without the feature `patterns`, in which each pattern is an error.

use std::ops::Range;

use super::feature::needed;

pub(super) fn check(_: &str) -> Result<(), String> {
    Err(without_patterns())
}

type Find = fn(&str, usize) -> Option<Range<usize>>;

pub(crate) fn compile(_: &str) -> Result<Find, String> {
    Err(without_patterns())
}

fn without_patterns() -> String {
    let needed = needed("a regular expression", "patterns");
    format!("is not usable: {needed}")
}
