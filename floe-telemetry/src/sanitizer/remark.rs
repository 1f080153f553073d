//! What stands in the place of a value and is none: a word about it, the next field, a short name.

use super::key_value::Key;
use super::placeholder::is_prose;
use super::shape::is_made_up;
use super::text::{at, before, part, run_end, run_start};
use super::value::Extent;
use super::word_list::List;
use super::words;

/// `Kennwort: (leer)`, `password: (not set)`, `token(see logs)`, `c.password = pw;`.
pub(super) fn is_one(text: &[u8], key: Key, found: Extent) -> bool {
    let value = part(text, found.start, found.end);
    let gap = found.start.saturating_sub(2);
    let is_aside = part(text, gap, found.start) == b" (" && at(text, found.end) == b')';
    let is_variable =
        value.len() <= 2 && before(text, key.start) == b'.' && at(text, found.end) == b';';
    let is_lower = |word: &[u8]| word.iter().all(u8::is_ascii_lowercase);
    let mut words = value.split(|byte| *byte == b' ');
    let Some(first) = words.next() else {
        return false;
    };
    let opens =
        is_prose(first) && (is_aside || value.contains(&b' ') && before(text, found.start) == b'(');
    let says = is_aside && (words::LITERALS.has(first) || NOTHING.has(first));
    (opens || says) && words.all(is_lower) || is_variable && is_lower(value)
}

/// Empty, in some languages.
static NOTHING: List = List::of(&["leeg", "leer", "nicht", "vacia", "vide", "vuota"]);

/// `{Username: Password: DB:0}`: a struct of Go whose field is empty.
pub(super) fn is_next_field(text: &[u8], key: Key, found: Extent) -> bool {
    let value = part(text, found.start, found.end);
    let name = run_end(value, 0, 32, |byte| byte.is_ascii_alphabetic());
    let open = || run_start(text, key.start, 160, |byte| !b"{\n".contains(&byte));
    // Nothing separates the fields but a blank.
    let is_go = || before(text, open()) == b'{' && !part(text, open(), key.start).contains(&b',');
    name >= 2
        && at(value, name) == b':'
        && !is_made_up(&value[name..], 5)
        && at(value, 0).is_ascii_uppercase()
        && at(text, key.start).is_ascii_uppercase()
        && before(text, found.start) == b' '
        && is_go()
}
