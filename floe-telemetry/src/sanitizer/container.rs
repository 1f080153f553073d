//! Values inside of something: `Some("…")`, `[…]`, `{…}` of ODBC, a field of a struct, a YAML block.

use super::reference::is_lookup;
use super::shape::holds_made_up;
use super::text::{
    at, before, find, is_name, is_redacted, line_end, part, rest, run_end, skip_spaces, starts_with,
};
use super::value::{Extent, Site, quoted};
use super::{lexicon, quote, shape};

/// How many wrappers may be around a value: `Some(Secret(String("…")))`.
const MAX_WRAPPERS: usize = 4;

/// How far a closing bracket is looked for; a value without one ends like any other word.
const BRACKET_WINDOW: usize = 1024;

/// The same for a value that may stay, so that it may be read again.
const DOUBTFUL_WINDOW: usize = 64;

/// The secret inside of a wrapper: `{"value": "…"}`, `Secret { inner: "…" }`. Other fields have keys
/// of their own.
pub(super) fn field(text: &[u8], brace: usize) -> Option<Extent> {
    let first = run_end(text, brace + 1, 64, |byte| byte.is_ascii_whitespace());
    let first = behind_type(text, first);
    let start = first + quote::mark_len(text, first);
    let end = run_end(text, start, 16, is_name);
    let name = part(text, start.min(end), end);
    let known = [
        "value", "inner", "data", "secret", "raw", "plain", "text", "content", "string", "0",
        "default", "given", "supplied", "provided", "received", "actual", "got", "input",
    ];
    let colon = skip_spaces(text, end + quote::mark_len(text, end));
    if !matches!(at(text, colon), b':' | b'=')
        || !known
            .iter()
            .any(|k| name.eq_ignore_ascii_case(k.as_bytes()))
    {
        return None;
    }
    let from = skip_spaces(text, colon + 1);
    quoted(text, from, Site::default()).filter(|found| !is_redacted(text, found.start))
}

/// `"type": "SecureString", "value": …`: behind the field that says what the value is.
fn behind_type(text: &[u8], from: usize) -> usize {
    let name = from + quote::mark_len(text, from);
    if !starts_with(text, name, b"type") {
        return from;
    }
    let comma = run_end(text, name, 48, |byte| {
        byte.is_ascii_alphanumeric() || b"\": '\\._".contains(&byte)
    });
    if at(text, comma) == b',' {
        run_end(text, comma + 1, 64, |byte| byte.is_ascii_whitespace())
    } else {
        from
    }
}

/// `<Token value='…' exp=7>`: the fields of an object as Python prints it.
pub(super) fn object(text: &[u8], from: usize) -> Option<Extent> {
    let name = run_end(text, from + 1, 48, |byte| is_name(byte) || byte == b'.');
    let is_object =
        at(text, from) == b'<' && at(text, from + 1).is_ascii_uppercase() && at(text, name) == b' ';
    is_object.then(|| field(text, name)).flatten()
}

/// `Some("…")`, `Password("…")`, `SecretStr('…')`, `Some(…)`, `String::from("…")`.
pub(super) fn wrapped(text: &[u8], from: usize) -> Option<Extent> {
    wrapped_in(text, from, MAX_WRAPPERS)
}

fn wrapped_in(text: &[u8], from: usize, depth: usize) -> Option<Extent> {
    let name_end = run_end(text, from, 48, |byte| {
        is_name(byte) || b":.&*".contains(&byte)
    });
    let open = at(text, name_end);
    if name_end == from || !matches!(open, b'(' | b'[') {
        return None;
    }
    let inner = skip_spaces(text, name_end + 1);
    let name = part(text, from, name_end);
    let is_wrapper = is_wrapper(name);
    // `environ["PASSWORD"]` is where a value is.
    let is_path = name.contains(&b'.') || name.iter().all(u8::is_ascii_lowercase);
    let is_index = open == b'[' && is_path || is_lookup(name);
    // `password.encode("utf-8")` is a call of a method.
    let is_method = open == b'(' && name.contains(&b'.') && name[0].is_ascii_lowercase();
    let fits = |found: &Extent| !is_method || holds_made_up(part(text, found.start, found.end));
    if let Some(found) =
        quoted(text, inner, Site::default()).filter(|found| !is_index && fits(found))
    {
        return Some(found);
    }
    if is_wrapper
        && depth > 0
        && let Some(found) = wrapped_in(text, inner, depth - 1)
    {
        return Some(found);
    }
    let close = if open == b'(' { b')' } else { b']' };
    let found = (is_wrapper && (open == b'(' || name == b"Optional"))
        .then(|| group(text, name_end, close))
        .flatten()?;
    // `Optional[HiddenText]` is a type.
    let is_type = open == b'['
        && part(text, found.start, found.end)
            .iter()
            .all(u8::is_ascii_alphabetic);
    // `Token(0)` is an index.
    let is_index = found.end - found.start < 4 && at(text, found.start).is_ascii_digit();
    (!is_index && !is_type).then_some(found)
}

fn is_wrapper(name: &[u8]) -> bool {
    let known = [
        "some",
        "ok",
        "just",
        "optional",
        "secretstr",
        "secretstring",
        "redacted",
        "string",
        "q",
        "qq",
    ];
    known
        .iter()
        .any(|known| name.eq_ignore_ascii_case(known.as_bytes()))
        || (name.first().is_some_and(u8::is_ascii_uppercase)
            && shape::is_word_like(name)
            && lexicon::classify(name).is_some())
}

/// `[…]`, `(…)`; with an equals sign also `{…}`, the quotes of ODBC.
pub(super) fn bracketed(text: &[u8], from: usize, site: Site) -> Option<Extent> {
    let close = match at(text, from) {
        b'[' => b']',
        b'(' => b')',
        b'{' if site.equals => return braced(text, from),
        _ => return None,
    };
    let text = part(
        text,
        0,
        text.len().min(
            from + if site.doubtful {
                DOUBTFUL_WINDOW
            } else {
                BRACKET_WINDOW
            },
        ),
    );
    let found = group(text, from, close)?;
    // `[{…}]` has keys of its own, `(abc)def` is not a group.
    (at(text, found.start) != b'{' && !is_name(at(text, found.after))).then_some(found)
}

fn braced(text: &[u8], from: usize) -> Option<Extent> {
    let mut end = find(text, from, BRACKET_WINDOW, b"}")?;
    while at(text, end + 1) == b'}' {
        end = find(text, end + 2, BRACKET_WINDOW, b"}")?;
    }
    let inner = rest(text, from + 1);
    let has_keys = inner
        .iter()
        .take(end - from)
        .any(|byte| matches!(byte, b'"' | b'\'' | b':'));
    (!has_keys).then_some(Extent {
        start: from + 1,
        end,
        after: end + 1,
        quoted: true,
    })
}

/// The content up to the closing bracket, quotes respected.
fn group(text: &[u8], open: usize, close: u8) -> Option<Extent> {
    let start = open + 1;
    let window = text.len().min(start + BRACKET_WINDOW);
    let text = part(text, 0, window);
    if !text.get(start..)?.contains(&close) {
        return None;
    }
    let mut index = start;
    while index < window {
        if at(text, index) == close {
            return (index > start).then_some(Extent {
                start,
                end: index,
                after: index + 1,
                quoted: true,
            });
        }
        index = match quote::open(text, index) {
            Some(quote) if quote.len == 1 && !is_name(before(text, index)) => {
                quote::close(text, index + 1, quote).1.max(index + 1)
            }
            _ => index + 1,
        };
    }
    None
}

/// YAML's `|` and `>`: all the lines that are indented deeper than the first of them allows.
pub(super) fn block_scalar(text: &[u8], from: usize) -> Option<Extent> {
    let marker_end = run_end(text, from + 1, 3, |byte| b"+-123456789".contains(&byte));
    let first = skip_spaces(text, marker_end);
    if !matches!(at(text, first), b'\n' | b'\r') {
        return None;
    }
    let indent = |line: usize| run_end(text, line, 256, |byte| byte == b' ') - line;
    let next_line = |end: usize| {
        end + if starts_with(text, end, b"\r\n") {
            2
        } else {
            1
        }
    };
    let body = next_line(first);
    let depth = indent(body);
    if depth == 0 {
        return None;
    }
    let mut end = line_end(text, body);
    while end < text.len() {
        let line = next_line(end);
        if line_end(text, line) > line && indent(line) < depth {
            break;
        }
        end = line_end(text, line);
    }
    Some(Extent::bare(body + depth, end))
}
