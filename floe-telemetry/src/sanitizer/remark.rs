//! What stands in the place of a value and is none: a word about it, the next field, a short name.

use super::key_value::Key;
use super::text::{at, before, part, run_end, run_start};
use super::value::Extent;

/// `Kennwort: (leer)`, `password: (not set)`, `c.password = pw;`.
pub(super) fn is_one(text: &[u8], key: Key, found: Extent) -> bool {
    let value = part(text, found.start, found.end);
    let gap = found.start.saturating_sub(2);
    let is_aside = part(text, gap, found.start) == b" (" && at(text, found.end) == b')';
    let is_variable =
        value.len() <= 2 && before(text, key.start) == b'.' && at(text, found.end) == b';';
    let is_word = |byte: &u8| byte.is_ascii_lowercase() || *byte == b' ';
    (is_aside || is_variable) && value.iter().all(is_word)
}

/// `{Username: Password: DB:0}`: a struct of Go whose field is empty.
pub(super) fn is_next_field(text: &[u8], key: Key, found: Extent) -> bool {
    let value = part(text, found.start, found.end);
    let name = run_end(value, 0, 32, |byte| byte.is_ascii_alphabetic());
    let open = || run_start(text, key.start, 160, |byte| !b"{\n".contains(&byte));
    name >= 2
        && at(value, name) == b':'
        && at(value, 0).is_ascii_uppercase()
        && at(text, key.start).is_ascii_uppercase()
        && before(text, found.start) == b' '
        && before(text, open()) == b'{'
}
