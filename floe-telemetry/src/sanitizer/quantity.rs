//! Values that count or measure: `password:  12 bytes`, `token: 3 of 5 used`.

use super::text::{at, is_name, part, run_end, skip_spaces};
use super::value::{Extent, Site};
use super::word_list::List;

/// What is counted or measured. Sorted.
#[rustfmt::skip]
static UNITS: List = List::of(&[
    "attempt", "attempts", "bit", "bits", "byte", "bytes", "char", "character", "characters", "chars",
    "day", "days", "digit", "digits", "entries", "hour", "hours", "items", "keys", "letters", "mins",
    "minute", "minutes", "months", "ms", "rounds", "sec", "second", "seconds", "secrets", "secs",
    "symbols", "times", "tokens", "tries", "weeks", "words", "years",
]);

pub(super) fn is_unit(word: &[u8]) -> bool {
    UNITS.has(word)
}

/// Whether the value is a number with a unit behind it, a small one with any word, or the first of a range.
pub(super) fn is_one(text: &[u8], found: Extent, site: Site) -> bool {
    let value = part(text, found.start, found.end);
    let unit = skip_spaces(text, found.end);
    if site.equals || value.len() > 6 || unit == found.end || !value.iter().all(u8::is_ascii_digit)
    {
        return false;
    }
    let end = run_end(text, unit, 16, |byte| byte.is_ascii_alphabetic());
    let word = part(text, unit, end);
    // `password=482913 attempts=3`: the next key.
    if is_name(at(text, end)) || b"=:".contains(&at(text, end)) {
        return false;
    }
    // `token: 1024 bytes`
    if value.len() > 3 {
        return word == b"bytes";
    }
    // `invalid token: 3 segments expected`
    let is_small = value.len() <= 2 && word.len() >= 3 && word.iter().all(u8::is_ascii_lowercase);
    // `token: 3 of 5 used`, `access key: 3 to 20 characters`
    let is_range = matches!(word, b"of" | b"to") && at(text, end + 1).is_ascii_digit();
    is_small || is_unit(word) || is_range
}
