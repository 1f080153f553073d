//! What a validator found in the place of a value.

use super::Scan;
use super::bytes::Bytes;
use super::key_value::Key;
use super::shape::{LONGEST, holds_made_up, is_made_up, is_opaque};
use super::signs::{OPEN_ROUND, OPEN_SQUARE, QUOTES, Signs};
use super::text::{at, before, find, is_name, part, run_end, starts_with};
use super::value::Site;
use super::word_list::List;

/// What a sentence about a value has.
const WORDS: Bytes = Bytes::alphabetic_and(b",:( }).");

/// Quotes, brackets, or what Go says of arguments that it had no place for.
const OPENERS: Signs = QUOTES.and(OPEN_SQUARE).and(OPEN_ROUND);

/// `".auth.token", got "…"`: what a validator found in the place of the value; `from` is behind the
/// key's quote. What a parser found in the place of a token is a word.
pub(super) fn found_instead(scan: &mut Scan<'_>, key: Key, from: usize) -> bool {
    // Where only words follow there is nothing in quotes or brackets.
    if !scan.has(OPENERS) || scan.is_calm(from, 96) {
        return false;
    }
    let text = scan.text;
    let is_token = key.name(text).eq_ignore_ascii_case(b"token");
    let mut words = run_end(text, from, 64, |byte| WORDS.has(byte));
    // `must be 32 url-safe base64-encoded bytes. Got: '…'`
    let sentences = run_end(text, words, 64, |byte| {
        WORDS.has(byte) || byte.is_ascii_digit() || byte == b'-'
    });
    let is_got = part(text, words, sentences).ends_with(b". Got: ");
    if is_got {
        words = sentences;
    }
    if at(text, words) == b'%' {
        return extra(scan, words);
    }
    // `'shared-secret' was not used (value hunter2)`
    let told = b"(value ";
    if let Some(place) = find(text, from, words - from, told) {
        let start = place + told.len();
        let end = run_end(text, start, 128, |byte| byte > b' ' && byte != b')');
        let word = part(text, start, end);
        let fits =
            at(text, end) == b')' && (is_made_up(word, 6) && !is_token || is_opaque(word, 16));
        if fits {
            scan.redact_unless_done(start, end);
            return true;
        }
    }
    // What stands between is a sentence, or the value is all that is in brackets.
    let said = part(text, from, words);
    let is_said = |word: &[u8]| {
        FOUND.has(word) && word.iter().all(u8::is_ascii_lowercase) || word == b"Value"
    };
    let mut says = said.split(|byte| !byte.is_ascii_alphabetic());
    let mut is_found = || says.clone().any(is_said) && !says.any(|word| word == b"not");
    if !(is_got || before(text, words) == b' ' && is_found() || said == b" (") {
        return false;
    }
    // `rejected value [hunter2]`
    let close = run_end(text, words + 1, 64, |byte| {
        byte >= b' ' && !matches!(byte, b']' | b'=')
    });
    let word = part(text, words + 1, close);
    if at(text, words) == b'[' && at(text, close) == b']' && !is_token && holds_made_up(word) {
        scan.redact_unless_done(words + 1, close);
        return true;
    }
    let open = run_end(text, words, 24, |byte| {
        is_name(byte) || b"{\": ".contains(&byte)
    });
    let quoted = [words, open.saturating_sub(1)]
        .into_iter()
        .find_map(|start| scan.quoted(start, Site::default()))
        .filter(|found| {
            let word = part(text, found.start, found.end);
            !is_token && holds_made_up(word) || is_opaque(word, if is_token { 16 } else { 8 })
        });
    if let Some(found) = quoted {
        scan.redact_unless_done(found.start, found.end);
    }
    quoted.is_some()
}

/// `token was refused%!(EXTRA string=…)`: what Go was given and had no place for.
fn extra(scan: &mut Scan<'_>, from: usize) -> bool {
    let text = scan.text;
    let mark = b"%!(EXTRA string=";
    if !starts_with(text, from, mark) {
        return false;
    }
    let start = from + mark.len();
    let end = run_end(text, start, LONGEST, |byte| !b",)\n".contains(&byte));
    let fits = holds_made_up(part(text, start, end));
    if fits {
        scan.redact_unless_done(start, end);
    }
    fits
}

/// Words of which one says that a value follows.
static FOUND: List = List::of(&[
    "actual",
    "converting",
    "found",
    "given",
    "got",
    "input",
    "received",
    "supplied",
    "value",
    "was",
]);
