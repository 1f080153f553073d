//! Chooses the mark of a secret, so that the text around it can still be parsed: a number or a literal of JSON or TOML
//! becomes a string, and XML gets no tag.

use std::borrow::Cow;
use std::ops::Range;

use crate::rules::list::{WordList, words};
use crate::scan::Finding;
use crate::text::{REDACTED, XML_MARK, at, before, class, part, rest, run_end, run_start};

/// The spellings of JSON's quotation mark inside other languages, without the backslashes before it.
static QUOTES: WordList = words!("\"\", \", u0022, &quot;, &#34;, %22");

/// The maximum distance from an item back to the colon after its list's name, in bytes.
const LIST: usize = 512;

/// The maximum distance from a finding to the sign of a tag of XML, in bytes.
const TAG: usize = 512;

/// YAML's tags of values that are no texts.
static TAGS: WordList = words!("!!int, !!float, !!bool");

/// Sets the mark of a finding. In a number or a literal, it replaces the whole value.
pub(crate) fn fit(text: &[u8], finding: &mut Finding) {
    let Range { start, end } = finding.range;
    if finding.mark == REDACTED && is_in_xml(text, start, end) {
        finding.mark = Cow::Borrowed(XML_MARK);
        return;
    }
    let first = run_start(text, start, 64, is_of_number);
    let last = run_end(text, end, 64, is_of_number);
    // A number may be in quotes after its tag: `!!int "7"`.
    let quote = usize::from(before(text, first) == b'"' && at(text, last) == b'"');
    let lead = before_blanks(text, first - quote);
    let tag = TAGS.iter().find(|tag| part(text, 0, lead).ends_with(tag.as_bytes()));
    let end = tag.map_or(last, |_| last + quote);
    if !ends_value(text, end) || !are_values(part(text, first, last)) {
        return;
    }
    let first = tag.map_or(first, |tag| lead - tag.len());
    let last = end;
    let lead = before_blanks(text, first);
    if tag.is_some() {
        finding.range = first..last;
    }
    if is_assigned(text, finding, first) {
        finding.range = first..last;
        finding.mark = Cow::Borrowed("\"<REDACTED>\"");
    }
    if !matches!(before(text, lead), b':' | b'[' | b',') {
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

/// Whether `name = ` with blanks precedes a value, as in TOML.
fn is_assigned(text: &[u8], finding: &Finding, first: usize) -> bool {
    finding.key.as_ref().is_some_and(|key| {
        let sign = part(text, key.end, first);
        sign.len() > 2 && sign.trim_ascii() == b"="
    })
}

/// Whether the text is the content of an element of XML, or in quotes in a tag: `<a>…</a>`, `<a b="…">`.
fn is_in_xml(text: &[u8], start: usize, end: usize) -> bool {
    let lead = part(text, start.saturating_sub(TAG), start);
    let Some(sign) = memchr::memrchr2(b'<', b'>', lead) else {
        return false;
    };
    let behind = part(text, end, end + TAG);
    let tail = memchr::memchr2(b'<', b'>', behind).map_or(&[][..], |at| &behind[at..]);
    let begins = |text: &[u8], place| class!("a-zA-Z").has(at(text, place));
    match (lead[sign], tail) {
        (b'<', [b'>', ..]) => begins(lead, sign + 1) && lead[sign..].contains(&b'"'),
        (b'>', [b'<', b'/', ..]) => {
            let tag = memchr::memrchr2(b'<', b'>', &lead[..sign]);
            tag.is_some_and(|tag| lead[tag] == b'<' && begins(lead, tag + 1)) && begins(tail, 2)
        }
        _ => false,
    }
}

const fn is_of_number(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E')
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
    let next = class!(" \t").end(text, end, 64);
    let is_encoded = words!("%2c, %7d, %5d").begins(rest(text, next));
    matches!(at(text, next), b',' | b'}' | b']' | b'\n' | b'\r' | b'\\' | 0) || is_encoded
}

/// Returns the start of the white space before `place`. The white space may be escaped.
fn before_blanks(text: &[u8], place: usize) -> usize {
    let mut start = place;
    for _ in 0..8 {
        start = class!(" \t\n\r\x0c").start(text, start, 64);
        let escape = class!("\\").start(text, start.saturating_sub(1), 16);
        if !matches!(before(text, start), b'n' | b'r' | b't') || escape + 1 >= start {
            break;
        }
        start = escape;
    }
    start
}

/// Returns the end of the name before a value or its list. The name includes its closing quotation mark.
fn name_before(text: &[u8], start: usize) -> Option<usize> {
    let inside = class!("a-zA-Z0-9 \t\r\n,.+[]<>\"\\-");
    let in_list = matches!(before(text, start), b'[' | b',');
    let colon = if in_list { inside.start(text, start, LIST) } else { start };
    (before(text, colon) == b':').then(|| before_blanks(text, colon - 1))
}

/// Returns the quotation mark of JSON that ends at `end`, with the backslashes before it.
fn quote_before(text: &[u8], end: usize) -> Option<&[u8]> {
    let lead = part(text, 0, end);
    let quote = QUOTES.iter().find(|quote| lead.ends_with(quote.as_bytes()))?;
    Some(part(text, class!("\\").start(text, end - quote.len(), 64), end))
}
