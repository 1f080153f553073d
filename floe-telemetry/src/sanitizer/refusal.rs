//! Values that were not accepted: `wrong password given: …`, `--token: invalid choice: '…'`.

use super::Scan;
use super::key_value::Key;
use super::shape::{holds_made_up, is_made_up, is_opaque};
use super::text::{
    at, ends_with_word, part, run_end, run_start, skip_spaces, starts_with, starts_with_word,
};
use super::value::Site;
use super::word_list::List;

/// How words begin that say that a value was not accepted.
const REFUSALS: &[&str] = &[
    "incor",
    "invalid",
    "inválid",
    "wrong",
    "reject",
    "refus",
    "fals",
    "ungültig",
    "err",
    "fel",
    "невер",
    "невір",
];

/// `contraseña incorrecta: …`, `wrong password given: …`: one word, and behind it what was refused.
pub(super) fn refused(scan: &mut Scan<'_>, key: Key) -> bool {
    let text = scan.text;
    let start = skip_spaces(text, key.end);
    let end = run_end(text, start, 24, |byte| {
        byte.is_ascii_alphabetic() || byte >= 0x80
    });
    let is_refusal = || {
        REFUSALS
            .iter()
            .any(|stem| starts_with_word(text, start, stem.as_bytes()))
    };
    if start == key.end || !starts_with(text, end, b": ") || !is_refusal() {
        return false;
    }
    let value = skip_spaces(text, end + 2);
    let quoted = scan.quoted(value, Site::default());
    let found = quoted.map_or_else(
        || (value, run_end(text, value, 64, |byte| byte > b' ')),
        |found| (found.start, found.end),
    );
    let word = part(text, found.0, found.1);
    let is_token = key.name(text).ends_with(b"oken");
    let fits = if is_token {
        is_opaque(word, 12)
    } else {
        is_made_up(word, 6) || quoted.is_some() && holds_made_up(word)
    };
    if fits {
        scan.redact_unless_done(found.0, found.1);
    }
    fits
}

/// `--token: invalid choice: 'x'`: the value is in quotes, behind what is wrong with it.
pub(super) fn behind_remark(scan: &mut Scan<'_>, from: usize) -> bool {
    let text = scan.text;
    let end = run_end(text, from, 48, |byte| {
        byte.is_ascii_alphabetic() || matches!(byte, b' ' | b'-')
    });
    let found = (at(text, end) == b':' && at(text, end + 1) == b' ')
        .then(|| scan.quoted(end + 2, Site::default()))
        .flatten()
        .filter(|found| {
            let word = part(text, found.start, found.end);
            is_made_up(word, 6) || is_opaque(word, 8)
        });
    if let Some(found) = found {
        scan.redact_unless_done(found.start, found.end);
    }
    found.is_some()
}

/// Words before a key whose value was not accepted. Sorted.
static REFUSED: List = List::of(&["incorrect", "wrong"]);

/// `wrong API key '…'`; what is wrong with a token is oftener a word of a grammar.
pub(super) fn stands_before(text: &[u8], key: Key) -> bool {
    let is_word = |byte: u8| byte.is_ascii_alphabetic() || byte == b' ';
    let words = part(text, run_start(text, key.start, 24, is_word), key.start);
    let mut words = words.split(|byte| *byte == b' ');
    !ends_with_word(key.name(text), b"token") && words.any(|word| REFUSED.has(word))
}
