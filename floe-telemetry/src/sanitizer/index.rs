//! What belongs to a key and is no part of its name: its quote, an index, a colour, a tag that closes, a
//! number, what PHP says of it, `-D`.

use super::signs::DOT;
use super::text::{
    at, before, find, is_name, nul_len, part, run_end, starts_with, starts_with_word,
};
use super::{Scan, colour, homonym, quote, separator};

/// The length of the quote mark behind the name that ends at `end`, and where the text goes on behind that
/// and what else belongs to the name.
#[inline]
pub(super) fn behind_name(text: &[u8], end: usize) -> (usize, usize) {
    match (at(text, end), at(text, end + 1)) {
        // Nothing that is skipped begins so.
        (b'=', _) | (b' ', b'!'..=b'/' | b':'..=b'~') => (0, end),
        _ => behind_all(text, end),
    }
}

fn behind_all(text: &[u8], end: usize) -> (usize, usize) {
    let mark = quote::mark_len(text, end);
    let mut from = behind(text, end + mark);
    from = colour::behind(text, from);
    from = separator::behind_tag(text, from);
    from = run_end(text, from, 2, |byte| byte == b'*');
    (mark, homonym::behind_number(text, from))
}

/// `["password":protected]=>`: behind what PHP says about a property.
fn behind_visibility(text: &[u8], from: usize) -> usize {
    if at(text, from) != b':' {
        return from;
    }
    let end = run_end(text, from, 96, |byte| {
        is_name(byte) || b":\"\\".contains(&byte)
    });
    let is_said = [&b":protected"[..], b":private"]
        .iter()
        .any(|word| part(text, from, end).ends_with(word));
    if at(text, end) == b']' && is_said {
        end
    } else {
        from
    }
}

/// `password[0]`, `password[]`, `password%5B%5D`, `user%5Bpassword%5D`, `password(s)`.
fn behind(text: &[u8], from: usize) -> usize {
    let from = behind_visibility(text, from);
    let from = from + usize::from(at(text, from) == b']');
    // `RotateSecret() = "…"`
    if starts_with(text, from, b"() = ") {
        return from + 2;
    }
    if starts_with(text, from, b"(s)") {
        return from + 3;
    }
    if starts_with_word(text, from, b"%5d") {
        return from + 3;
    }
    if starts_with_word(text, from, b"%5b") {
        let end = run_end(text, from + 3, 4, |byte| byte.is_ascii_digit());
        let is_index = starts_with_word(text, end, b"%5d");
        return if is_index { end + 3 } else { from };
    }
    if at(text, from) != b'[' {
        return from;
    }
    let end = run_end(text, from + 1, 4, |byte| byte.is_ascii_digit());
    // `passwd[4711]: …` is a process.
    let is_process = end > from + 2 && starts_with(text, end, b"]: ");
    let is_index = at(text, end) == b']' && !is_process;
    if is_index { end + 1 } else { from }
}

/// The fewest dots that lead to a value.
const DOTS: &[u8] = b"....";

/// `password........hunter2`: the part of the word that the anchor is in, if dots lead to a value.
pub(super) fn between_leaders(
    scan: &mut Scan<'_>,
    start: usize,
    anchor: usize,
    end: usize,
) -> (usize, usize) {
    let text = scan.text;
    match scan
        .has(DOT)
        .then(|| find(text, start, end - start, DOTS))
        .flatten()
    {
        Some(dots) if dots > anchor => (start, dots),
        Some(dots) => (
            run_end(text, dots, end - dots, |byte| byte == b'.').min(anchor),
            end,
        ),
        None => (start, end),
    }
}

/// `-Dbasicauth=…`: behind the letter that defines a property of Java's, and behind a NUL.
#[inline]
pub(super) fn behind_prefix(text: &[u8], start: usize) -> usize {
    let start = match before(text, start) {
        b'\\' => behind_nul(text, start),
        _ => start,
    };
    if starts_with(text, start, b"-D") && at(text, start + 2).is_ascii_lowercase() {
        start + 2
    } else {
        start
    }
}

/// `\0--token`: the end of an escape is not part of the name.
fn behind_nul(text: &[u8], start: usize) -> usize {
    let escape = start.wrapping_sub(1);
    let end = escape.wrapping_add(nul_len(text, escape));
    if end > start && at(text, end) == b'-' {
        end
    } else {
        start
    }
}
