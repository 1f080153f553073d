//! Replaces a number or a literal of JSON by a mark that is a JSON string, so that the text can still be parsed.

use std::borrow::Cow;
use std::ops::Range;

use crate::scan::Finding;
use crate::text::{REDACTED, at, before, part, rest, run_end, run_start, starts_with};

/// The spellings of JSON's quotation mark inside other languages, without the backslashes before it.
const QUOTES: [&[u8]; 6] = [b"\"\"", b"\"", b"u0022", b"&quot;", b"&#34;", b"%22"];

/// The maximum distance from an item back to the colon after its list's name, in bytes.
const LIST: usize = 512;

/// Extends a finding in a number or a literal of JSON to the whole value, and sets its mark to a JSON string.
pub(crate) fn fit(text: &[u8], finding: &mut Finding) {
    let Range { start, end } = finding.range;
    // A number or a literal begins with one of these bytes.
    if !(is_of_number(at(text, start)) || matches!(at(text, start), b't' | b'f' | b'n')) {
        return;
    }
    let first = run_start(text, start, 64, is_of_number);
    let last = run_end(text, end, 64, is_of_number);
    let lead = before_blanks(text, first);
    let is_value = matches!(before(text, lead), b':' | b'[' | b',') && ends_value(text, last);
    if !is_value || !are_values(part(text, first, last)) {
        return;
    }
    let quote = match &finding.key {
        Some(key) => {
            quote_before(text, key.start).filter(|quote| rest(text, key.end).starts_with(quote))
        }
        None => name_before(text, lead).and_then(|name| quote_before(text, name)),
    };
    if let Some(quote) = quote {
        finding.range = first..last;
        finding.mark = match &*String::from_utf8_lossy(quote) {
            "\"" => Cow::Borrowed("\"<REDACTED>\""),
            quote => Cow::Owned([quote, REDACTED, quote].concat()),
        };
    }
}

const fn is_of_number(byte: u8) -> bool {
    byte.is_ascii_digit() || matches!(byte, b'+' | b'-' | b'.' | b'e' | b'E')
}

/// Whether a text consists of JSON numbers and literals, separated by commas.
fn are_values(bytes: &[u8]) -> bool {
    bytes.split(|byte| *byte == b',').all(|value| {
        let value = value.trim_ascii();
        let digits = value.strip_prefix(b"-").unwrap_or(value);
        matches!(value, b"true" | b"false" | b"null")
            || at(digits, 0).is_ascii_digit() && digits.iter().copied().all(is_of_number)
    })
}

/// Whether the end of a value of JSON follows, or the text ends.
fn ends_value(text: &[u8], end: usize) -> bool {
    let next = run_end(text, end, 64, |byte| matches!(byte, b' ' | b'\t'));
    let is_encoded =
        ["%2c", "%7d", "%5d"].iter().any(|sign| starts_with(text, next, sign.as_bytes()));
    matches!(at(text, next), b',' | b'}' | b']' | b'\n' | b'\r' | b'\\' | 0) || is_encoded
}

/// Returns the start of the white space before `place`. The white space may be escaped.
fn before_blanks(text: &[u8], place: usize) -> usize {
    let mut start = place;
    for _ in 0..8 {
        start = run_start(text, start, 64, |byte| byte.is_ascii_whitespace());
        let escape = run_start(text, start.saturating_sub(1), 16, |byte| byte == b'\\');
        if !matches!(before(text, start), b'n' | b'r' | b't') || escape + 1 >= start {
            break;
        }
        start = escape;
    }
    start
}

/// Returns the end of the name before a value or its list. The name includes its closing quotation mark.
fn name_before(text: &[u8], start: usize) -> Option<usize> {
    let is_inside =
        |byte: u8| byte.is_ascii_alphanumeric() || b" \t\r\n,.+-[]<>\"\\".contains(&byte);
    let in_list = matches!(before(text, start), b'[' | b',');
    let colon = if in_list { run_start(text, start, LIST, is_inside) } else { start };
    (before(text, colon) == b':').then(|| before_blanks(text, colon - 1))
}

/// Returns the quotation mark of JSON that ends at `end`, with the backslashes before it.
fn quote_before(text: &[u8], end: usize) -> Option<&[u8]> {
    let lead = part(text, 0, end);
    let quote = QUOTES.iter().find(|quote| lead.ends_with(quote))?;
    Some(part(text, run_start(text, end - quote.len(), 64, |byte| byte == b'\\'), end))
}
