//! HTTP's credentials: `Authorization` with a scheme, cookies, and a scheme without its header.

use crate::finding::Evidence;
use crate::lexer::{Kind, Tokens};
use crate::rules::headers::{COOKIE_ATTRIBUTES, Form, SCHEMES, Scheme};
use crate::rules::keys::KeyKind;
use crate::scan::Scan;
use crate::score::{self, Bond, Context, Look, is_placeholder, is_random, look};
use crate::text::{find, is_one_of, line_end, part, run_end, run_start, word_at};
use crate::value::{self, Site};

/// A list of parameters has no more tokens.
const LONGEST_LIST: usize = 512;

/// The scheme of this name.
fn scheme(word: &[u8]) -> Option<&'static Scheme> {
    SCHEMES.iter().find(|scheme| is_one_of(word, scheme.names))
}

/// The value of `Authorization` at a place: keeps the scheme, redacts the credentials.
pub(crate) fn authorization(scan: &mut Scan<'_>, place: usize, site: Site, rule: &'static str) {
    let mut place = place;
    let mut limit = usize::MAX;
    // `["Bearer …"]`, `Some("Bearer …")`, `b'Bearer …'`
    for _ in 0..6 {
        let tokens = &mut scan.tokens;
        let next = tokens.kind(place + 1);
        if tokens.opens_quote(place) {
            let Some(found) = value::quoted(tokens, place) else {
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
    let next = behind_scheme(tokens, place);
    let (first, second) = (tokens.start(place), tokens.start(next));
    let end = end_of(tokens, place, site, limit);
    let Some(scheme) = scheme(word) else {
        // A scheme that is not known: the word behind it has to show that it is none of a sentence.
        let credentials = end_of(tokens, next, site, limit);
        let is_scheme = |byte: &u8| byte.is_ascii_alphabetic() || *byte == b'-';
        if next > place + 1
            && word.iter().all(is_scheme)
            && is_random(part(scan.text, second, credentials))
        {
            scan.redact(second, credentials, rule, Evidence::Structure);
        } else {
            let context = Context::new(KeyKind::Password, Bond::Structure);
            let _ = scan.judge(first, end, rule, context);
        }
        return;
    };
    let inner = tokens
        .opens_quote(next)
        .then(|| value::quoted(tokens, next));
    let (start, end) = match (inner.flatten(), scheme.form) {
        (Some(inner), Form::Word) => (inner.start, inner.end),
        (_, Form::List) if limit == usize::MAX => (second, list_end(tokens, next, site)),
        (_, Form::List) => (second, limit),
        (None, Form::Word) => (second, end_of(tokens, next, site, limit)),
    };
    let value = part(scan.text, start, end);
    if next > place + 1
        && !is_placeholder(value)
        && !matches!(look(value), Look::Prose | Look::Sentence)
    {
        scan.redact(start, end, scheme.id, Evidence::Structure);
    }
}

/// The end of the word at a place, or of the quote around the whole header.
fn end_of(tokens: &mut Tokens<'_>, place: usize, site: Site, limit: usize) -> usize {
    if limit < usize::MAX {
        return limit;
    }
    value::bare(tokens, place, site).map_or_else(|| tokens.start(place), |found| found.end)
}

/// Behind a scheme and a blank, an encoded one, `+` or a colon.
fn behind_scheme(tokens: &mut Tokens<'_>, place: usize) -> usize {
    let sign = usize::from(matches!(
        tokens.kind(place + 1),
        Kind::Sign(b'+' | b':' | b',')
    ));
    tokens.skip_blanks(place + 1 + sign)
}

/// A list of parameters ends with its line, with the sentence around it or with the quote around the
/// whole header.
fn list_end(tokens: &mut Tokens<'_>, place: usize, site: Site) -> usize {
    let start = tokens.start(place);
    let line = line_end(tokens.text, start);
    let end = find(tokens.text, start, line, b"; ").unwrap_or(line);
    (place..place + LONGEST_LIST)
        .filter_map(|at| tokens.get(at))
        .find(|token| token.kind == Kind::Line || token.mate.is_some_and(|mate| mate < site.from))
        .map_or(end, |token| end.min(token.start))
}

/// `Bearer …` and `Basic …` without their header.
pub(crate) fn bare_scheme(scan: &mut Scan<'_>, anchor: usize) -> Option<()> {
    let scheme = scheme(word_at(scan.text, anchor)).filter(|scheme| scheme.is_bare)?;
    let place = scan.tokens.seek(anchor)?;
    let tokens = &mut scan.tokens;
    let last = place + usize::from(tokens.closes_before(place + 1, place + 1));
    let next = behind_scheme(tokens, last);
    if next == place + 1 {
        return None;
    }
    let found = value::value(tokens, next, Site::from(place))?;
    let value = found.bytes(scan.text);
    let is_token = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~+/:=".contains(byte);
    // `realm=x` is a parameter.
    let is_pair =
        memchr::memchr(b'=', value).is_some_and(|at| value[at..].iter().any(|byte| *byte != b'='));
    let has_digits = value
        .iter()
        .any(|byte| byte.is_ascii_digit() || *byte == b'=');
    let is_base64 =
        value.len() % 4 == 0 && score::is_camel(value) && (value.len() >= 16 || has_digits);
    let fits = match look(value) {
        Look::Random | Look::Hash | Look::Uuid => true,
        Look::Mixed | Look::Symbolic | Look::Number => scheme.id != "basic" || is_base64,
        Look::Name | Look::Word => scheme.id == "basic" && is_base64,
        _ => false,
    };
    if fits && value.len() >= 8 && value.iter().all(is_token) && !is_pair {
        scan.redact(found.start, found.end, scheme.id, Evidence::Structure);
    }
    Some(())
}

/// `name=value; name=value` at a place: keeps names, attributes and short words.
pub(crate) fn cookies(scan: &mut Scan<'_>, place: usize, site: Site) {
    let text = scan.text;
    let found = if scan.tokens.opens_quote(place) {
        value::quoted(&mut scan.tokens, place)
    } else {
        value::bare(&mut scan.tokens, place, site)
    };
    let Some(first) = found else {
        return;
    };
    let limit = if first.quoted {
        first.end
    } else {
        line_end(text, first.start)
    };
    let mut at = first.start;
    if memchr::memchr(b'=', part(text, at, first.end)).is_none() {
        // A cookie without a name, or a sentence about cookies.
        if is_random(first.bytes(text)) {
            scan.redact(at, first.end, "cookie", Evidence::Structure);
        }
        return;
    }
    while at < limit {
        let name_end = run_end(text, at, 256, |byte| {
            byte > b' ' && !b"=;\"'".contains(&byte)
        });
        let from = name_end + usize::from(text.get(name_end) == Some(&b'='));
        // The value may have quotes of its own.
        let is_quote = |byte: u8| b"\\\"".contains(&byte);
        let open = run_end(text, from, limit.saturating_sub(from).min(2), is_quote);
        let is_quoted = open > from;
        let from = open;
        let end = run_end(text, from, limit.saturating_sub(from), |byte| {
            byte > b' ' && !b";\"'".contains(&byte)
        });
        // Behind an escaped line end another header begins.
        let end = find(text, from, end, b"\\r\\n").unwrap_or(end);
        let end = run_start(text, end, 4, |byte| b")]},\\".contains(&byte)).max(from);
        let name = part(text, at, name_end);
        if from > name_end && !is_one_of(name, COOKIE_ATTRIBUTES) {
            let kind = match scan.policy.meaning(name) {
                Some(_) => KeyKind::Password,
                None => KeyKind::Cookie,
            };
            let _ = scan.judge(from, end, "cookie", Context::new(kind, Bond::Structure));
        }
        at = run_end(text, end, if is_quoted { 2 } else { 0 }, is_quote);
        if text.get(at) != Some(&b';') {
            break;
        }
        at = run_end(text, at + 1, 8, |byte| byte == b' ');
    }
    // The list is read once: the names in it are no keys of their own.
    scan.keys_until = scan.keys_until.max(at);
    scan.covered = scan.covered.max(at);
}
