//! A change of a value names two: the old one and the new one.

use super::key_value::Key;
use super::lexicon::Class;
use super::placeholder::is_placeholder;
use super::shape::{holds_made_up, is_made_up, is_opaque};
use super::text::{at, part, run_end, skip_spaces, starts_with, starts_with_word};
use super::value::{self, Extent, Site};
use super::{Scan, words};

/// `"old" -> "new"`, `"old" => "new"`: the plan of a change; `"got", want "…"`, `"…" but … "…"`: the
/// other value of a comparison.
pub(super) fn arrow(scan: &mut Scan<'_>, old: Extent) {
    let text = scan.text;
    if !old.quoted {
        return;
    }
    let arrow = skip_spaces(text, old.after);
    let is_arrow = [&b"-> "[..], b"=> ", "→ ".as_bytes(), b", want ", b"!= "]
        .iter()
        .any(|mark| starts_with(text, arrow, mark));
    if is_arrow {
        let start = run_end(text, arrow, 8, |byte| !b"\"'`".contains(&byte));
        if let Some(new) = scan.quoted(start, Site::default()) {
            scan.redact_unless_done(new.start, new.end);
        }
    } else if at(text, old.after) == b' ' {
        other(scan, old.after);
    }
}

/// `"…" with a length of 12, but "…"`
fn other(scan: &mut Scan<'_>, from: usize) {
    let text = scan.text;
    let start = run_end(text, from, 64, |byte| {
        byte.is_ascii_alphanumeric() || matches!(byte, b' ' | b',')
    });
    let mut words = part(text, from, start).split(|byte| *byte == b' ');
    let opening =
        value::opening(text, start, Site::default()).filter(|_| words.any(|word| word == b"but"));
    let found = opening
        .map(|(content, quote)| Extent::of_quote(content, scan.close(content, quote)))
        .filter(|found| holds_made_up(part(text, found.start, found.end)));
    if let Some(found) = found {
        scan.redact_unless_done(found.start, found.end);
    }
}

/// Behind what was done to a value: `was changed`.
pub(super) fn behind_verbs(text: &[u8], mut start: usize) -> usize {
    for _ in 0..3 {
        let end = run_end(text, start, 10, |byte| byte.is_ascii_alphabetic());
        let word = part(text, start, end);
        if at(text, end) != b' ' || !words::VERBS.has(word) {
            break;
        }
        start = skip_spaces(text, end);
    }
    start
}

/// `changed from 'old' to 'new'`, at `from`; whether there was a value.
pub(super) fn told(scan: &mut Scan<'_>, key: Key, from: usize) -> bool {
    let text = scan.text;
    if key.class != Class::Strong {
        return false;
    }
    let first = skip_spaces(text, from);
    let mut start = first + usize::from(at(text, first) == b'(');
    start = behind_verbs(text, start);
    let is_told = start > first + 1;
    if starts_with_word(text, start, b"from ") {
        start = skip_spaces(text, start + 5);
    } else if is_told && starts_with_word(text, start, b"to ") {
        start = skip_spaces(text, start + 3);
    }
    // `secret from … to …`
    let is_plain = || {
        let end = run_end(text, start, 128, |byte| byte > b' ');
        starts_with_word(text, end, b" to ") && is_opaque(part(text, start, end), 8)
    };
    if !(is_told || start > first + 1 && is_plain()) {
        return false;
    }
    let Some(old) = stated(scan, start) else {
        return false;
    };
    let link = skip_spaces(text, old);
    let links = [&b"to "[..], b", now ", b", is now ", b", new "];
    if let Some(words) = links
        .iter()
        .find(|words| starts_with_word(text, link, words))
    {
        stated(scan, skip_spaces(text, link + words.len()));
    }
    true
}

/// Redacts the value at `start` if it looks like one, and says where the text goes on.
fn stated(scan: &mut Scan<'_>, start: usize) -> Option<usize> {
    let site = Site {
        doubtful: true,
        ..Site::default()
    };
    let found = value::extent(scan.text, start, site)?;
    let word = part(scan.text, found.start, found.end);
    let looks_it = is_made_up(word, 6) || is_opaque(word, 8) || found.quoted;
    if !looks_it || is_placeholder(word) {
        return None;
    }
    scan.redact(found.start, found.end);
    Some(found.after)
}
