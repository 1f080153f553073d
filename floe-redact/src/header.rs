//! HTTP's credentials: `Authorization` with a scheme, cookies, and a scheme without its header.

use crate::finding::Evidence;
use crate::lexer::{Coding, Kind};
use crate::rules::headers::{COOKIE_ATTRIBUTES, Form, SCHEMES, Scheme};
use crate::rules::keys::KeyKind;
use crate::scan::Scan;
use crate::score::{self, Bond, Context, Look, is_placeholder, is_prose, look};
use crate::text::{is_name, is_one_of, is_redacted, line_end, part, run_end, run_start, word_at};
use crate::value::{self, Site};

/// The scheme of this name.
fn scheme(word: &[u8]) -> Option<&'static Scheme> {
    SCHEMES.iter().find(|scheme| is_one_of(word, scheme.names))
}

/// The value of `Authorization` at a place: keeps the scheme, redacts the credentials.
pub(crate) fn authorization(scan: &mut Scan<'_>, place: usize, site: Site, rule: &'static str) {
    let mut place = place;
    let mut limit = None;
    // `["Bearer …"]`, `Some("Bearer …")`, `b'Bearer …'`
    for _ in 0..3 {
        let tokens = &mut scan.tokens;
        if tokens.opens_quote(place)
            && tokens
                .get(place)
                .is_some_and(|token| token.mate.is_none_or(|mate| mate > place))
        {
            let Some(found) = value::quoted(tokens, place) else {
                return;
            };
            limit = Some(found.end);
            place += 1;
        } else if matches!(tokens.kind(place), Kind::Open(b'[' | b'('))
            || tokens.word(place).is_some()
                && (matches!(tokens.kind(place + 1), Kind::Open(b'('))
                    || tokens.opens_quote(place + 1))
        {
            place += 1;
            place = tokens.skip_blanks(place);
        }
    }
    let tokens = &mut scan.tokens;
    let Some(first) = tokens.get(place) else {
        return;
    };
    let word = tokens.word(place).unwrap_or_default();
    let known = scheme(word);
    let mut next = place + 1;
    // Between scheme and credentials: a blank, `%20` or `+`, at times a colon.
    while matches!(tokens.kind(next), Kind::Blank)
        || next == place + 1 && tokens.is_sign(next, b'+')
        || known.is_some() && next == place + 1 && tokens.is_sign(next, b':')
    {
        next += 1;
    }
    let has_gap = next > place + 1;
    let end_of = |scan: &mut Scan<'_>, at: usize| {
        limit.or_else(|| value::bare(&mut scan.tokens, at, site).map(|found| found.end))
    };
    if let Some(scheme) = known.filter(|_| has_gap) {
        if let Some(inner) = value::value(&mut scan.tokens, next, site)
            .filter(|found| found.quoted && limit.is_none())
        {
            return scan.redact(inner.start, inner.end, scheme.id, Evidence::Structure);
        }
        let start = scan.tokens.start(next);
        let end = match scheme.form {
            Form::List => limit.unwrap_or_else(|| list_end(scan, start, next, site)),
            Form::Word => end_of(scan, next).unwrap_or(start),
        };
        let value = part(scan.text, start, end);
        if is_redacted(scan.text, start) {
            scan.covered = scan.covered.max(start);
            return;
        }
        if !is_placeholder(value) && !is_prose(value) && look(value) != Look::Sentence {
            return scan.redact(start, end, scheme.id, Evidence::Structure);
        }
        return;
    }
    if known.is_some() {
        return;
    }
    let end = end_of(scan, place).unwrap_or(first.start);
    let context = Context {
        kind: KeyKind::Password,
        bond: Bond::Structure,
        quoted: false,
        is_compound: false,
        quoted_key: false,
        in_query: false,
    };
    // A scheme that is not known: the word behind it has to show that it is none of a sentence.
    let second = part(
        scan.text,
        scan.tokens.start(next),
        end_of(scan, next).unwrap_or(0),
    );
    let is_scheme = word
        .iter()
        .all(|byte| byte.is_ascii_alphabetic() || *byte == b'-');
    if has_gap && is_scheme && !word.is_empty() && score::is_random(second) {
        let start = scan.tokens.start(next);
        return scan.redact(start, start + second.len(), rule, Evidence::Structure);
    }
    scan.judge(first.start, end, rule, context);
}

/// A list of parameters ends with its line, with the sentence around it or with the quote around the
/// whole header.
fn list_end(scan: &mut Scan<'_>, start: usize, place: usize, site: Site) -> usize {
    let mut end = line_end(scan.text, start);
    if let Some(found) = memchr::memmem::find(part(scan.text, start, end), b"; ") {
        end = start + found;
    }
    let mut at = place;
    while at < place + 512 {
        let Some(token) = scan.tokens.get(at).filter(|token| token.start < end) else {
            return end;
        };
        let is_line = token.kind == Kind::Line;
        if token.mate.is_some_and(|mate| mate < site.from) || is_line {
            return token.start;
        }
        at += 1;
    }
    end
}

/// `Bearer …` and `Basic …` without their header.
pub(crate) fn bare_scheme(scan: &mut Scan<'_>, anchor: usize) {
    let word = word_at(scan.text, anchor);
    let mut bare = SCHEMES.iter().filter(|scheme| scheme.is_bare);
    if !bare.any(|scheme| is_one_of(word, scheme.names)) {
        return;
    }
    let Some(place) = scan.tokens.seek(anchor) else {
        return;
    };
    let word = scan.tokens.word(place).unwrap_or_default();
    let Some(scheme) = scheme(word).filter(|scheme| scheme.is_bare) else {
        return;
    };
    let tokens = &mut scan.tokens;
    let mut next = place + 1 + usize::from(tokens.closes_before(place + 1, place + 1));
    if tokens.is_sign(next, b',') || tokens.is_sign(next, b'+') {
        next += 1;
    }
    next = tokens.skip_blanks(next);
    if next == place + 1 {
        return;
    }
    let Some(found) = value::value(
        tokens,
        next,
        Site {
            from: place,
            ..Site::default()
        },
    ) else {
        return;
    };
    let value = part(scan.text, found.start, found.end);
    let is_token = value.len() >= 8
        && value
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-._~+/:=".contains(byte));
    let is_basic = word.eq_ignore_ascii_case(b"basic");
    let is_base64 = value.len().is_multiple_of(4) && score::is_camel(value) && value.len() >= 8;
    let is_pair =
        memchr::memchr(b'=', value).is_some_and(|at| value[at..].iter().any(|byte| *byte != b'='));
    let is_token = is_token && !is_pair;
    let is_base64 = is_base64
        && (value.len() >= 16
            || value
                .iter()
                .any(|byte| byte.is_ascii_digit() || *byte == b'='));
    let fits = match look(value) {
        Look::Random | Look::LongRandom | Look::Hash | Look::Uuid => true,
        Look::Mixed | Look::Symbolic | Look::Number => !is_basic || is_base64,
        Look::Name | Look::Word => is_basic && is_base64,
        _ => false,
    };
    if is_token && fits {
        scan.redact(found.start, found.end, scheme.id, Evidence::Structure);
    }
}

/// `name=value; name=value` at a place: keeps names, attributes and short words.
pub(crate) fn cookies(scan: &mut Scan<'_>, place: usize, site: Site) {
    let text = scan.text;
    let mut place = place;
    while matches!(scan.tokens.kind(place), Kind::Open(b'[' | b'(')) {
        place += 1;
    }
    let mut limit = text.len();
    if scan.tokens.opens_quote(place) {
        let Some(found) = value::quoted(&mut scan.tokens, place) else {
            return;
        };
        limit = found.end;
        place += 1;
    }
    let mut at = scan.tokens.start(place);
    let start = at;
    let mut is_first = true;
    while at < limit {
        let name_end = run_end(text, at, 256, |byte| {
            is_name(byte) || b"-.$:%".contains(&byte)
        });
        let has_value = text.get(name_end) == Some(&b'=');
        if !has_value && is_first {
            // A cookie without a name, or a sentence about cookies.
            if let Some(found) = value::bare(&mut scan.tokens, place, site)
                && score::is_random(part(text, found.start, found.end.min(limit)))
            {
                scan.redact(
                    found.start,
                    found.end.min(limit),
                    "cookie",
                    Evidence::Structure,
                );
            }
            return;
        }
        let from = name_end + usize::from(has_value);
        let end = run_end(text, from, usize::MAX, |byte| {
            byte > b' ' && !b";\"'".contains(&byte)
        })
        .min(limit);
        // Behind an escaped line end another header begins.
        let end = memchr::memmem::find(part(text, from, end), b"\\r\\n")
            .map_or(end, |found| from + found);
        let end = run_start(text, end, 4, |byte| b")]},\\".contains(&byte)).max(from);
        let name = part(text, at, name_end);
        if has_value && !is_one_of(name, COOKIE_ATTRIBUTES) {
            let known = scan.policy.meaning(name).is_some();
            let context = Context {
                kind: if known {
                    KeyKind::Password
                } else {
                    KeyKind::Cookie
                },
                bond: Bond::Structure,
                quoted: false,
                is_compound: false,
                quoted_key: false,
                in_query: false,
            };
            scan.judge(from, end, "cookie", context);
        }
        is_first = false;
        if text.get(end) != Some(&b';') {
            break;
        }
        at = run_end(text, end + 1, 8, |byte| byte == b' ');
    }
    // The list is read once: the names in it are no keys of their own.
    scan.keys_until = scan.keys_until.max(at.min(limit));
    scan.covered = scan.covered.max(at.min(limit).max(start));
    let _ = Coding::Plain;
}
