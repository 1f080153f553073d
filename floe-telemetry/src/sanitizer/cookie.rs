//! Cookies: `name=value; name=value`.

use super::placeholder::is_placeholder;
use super::shape::{LONGEST, is_opaque, is_word_like};
use super::text::{at, is_name, part, run_end, skip_spaces};
use super::value::Site;
use super::{Rule, Scan, bare, lexicon, quote};

/// Attributes of `Set-Cookie`, kept because they are no cookie.
const ATTRIBUTES: &[&str] = &[
    "path",
    "domain",
    "expires",
    "max-age",
    "samesite",
    "secure",
    "httponly",
    "priority",
    "partitioned",
];

/// `name=value; name=value` at `from`: keeps names, attributes and short words.
pub(super) fn cookies(scan: &mut Scan<'_>, from: usize, site: Site) {
    scan.rule = Rule::Cookie;
    let text = scan.text;
    let quote = quote::open(text, from).filter(|_| at(text, from) != site.enclosing);
    let mut index = from + quote.map_or(0, |quote| quote.len);
    let end = quote.map_or(usize::MAX, |quote| scan.close(index, quote).0);
    // A list of headers on one line is one list of cookies to us, read once.
    let mut first = from >= scan.cookies_until;
    while index < end {
        let part = Cookie::new(text, index, end, site.enclosing);
        if part.has_value {
            if part.is_secret(text) {
                scan.redact(part.name_end + 1, part.end);
            }
        } else if first {
            // A cookie without a name, or a sentence about cookies.
            let near = text.get(..end.min(index + LONGEST + 1)).unwrap_or(text);
            let word_end = bare::bare_end(near, index, site).min(end);
            if is_opaque(text.get(index..word_end).unwrap_or_default(), 12) {
                scan.redact(index, bare::bare_end(text, index, site).min(end));
            }
        }
        let goes_on = part.has_value || !first && part.is_attribute(text);
        if !goes_on || at(text, part.end) != b';' || index < scan.cookies_until {
            return;
        }
        index = skip_spaces(text, part.end + 1);
        scan.cookies_until = index;
        first = false;
    }
}

/// One part of a list of cookies.
struct Cookie {
    start: usize,
    name_end: usize,
    has_value: bool,
    end: usize,
}

impl Cookie {
    fn new(text: &[u8], start: usize, limit: usize, enclosing: u8) -> Self {
        let is_name_byte = |byte: u8| is_name(byte) || b"-.$:%".contains(&byte);
        let name_end = run_end(text, start, LONGEST.min(limit - start), is_name_byte);
        let has_value = at(text, name_end) == b'=' && name_end < limit;
        let is_value = |byte: u8| byte > b' ' && byte != b';' && byte != enclosing;
        let end = if has_value {
            run_end(text, name_end + 1, limit - name_end - 1, is_value)
        } else {
            name_end
        };
        Self {
            start,
            name_end,
            has_value,
            end,
        }
    }

    fn name<'t>(&self, text: &'t [u8]) -> &'t [u8] {
        part(text, self.start, self.name_end)
    }

    fn is_attribute(&self, text: &[u8]) -> bool {
        ATTRIBUTES
            .iter()
            .any(|known| self.name(text).eq_ignore_ascii_case(known.as_bytes()))
    }

    fn is_secret(&self, text: &[u8]) -> bool {
        let value = text.get(self.name_end + 1..self.end).unwrap_or_default();
        let short_word = is_word_like(value) && value.len() <= 8;
        !(self.is_attribute(text)
            || short_word && lexicon::classify(self.name(text)).is_none()
            || is_placeholder(value))
    }
}
