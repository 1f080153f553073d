//! Finds HTTP's credentials: `Authorization`, schemes without this header, and cookies.

use crate::lexer::{Kind, Tokens};
use crate::rules::keys::KeyKind;
use crate::rules::structures::{COOKIE_ATTRIBUTES, Form, SCHEMES, Scheme};
use crate::scan::{Evidence, Scan};
use crate::score::{Bond, Context, Look, is_random, is_uuid, look};
use crate::text::{class, count_steps, line_end, part};
use crate::value::Site;

/// The maximum number of tokens in a list of parameters.
const LONGEST_LIST: usize = 512;
/// The maximum length of a list of parameters, in bytes.
const LIST: usize = 16 * 1024;
/// The maximum number of bytes of a cookie's name.
const LONGEST_NAME: usize = 256;

fn scheme(word: &[u8]) -> Option<&'static Scheme> {
    SCHEMES.iter().find(|scheme| scheme.names.has(word))
}

/// Redacts the credentials after the scheme of `Authorization`. Without a known scheme, the whole value is judged.
pub(crate) fn authorization(scan: &mut Scan<'_>, place: usize, site: Site, rule: &'static str) {
    let mut place = place;
    let mut limit = usize::MAX;
    // Skips quotes, brackets and constructors: `["Bearer …"]`, `Some("Bearer …")`, `b'Bearer …'`.
    for _ in 0..6 {
        let tokens = &mut scan.tokens;
        let next = tokens.kind(place + 1);
        if tokens.opens_quote(place) {
            let Some(found) = tokens.quoted(place) else {
                return;
            };
            limit = found.end;
            place += 1;
        } else if matches!(tokens.kind(place), Kind::Open(_) | Kind::Close(b']'))
            || tokens.word(place).is_some()
                && (matches!(next, Kind::Open(b'(' | b'{')) || tokens.opens_quote(place + 1))
        {
            place = tokens.skip_blanks(place + 1);
        }
    }
    let tokens = &mut scan.tokens;
    let word = tokens.word(place).unwrap_or_default();
    // In a form, `+` is a blank.
    let plus = usize::from(tokens.is_sign(place + 1, b'+'));
    let next = tokens.skip_blanks(place + 1 + plus);
    let first = tokens.start(place);
    let second = tokens.start(next);
    let end = end_of(tokens, place, site, limit);
    let Some(scheme) = scheme(word) else {
        let context = Context::new(KeyKind::Password, Bond::Structure);
        let _ = scan.judge(first, end, rule, context);
        return;
    };
    let mut end = match scheme.form {
        Form::List if limit == usize::MAX => list_end(tokens, next, site),
        _ => end_of(tokens, next, site, limit),
    };
    // A user and the credentials follow: `Bearer automation 5bd1c12c-b4e0-…`.
    let behind = tokens.place_at(end).map(|end| tokens.skip_blanks(end));
    if let Some(found) = behind.and_then(|behind| tokens.value(behind, site))
        && (is_uuid(found.bytes(scan.text)) || is_random(found.bytes(scan.text)))
        && limit == usize::MAX
    {
        end = found.end;
    }
    let value = part(scan.text, second, end);
    if next == place + 1 {
        return;
    }
    let look = look(value);
    if look.is_placeholder() || matches!(look, Look::Prose | Look::Sentence) {
        let why = "no credentials follow the scheme";
        scan.keep(second, end, scheme.id, why);
    } else {
        scan.redact(second, end, scheme.id, Evidence::Structure);
    }
}

/// Returns the end of an unquoted value, or `limit` if quotes enclose the header's value.
fn end_of(tokens: &mut Tokens<'_>, place: usize, site: Site, limit: usize) -> usize {
    if limit < usize::MAX {
        return limit;
    }
    tokens.bare(place, site).map_or_else(|| tokens.start(place), |found| found.end)
}

/// Returns the end of a list of parameters: the end of its line, or a quote or bracket that encloses the header.
fn list_end(tokens: &mut Tokens<'_>, place: usize, site: Site) -> usize {
    let start = tokens.start(place);
    let end = start + line_end(part(tokens.text, start, start + LIST), 0);
    (place..place + LONGEST_LIST)
        .filter_map(|at| tokens.get(at))
        .inspect(|_| count_steps(1))
        .find(|token| token.kind == Kind::Line || token.mate.is_some_and(|mate| mate < site.from))
        .map_or(end, |token| end.min(token.start))
}

/// Redacts the values in a list of cookies, `name=value; name=value`, that look like secrets. Attributes are kept.
pub(crate) fn cookies(scan: &mut Scan<'_>, place: usize, site: Site) {
    let text = scan.text;
    let found = if scan.tokens.opens_quote(place) {
        scan.tokens.quoted(place)
    } else {
        scan.tokens.bare(place, site)
    };
    let Some(first) = found else {
        return;
    };
    let mut at = first.start;
    // In a sentence about cookies, a blank precedes any `=`.
    let name = part(text, at, first.end.min(at + LONGEST_NAME));
    if memchr::memchr(b'=', name).is_none() {
        return;
    }
    while at < text.len() {
        let name_end = class!("^=;\"'").end(text, at, LONGEST_NAME);
        let from = name_end + usize::from(text.get(name_end) == Some(&b'='));
        // The value may have quotes of its own.
        let quote = class!("\\\"");
        let open = quote.end(text, from, 2);
        let is_quoted = open > from;
        let from = open;
        let end = class!("^;\"'").end(text, from, usize::MAX);
        let name = part(text, at, name_end);
        if from > name_end && !COOKIE_ATTRIBUTES.has(name) {
            let context = Context::new(KeyKind::Cookie, Bond::Structure);
            let _ = scan.judge(from, end, "cookie", context);
        }
        // A quote that was not opened here ends the list.
        at = quote.end(text, end, if is_quoted { 2 } else { 0 });
        if text.get(at) != Some(&b';') {
            break;
        }
        at = class!(" ").end(text, at + 1, 8);
    }
    // The names in a list of cookies are not keys.
    scan.skip_names(at);
    scan.cover(at);
}
