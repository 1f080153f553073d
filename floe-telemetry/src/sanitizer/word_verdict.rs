//! Whether the value of a key is a secret, if it has nothing but letters: what needs a sign or a digit is
//! not asked.

use super::homonym::{is_error_name, is_in_sentence, is_type};
use super::key_value::Key;
use super::placeholder::{is_placeholder, is_prose};
use super::reference::{names_a_source, names_an_entry};
use super::shape::is_opaque;
use super::text::{at, ends_with_word, part, run_end, starts_with};
use super::value::{Extent, Site};
use super::verdict::is_verdict;
use super::{code, lexeme, remark, words};

/// [`is_secret`](super::verdict::is_secret) of nothing but letters.
pub(super) fn is_secret(text: &[u8], key: Key, found: Extent, site: Site, in_prose: bool) -> bool {
    let value = part(text, found.start, found.end);
    let name = key.name(text);
    let is_none = names_an_entry(text, key, value, in_prose)
        || names_a_source(text, key, value)
        || in_prose && is_error_name(value)
        || remark::is_one(text, key, found)
        || is_placeholder(value)
        // `id-token: write` is a permission.
        || matches!(value, b"read" | b"write") && ends_with_word(name, b"token")
        // `jwt: jwt malformed`, `token = token`
        || value.eq_ignore_ascii_case(name);
    if is_none {
        return false;
    }
    if is_verdict(text, key, in_prose) {
        return is_opaque(value, 8);
    }
    let is_bare = !site.equals && !found.quoted;
    let is_code = !site.equals && lexeme::is_parser_token(text, key, value)
        || is_bare && (lexeme::is_variant(text, key, found) || code::is_type(text, found))
        || is_type(text, found)
        || lexeme::is_one(text, key, found)
        || in_prose && goes_on(text, key, found);
    let is_said = || {
        is_in_sentence(text, found)
            || words::STATES.has(value)
            || words::OPENINGS.has(value) && at(text, found.end) == b' '
            || is_prose(value) && !words::OPENINGS.has(value)
    };
    !(is_code || in_prose && is_said())
}

/// `volume "token" : configmap references another`: words go on behind a name in quotes.
fn goes_on(text: &[u8], key: Key, found: Extent) -> bool {
    let is_lower = |byte: u8| byte.is_ascii_lowercase();
    let next = run_end(text, found.end + 1, 24, is_lower);
    matches!(key.name(text), b"token" | b"secret")
        && b"\"'`".contains(&at(text, key.end))
        && starts_with(text, key.end + 1, b" : ")
        && part(text, found.start, found.end)
            .iter()
            .all(u8::is_ascii_lowercase)
        && at(text, found.end) == b' '
        && next > found.end + 3
        && at(text, next) == b' '
        && is_lower(at(text, next + 1))
}
