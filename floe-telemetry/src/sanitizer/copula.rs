//! Verbs between a noun and its value: `password is …`, `Passwort lautet …`.

use super::key_value::Key;
use super::shape::{holds_made_up, is_made_up, is_opaque, trim_end};
use super::text::{at, ends_with_word, part, run_end, skip_spaces, starts_with, starts_with_word};
use super::value::{self, Site};
use super::word_list::List;
use super::{Scan, operand};

/// Verbs in the languages that error messages come from; those that begin with no ASCII are in [`is_one`].
/// Sorted.
static VERBS: List = List::of(&[
    "equals", "era", "es", "est", "is", "ist", "jest", "lautet", "returned", "war", "was",
]);

/// Whether the list has the word, and no letter of it is a capital.
fn has_as_written(word: &[u8], list: &List) -> bool {
    list.has(word) && !word.iter().any(u8::is_ascii_uppercase)
}

/// Whether the word is one.
pub(super) fn is_one(word: &[u8]) -> bool {
    has_as_written(word, &VERBS) || ["är", "è", "é"].iter().any(|verb| verb.as_bytes() == word)
}

/// Behind the first verb of the words from `from` on, at most `reach` bytes away.
pub(super) fn find(text: &[u8], from: usize, reach: usize) -> Option<usize> {
    let limit = from + reach;
    let mut start = skip_spaces(text, from);
    while start < limit {
        let end = run_end(text, start, reach, |byte| byte > b' ');
        if is_one(part(text, start, end)) {
            let value = skip_spaces(text, end);
            let is_apart = at(text, value) == b':' && at(text, value + 1) == b' ';
            return Some(if is_apart { value + 2 } else { value });
        }
        let is_word = |byte: &u8| {
            byte.is_ascii_alphanumeric() || *byte >= 0x80 || b"_-.@\'\"()/`".contains(byte)
        };
        if end == start || at(text, end) != b' ' || !part(text, start, end).iter().all(is_word) {
            return None;
        }
        start = skip_spaces(text, end);
    }
    None
}

/// Whether the word at `from` is one.
pub(super) fn begins(text: &[u8], from: usize) -> bool {
    let end = run_end(text, from, 12, |byte| byte > b' ');
    at(text, end) == b' ' && is_one(part(text, from, end))
}

/// Words that join a noun to whose or what it is. Sorted.
static PREPOSITIONS: List = List::of(&[
    "at", "de", "del", "di", "dla", "du", "for", "för", "für", "in", "of", "on", "para", "per",
    "pour", "to", "von", "voor", "zu",
]);

/// `Passwort für den Benutzer bob lautet …`, `token of the build in CI is …`.
pub(super) fn stated(scan: &mut Scan<'_>, key: Key) -> bool {
    let text = scan.text;
    let mut start = skip_spaces(text, key.end);
    // `password generated on first boot is …`
    let participle = run_end(text, start, 16, |byte| byte.is_ascii_lowercase());
    if part(text, start, participle).ends_with(b"ed") {
        start = skip_spaces(text, participle);
    }
    let end = run_end(text, start, 8, |byte| {
        byte.is_ascii_alphabetic() || byte >= 0x80
    });
    let word = part(text, start, end);
    let is_joined = has_as_written(word, &PREPOSITIONS);
    // `the password (which is …)`
    let is_joined = is_joined || at(text, start) == b'(' && starts_with(text, start + 1, b"which ");
    let end = end + usize::from(at(text, end) == b'(');
    let Some(value) = is_joined.then(|| find(text, end, 80)).flatten() else {
        return false;
    };
    let site = Site {
        doubtful: true,
        ..Site::default()
    };
    let found = value::extent(text, value, site).filter(|found| {
        let word = part(text, found.start, found.end);
        found.quoted && holds_made_up(word) || is_made_up(word, 6) || is_opaque(word, 8)
    });
    if let Some(found) = found {
        scan.redact_unless_done(found.start, found.end);
    }
    found.is_some()
}

/// `verification code is 123456`.
pub(super) fn coded(scan: &mut Scan<'_>, key: Key) -> bool {
    let text = scan.text;
    let name = key.name(text);
    let is_code = [&b"code"[..], b"otp", b"pin"]
        .iter()
        .any(|known| ends_with_word(name, known));
    if !is_code || !starts_with_word(text, key.end, b" is ") {
        return false;
    }
    let start = skip_spaces(text, key.end + 4);
    let mut end = run_end(text, start, 12, |byte| byte.is_ascii_digit());
    let mut fits = (4..=10).contains(&(end - start)) && !at(text, end).is_ascii_alphanumeric();
    if !fits {
        let (_, stop) = operand::word(text, start);
        let word = trim_end(part(text, start, stop), b".,;!");
        end = start + word.len();
        fits = is_opaque(word, 16);
    }
    if fits {
        scan.redact(start, end);
    }
    fits
}
