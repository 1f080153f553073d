//! Values that stand before their key: `invalid value 'x' for '--token <TOKEN>'`.

use super::key_value::Key;
use super::placeholder::is_placeholder;
use super::shape::{is_made_up, is_opaque};
use super::text::{at, run_end, run_start};
use super::{Scan, quote};

/// How far before its key a value may be.
const REACH: usize = 128;

/// Words that say whose value it was.
const LINKS: &[&str] = &["for", "as", "of", "in", "to", "valid", "is"];

/// Words between the link and the key, or in the place of a link.
const NOUNS: &[&str] = &[
    "a",
    "an",
    "the",
    "key",
    "field",
    "option",
    "argument",
    "arg",
    "parameter",
    "param",
    "setting",
    "variable",
    "property",
    "attribute",
    "column",
    "flag",
    "input",
    "api",
    "not",
];

/// `'x' is not of type 'integer' for key 'password'`.
pub(super) fn scan(scan: &mut Scan<'_>, key: Key) -> bool {
    let text = scan.text;
    let is_gap = |byte: u8| b" \"'`:-".contains(&byte);
    let mut end = run_start(text, key.start, 6, is_gap);
    let mut linked = false;
    for _ in 0..4 {
        let start = run_start(text, end, 12, |byte| byte.is_ascii_alphabetic());
        let word = &text[start..end];
        let is_one = |words: &[&str]| {
            words
                .iter()
                .any(|known| word.eq_ignore_ascii_case(known.as_bytes()))
        };
        linked |= is_one(LINKS);
        if end == key.start || start == end || !linked && !is_one(NOUNS) {
            return false;
        }
        if linked {
            end = start;
            break;
        }
        end = run_start(text, start, 2, is_gap);
    }
    linked && quoted_before(scan, end)
}

/// Redacts what looks made up in the quotes before `end`, on the same line.
fn quoted_before(scan: &mut Scan<'_>, end: usize) -> bool {
    let text = scan.text;
    let line = run_start(text, end, REACH, |byte| byte != b'\n');
    let mut index = line.max(scan.reversed_until);
    scan.reversed_until = end;
    let mut found = false;
    while index < end {
        index = run_end(text, index, end - index, |byte| !b"\"'`".contains(&byte));
        let Some(open) = quote::open(text, index).filter(|_| index < end) else {
            index += 1;
            continue;
        };
        let start = index + open.len;
        let mark = at(text, index);
        let close = run_end(text, start, end.saturating_sub(start), |byte| byte != mark);
        let escape = run_end(text, start, close - start, |byte| byte != b'\\');
        let word = text.get(start..escape).unwrap_or_default();
        if close < end && !is_placeholder(word) && (is_made_up(word, 6) || is_opaque(word, 8)) {
            scan.redact_unless_done(start, close);
            found = true;
        }
        index = close + 1;
    }
    found
}
