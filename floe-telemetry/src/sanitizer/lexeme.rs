//! Tokens of a language, which are words and no secrets.

use super::key_value::Key;
use super::shape::{is_made_up, is_opaque, is_word_like};
use super::text::{at, part, run_end, run_start, starts_with, starts_with_word};
use super::value::Extent;

/// Whether the value is a token that a lexer or an analyzer found.
pub(super) fn is_one(text: &[u8], key: Key, found: Extent) -> bool {
    if !key.name(text).eq_ignore_ascii_case(b"token") {
        return false;
    }
    let value = part(text, found.start, found.end);
    is_terminal(value) || is_in_ring(value) || has_place(text, found) && !is_opaque(value, 12)
}

/// `token=IDENT`
fn is_terminal(value: &[u8]) -> bool {
    (2..=12).contains(&value.len())
        && value
            .iter()
            .all(|byte| byte.is_ascii_uppercase() || *byte == b'_')
}

/// `Token: -3074457345618258603`: a place in the ring of a cluster.
fn is_in_ring(value: &[u8]) -> bool {
    matches!(value, [b'-', digits @ ..] if digits.len() > 4 && digits.iter().all(u8::is_ascii_digit))
}

/// `"token":"quick","start_offset":0`: where in a text it stood.
fn has_place(text: &[u8], found: Extent) -> bool {
    let name = run_end(text, found.after, 4, |byte| b", \"'".contains(&byte));
    let places = [
        &b"start"[..],
        b"offset",
        b"pos",
        b"line",
        b"column",
        b"span",
    ];
    name > found.after && places.iter().any(|place| starts_with(text, name, place))
}

/// `token: Eof, …`: a variant of an enumeration, as it is printed.
pub(super) fn is_variant(text: &[u8], key: Key, found: Extent) -> bool {
    let value = part(text, found.start, found.end);
    let is_listed = at(text, found.end) == b',' || starts_with_word(text, found.end, b" }");
    key.name(text) == b"token"
        && is_listed
        && value.len() <= 12
        && value[0].is_ascii_uppercase()
        && is_word_like(value)
}

/// `unexpected token: foo` is about a grammar, `expected token: "Amber!42xy"` is not.
pub(super) fn is_parser_token(text: &[u8], key: Key, value: &[u8]) -> bool {
    let Some(end) = key.start.checked_sub(1) else {
        return false;
    };
    let start = run_start(text, end, 12, |byte| byte.is_ascii_alphabetic());
    key.name(text).eq_ignore_ascii_case(b"token")
        && [
            &b"unexpected"[..],
            b"expected",
            b"unknown",
            b"illegal",
            b"next",
            b"current",
            b"first",
            b"last",
            b"previous",
        ]
        .iter()
        .any(|word| part(text, start, end).eq_ignore_ascii_case(word))
        && !is_opaque(value, 6)
        && !is_mixed_password(value)
}

/// Letters, digits and signs, which no token of a grammar has together.
fn is_mixed_password(value: &[u8]) -> bool {
    is_made_up(value, 6)
        && value.iter().any(u8::is_ascii_digit)
        && value.iter().any(|byte| b"!$#%^&*~@?".contains(byte))
}
