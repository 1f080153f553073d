//! The user's own patterns.

use regex::Regex;

use super::{REDACTED, Rule, Scan};

/// Redacts what the patterns match, except inside of a mark: redacting again changes nothing.
pub(super) fn scan(scan: &mut Scan<'_>, text: &str) {
    for (index, pattern) in scan.policy.patterns.iter().enumerate() {
        scan.rule = Rule::UserPattern(index);
        for (start, end) in matches(pattern, text) {
            scan.redact(start, end);
        }
    }
}

/// Matches outside of marks; one that reaches into a mark takes all of it.
fn matches<'t>(pattern: &'t Regex, text: &'t str) -> impl Iterator<Item = (usize, usize)> + 't {
    pattern.find_iter(text).filter_map(|found| {
        let (start, end) = (found.start(), found.end());
        let first = mark_around(text, start);
        if start == end || first.is_some_and(|(_, mark_end)| end <= mark_end) {
            return None;
        }
        let start = first.map_or(start, |(mark, _)| mark);
        let end = mark_around(text, end - 1).map_or(end, |(_, mark_end)| mark_end);
        Some((start, end))
    })
}

/// The mark that the byte at `index` is in.
fn mark_around(text: &str, index: usize) -> Option<(usize, usize)> {
    let first = index.saturating_sub(REDACTED.len() - 1);
    let near = text.as_bytes().get(first..)?;
    let near = &near[..near.len().min(2 * REDACTED.len() - 1)];
    let offset = near
        .windows(REDACTED.len())
        .position(|part| part == REDACTED.as_bytes())?;
    let start = first + offset;
    (start <= index).then_some((start, start + REDACTED.len()))
}
