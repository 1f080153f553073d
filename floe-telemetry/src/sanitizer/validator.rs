//! What a validator found in the place of a value.

use super::Scan;
use super::key_value::Key;
use super::shape::{holds_made_up, is_opaque};
use super::text::{before, is_name, part, run_end};
use super::value::Site;

/// `".auth.token", got "…"`: what a validator found in the place of the value; `from` is behind the
/// key's quote. What a parser found in the place of a token is a word.
pub(super) fn found_instead(scan: &mut Scan<'_>, key: Key, from: usize) -> bool {
    let text = scan.text;
    let is_token = key.name(text).eq_ignore_ascii_case(b"token");
    let words = run_end(text, from, 48, |byte| {
        byte.is_ascii_alphabetic() || matches!(byte, b',' | b':' | b' ' | b'}' | b')')
    });
    // All of the words below end with a blank.
    if before(text, words) != b' ' {
        return false;
    }
    let marks = [
        &b"got "[..],
        b"got: ",
        b"found ",
        b"found: ",
        b"received ",
        b"received: ",
        b"was ",
    ];
    let is_found = marks
        .iter()
        .any(|mark| part(text, from, words).ends_with(mark));
    if !is_found {
        return false;
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
