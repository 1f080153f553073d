//! What a test says about a secret that is not as it should be: `left: "…"`, `but was: <…>`.

use std::sync::LazyLock;

use regex::bytes::Regex;

use super::key_value::Key;
use super::lexicon::Class;
use super::placeholder::is_placeholder;
use super::shape::{holds_made_up, is_opaque};
use super::signs::{ANGLE, QUOTES, Signs};
use super::text::{at, part, run_end, run_start};
use super::{Scan, quote};

/// How far before and behind the key an assertion may have its values.
const BEFORE: usize = 160;
const BEHIND: usize = 320;

/// Longest value.
const LIMIT: usize = 256;

/// What a value may stand in.
const OPENERS: Signs = QUOTES.and(ANGLE);

/// What only assertions and validators say.
static MARKS: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new("ssert|xpect|alida|# 1\n |└").ok());

/// Words that say which value it is. Sorted.
const LABELS: &[&str] = &[
    "actual", "expected", "found", "got", "left", "received", "right", "variant", "was",
];

/// Redacts what looks like a secret among the values of an assertion about the key.
pub(super) fn scan(scan: &mut Scan<'_>, key: Key) -> bool {
    let text = scan.text;
    if key.class != Class::Strong || key.start < scan.asserted_until || !scan.has(OPENERS) {
        return false;
    }
    let from = scan.asserted_until.max(key.start.saturating_sub(BEFORE));
    let end = text.len().min(key.end + BEHIND);
    scan.asserted_until = end;
    let near = part(text, from, end);
    if !MARKS.as_ref().is_some_and(|marks| marks.is_match(near)) {
        return false;
    }
    // What a parser expected is a word.
    let is_token = key.name(text).eq_ignore_ascii_case(b"token");
    let mut index = from;
    let mut found = false;
    while index < end {
        index = run_end(text, index, end - index, |byte| !b"\"'`<\\".contains(&byte));
        let Some((start, close, after)) = value(scan, index) else {
            index += 1;
            continue;
        };
        let word = part(text, start, close);
        let fits =
            is_opaque(word, 16) || !is_token && is_labelled(text, index) && holds_made_up(word);
        if fits && !is_placeholder(word) {
            scan.redact_unless_done(start, close);
            found = true;
        }
        index = after.max(index + 1);
    }
    found
}

/// The value in quotes or angle brackets at `index`, and where the text goes on.
fn value(scan: &mut Scan<'_>, index: usize) -> Option<(usize, usize, usize)> {
    let text = scan.text;
    if at(text, index) == b'<' {
        let close = run_end(text, index + 1, LIMIT, |byte| byte > b' ' && byte != b'>');
        return (at(text, close) == b'>').then_some((index + 1, close, close + 1));
    }
    let mark = quote::open(text, index)?;
    let start = index + mark.len;
    let (close, after) = scan.close(start, mark);
    (close > start && close - start <= LIMIT).then_some((start, close, after))
}

/// Whether `left:` or `but was:` stands before the value, the mark of what a variable holds, or the
/// number of an argument.
fn is_labelled(text: &[u8], value: usize) -> bool {
    let gap = run_start(text, value, 12, |byte| {
        byte.is_ascii_whitespace() || byte == b':'
    });
    let head = part(text, 0, gap);
    let marks = ["└", "# 1", "# 2"];
    if gap < value && marks.iter().any(|mark| head.ends_with(mark.as_bytes())) {
        return true;
    }
    let word = run_start(text, gap, 12, |byte| byte.is_ascii_alphabetic());
    gap < value
        && LABELS
            .iter()
            .any(|label| part(text, word, gap).eq_ignore_ascii_case(label.as_bytes()))
}
