//! Keys whose value follows without `=` or `:`: options, SQL, XML, calls, netrc, sentences.

use super::key_value::{Key, redact_at, word_before};
use super::lexicon::Class;
use super::placeholder::is_prose;
use super::shape::is_opaque;
use super::text::{at, is_break, is_name, run_end, run_start, skip_spaces, starts_with_word};
use super::value::{self, Site};
use super::verdict::is_secret;
use super::{Scan, sql, structure};

/// Words between a noun and its value in a sentence.
const FILLERS: &[&str] = &[
    "is", "was", "provided", "given", "used", "value", "of", "equals", "to", "set", "got",
    "received", "supplied", "valid", "not",
];

/// `mark` is the length of the quote mark behind the key.
pub(super) fn scan(scan: &mut Scan<'_>, key: Key, mark: usize) {
    let text = scan.text;
    let behind = key.end + mark;
    let done = structure::xml(scan, key, behind)
        || option(scan, key, mark)
        || structure::named(scan, key, behind)
        || (mark > 0 && structure::tuple(scan, key, behind))
        || structure::fields(scan, key, behind)
        || (mark == 0 && (structure::call(scan, key) || sql::sql(scan, key) || netrc(scan, key)));
    if !done && mark == 0 && key.class == Class::Strong && at(text, key.end) != b'(' {
        let _ = owned(scan, key) || sentence(scan, key);
    }
}

/// `--password value`, `"--token", "value"`.
fn option(scan: &mut Scan<'_>, key: Key, mark: usize) -> bool {
    let text = scan.text;
    let behind = key.end + mark;
    if !key.is_option || !(is_break(text, behind) || at(text, behind) == b',') {
        return false;
    }
    let comma = run_end(text, behind, 1, |byte| byte == b',');
    let start = skip_line_blanks(text, comma);
    let site = Site {
        equals: true,
        ..Site::default()
    };
    let is_next_option =
        at(text, start) == b'-' && (at(text, start + 1) == b'-' || is_break(text, start + 2));
    let Some(found) = value::extent(text, start, site).filter(|_| !is_next_option) else {
        return true;
    };
    let word = &text[found.start..found.end];
    let is_text = !found.quoted && is_prose(word) || word.starts_with(b"--");
    if !is_text && is_secret(text, key, found, site, false) {
        scan.redact(found.start, found.end);
    }
    true
}

/// An argument list printed one per line is still one list.
fn skip_line_blanks(text: &[u8], from: usize) -> usize {
    if at(text, from.saturating_sub(1)) == b',' {
        run_end(text, from, 64, |byte| byte.is_ascii_whitespace())
    } else {
        skip_spaces(text, from)
    }
}

/// `login user password …`.
fn netrc(scan: &mut Scan<'_>, key: Key) -> bool {
    let text = scan.text;
    let login_end = run_start(text, key.start, 4, |byte| byte.is_ascii_whitespace());
    let login = run_start(text, login_end, 64, |byte| byte > b' ');
    let space = run_start(text, login, 4, |byte| byte.is_ascii_whitespace());
    let is_login = [&b"login"[..], b"user", b"account"]
        .iter()
        .any(|w| word_before(text, space, w));
    if !is_login || space == login || !key.name(text).eq_ignore_ascii_case(b"password") {
        return false;
    }
    let start = skip_spaces(text, key.end);
    let end = run_end(text, start, 256, |byte| byte > b' ');
    if start == key.end || end == start || is_prose(&text[start..end]) {
        return false;
    }
    redact_at(scan, key, start, Site::default())
}

/// `password for bob: …`, `password (bob): …`.
fn owned(scan: &mut Scan<'_>, key: Key) -> bool {
    let text = scan.text;
    let start = skip_spaces(text, key.end);
    let words = [&b"for "[..], b"of ", b"("];
    let Some(word) = words
        .iter()
        .find(|word| starts_with_word(text, start, word))
    else {
        return false;
    };
    let owner = start + word.len();
    let end = run_end(text, owner, 64, |byte| {
        byte > b' ' && !b":=)".contains(&byte)
    });
    let colon = end + usize::from(at(text, end) == b')');
    let value = skip_spaces(text, colon + 1);
    if end == owner || at(text, colon) != b':' || value == colon + 1 {
        return false;
    }
    let word = &text[value..run_end(text, value, 32, |byte| byte > b' ')];
    !is_prose(word) && !word.is_empty() && redact_at(scan, key, value, Site::default())
}

/// `API key provided: …`, `token … was revoked`, `the password is …`: a value that looks random.
fn sentence(scan: &mut Scan<'_>, key: Key) -> bool {
    let text = scan.text;
    let mut start = skip_spaces(text, key.end);
    let mut stated = false;
    for _ in 0..4 {
        let end = run_end(text, start, 16, |byte| byte.is_ascii_alphabetic());
        let word = &text[start..end];
        if !FILLERS
            .iter()
            .any(|filler| word.eq_ignore_ascii_case(filler.as_bytes()))
        {
            break;
        }
        stated = [&b"is"[..], b"was", b"equals"].contains(&word);
        let colon = run_end(text, end, 1, |byte| matches!(byte, b':' | b'='));
        start = skip_spaces(text, colon);
    }
    if start == key.end {
        return false;
    }
    let site = Site {
        doubtful: true,
        ..Site::default()
    };
    let Some(found) = value::extent(text, start, site) else {
        return false;
    };
    let word = &text[found.start..found.end];
    let mixed = word.iter().any(u8::is_ascii_digit)
        && word.iter().any(u8::is_ascii_alphabetic)
        && word
            .iter()
            .all(|byte| is_name(*byte) || b"!@#$%^&*+-".contains(byte));
    let fits = is_opaque(word, 8) || stated && mixed && word.len() >= 8;
    if fits {
        let found = value::whole(text, start, found, site);
        scan.redact(found.start, found.end);
    }
    fits
}
