//! Where the value behind a key begins and ends.

use super::quote;
use super::shape;
use super::text::{
    at, before, blank_len, find, is_break, is_name, is_redacted, line_end, rest, run_end,
    skip_spaces, starts_with, starts_with_word,
};
use super::{lexicon, pem};

/// How far a closing bracket is looked for; a value without one ends like any other word.
const BRACKET_WINDOW: usize = 1024;

/// What surrounds the value, as far as its end depends on it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Site {
    /// The quote mark around key and value together (`-H "X-Api-Key: v"`), or 0.
    pub(super) enclosing: u8,
    /// A parameter of a query string or a form.
    pub(super) query: bool,
    /// The separator was percent-encoded, so the delimiters are, too.
    pub(super) encoded: bool,
    /// The separator was `=`, not a colon.
    pub(super) equals: bool,
    /// The value may stay in the text, so it must not be read far.
    pub(super) doubtful: bool,
}

/// The bytes of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Extent {
    pub(super) start: usize,
    pub(super) end: usize,
    /// Where the text goes on: behind the closing quote or bracket.
    pub(super) after: usize,
    pub(super) quoted: bool,
}

impl Extent {
    fn bare(start: usize, end: usize) -> Self {
        Self {
            start,
            end,
            after: end,
            quoted: false,
        }
    }
}

/// The value at `from`; `None` if there is none or it is redacted already.
pub(super) fn extent(text: &[u8], from: usize, site: Site) -> Option<Extent> {
    let text = if site.doubtful {
        &text[..text.len().min(from + shape::LONGEST + 1)]
    } else {
        text
    };
    if is_break(text, from) || is_redacted(text, from) {
        return None;
    }
    if starts_with(text, from, b"-----BEGIN") {
        let end = pem::end(text, from);
        return Some(Extent::bare(from, end));
    }
    if let Some(found) = quoted(text, from, site).or_else(|| wrapped(text, from)) {
        return (!is_redacted(text, found.start)).then_some(found);
    }
    if let Some(found) = bracketed(text, from, site) {
        return (!is_redacted(text, found.start)).then_some(found);
    }
    if at(text, from) == b'{' && !site.equals {
        return field(text, from);
    }
    if matches!(at(text, from), b'|' | b'>')
        && let Some(found) = block_scalar(text, from)
    {
        return Some(found);
    }
    let end = bare_end(text, from, site);
    (end > from).then_some(Extent::bare(from, end))
}

/// The whole of a value that was read in doubt and turned out to be a secret.
pub(super) fn whole(text: &[u8], from: usize, found: Extent, site: Site) -> Extent {
    if found.end.saturating_sub(from) < shape::LONGEST {
        return found;
    }
    extent(
        text,
        from,
        Site {
            doubtful: false,
            ..site
        },
    )
    .unwrap_or(found)
}

/// The secret inside of a wrapper: `{"value": "…"}`, `Secret { inner: "…" }`. Other fields have keys
/// of their own.
pub(super) fn field(text: &[u8], brace: usize) -> Option<Extent> {
    let first = run_end(text, brace + 1, 64, |byte| byte.is_ascii_whitespace());
    let start = first + quote::mark_len(text, first);
    let end = run_end(text, start, 16, is_name);
    let name = &text[start.min(end)..end];
    let known = [
        "value", "inner", "data", "secret", "raw", "plain", "text", "content", "string", "0",
    ];
    let colon = end + quote::mark_len(text, end);
    if at(text, colon) != b':'
        || !known
            .iter()
            .any(|k| name.eq_ignore_ascii_case(k.as_bytes()))
    {
        return None;
    }
    let from = skip_spaces(text, colon + 1);
    quoted(text, from, Site::default()).filter(|found| !is_redacted(text, found.start))
}

/// `"…"`, `b'…'`, `r"…"`, `@"…"`.
fn quoted(text: &[u8], from: usize, site: Site) -> Option<Extent> {
    let prefix = run_end(text, from, 2, |byte| b"bBrRuUfFnN@&*$#".contains(&byte)) - from;
    (0..=prefix).find_map(|skip| {
        let quote = quote::open(text, from + skip)?;
        // The quote that closes the text around us does not open a value.
        if skip == 0 && quote.len == 1 && at(text, from) == site.enclosing {
            return None;
        }
        let start = from + skip + quote.len;
        let (end, after) = quote::close(text, start, quote);
        Some(Extent {
            start,
            end,
            after,
            quoted: true,
        })
    })
}

/// `Some("…")`, `Password("…")`, `SecretStr('…')`, `Some(…)`, `String::from("…")`.
fn wrapped(text: &[u8], from: usize) -> Option<Extent> {
    let name_end = run_end(text, from, 48, |byte| {
        is_name(byte) || b":.&*".contains(&byte)
    });
    let open = at(text, name_end);
    if name_end == from || !matches!(open, b'(' | b'[') {
        return None;
    }
    let inner = skip_spaces(text, name_end + 1);
    if let Some(found) = quoted(text, inner, Site::default()) {
        return Some(found);
    }
    let name = &text[from..name_end];
    if let Some(found) = wrapped(text, inner).filter(|_| is_wrapper(name)) {
        return Some(found);
    }
    let found = (open == b'(' && is_wrapper(name)).then(|| group(text, name_end, b')')).flatten()?;
    // `Token(0)` is an index.
    let is_index = found.end - found.start < 4 && at(text, found.start).is_ascii_digit();
    (!is_index).then_some(found)
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
    ];
    known
        .iter()
        .any(|known| name.eq_ignore_ascii_case(known.as_bytes()))
        || (name.first().is_some_and(u8::is_ascii_uppercase)
            && shape::is_word_like(name)
            && lexicon::classify(name).is_some())
}

/// `[…]`, `(…)`; with an equals sign also `{…}`, the quotes of ODBC.
fn bracketed(text: &[u8], from: usize, site: Site) -> Option<Extent> {
    let close = match at(text, from) {
        b'[' => b']',
        b'(' => b')',
        b'{' if site.equals => return braced(text, from),
        _ => return None,
    };
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
    let mut index = start;
    while index < text.len().min(start + BRACKET_WINDOW) {
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
fn block_scalar(text: &[u8], from: usize) -> Option<Extent> {
    let marker_end = run_end(text, from + 1, 3, |byte| b"+-123456789".contains(&byte));
    let first = line_end(text, marker_end);
    if skip_spaces(text, marker_end) != first || first >= text.len() {
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

/// The end of a value without quotes: a delimiter that is one in its place, see `ends_at`.
pub(super) fn bare_end(text: &[u8], from: usize, site: Site) -> usize {
    let mut index = from;
    let mut opened = [0_usize; 3];
    while !is_break(text, index) {
        let byte = at(text, index);
        match byte {
            b'(' => opened[0] += 1,
            b'[' => opened[1] += 1,
            b'{' => opened[2] += 1,
            _ => {}
        }
        let pair = match byte {
            b')' => Some(&mut opened[0]),
            b']' => Some(&mut opened[1]),
            b'}' => Some(&mut opened[2]),
            _ => None,
        };
        match pair {
            Some(count) if *count > 0 => *count -= 1,
            _ if index >= from && ends_at(text, index, from, site) => break,
            _ => {}
        }
        index += 1;
    }
    trim_punctuation(text, from, index)
}

/// A full stop or colon before a space belongs to the sentence.
fn trim_punctuation(text: &[u8], from: usize, end: usize) -> usize {
    let last = before(text, end);
    if end > from + 1 && matches!(last, b'.' | b':' | b'!' | b'?') && is_break(text, end) {
        end - 1
    } else {
        end
    }
}

/// Whether the byte ends the value: passwords contain any of these, so what follows decides.
fn ends_at(text: &[u8], index: usize, from: usize, site: Site) -> bool {
    let next = index + 1;
    let byte = at(text, index);
    match byte {
        b'"' | b'\'' | b'`' => byte == site.enclosing || !is_name(at(text, next)),
        b',' | b'|' => {
            is_break(text, next) || quote::open(text, next).is_some() || starts_pair(text, next)
        }
        b';' => is_break(text, next) || at(text, next) == b';' || starts_pair(text, next),
        b'&' => site.query || is_break(text, next) || starts_pair(text, next),
        b')' | b']' | b'}' => closes_here(text, index),
        b'<' => at(text, next) == b'/' || at(text, next).is_ascii_alphabetic() && index > from,
        // `<TOKEN>` is one value.
        b'>' if at(text, from) == b'<' => false,
        b'>' => is_break(text, next) || at(text, next) == b'<',
        b'\\' => matches!(at(text, next), b'n' | b'r' | b't' | b'"' | b'\''),
        b'%' if site.encoded => ["%26", "%22", "%2c", "%7d", "%3b", "%20", "%27", "%0a"]
            .iter()
            .any(|end| starts_with_word(text, index, end.as_bytes())),
        // An arrow or an ellipsis set against the value.
        0xe2 => {
            starts_with(text, index, "\u{2192}".as_bytes())
                || starts_with(text, index, "\u{201d}".as_bytes())
        }
        _ => false,
    }
}

/// A bracket that nothing opened ends the value before white space and punctuation.
fn closes_here(text: &[u8], index: usize) -> bool {
    let next = run_end(text, index, 8, |byte| b")]}".contains(&byte));
    is_break(text, next) || b",;:.\"'`&|<>\\".contains(&at(text, next)) || blank_len(text, next) > 0
}

/// `name=`, `name:` or `"name"`: the next pair of a list.
fn starts_pair(text: &[u8], from: usize) -> bool {
    let from = if starts_with(text, from, b"amp;") {
        from + 4
    } else {
        from
    };
    let from = from + usize::from(matches!(at(text, from), b'"' | b'\'' | b'$' | b'-'));
    if !at(text, from).is_ascii_alphabetic() {
        return false;
    }
    let end = run_end(text, from, 48, |byte| {
        is_name(byte) || b"-. []".contains(&byte)
    });
    matches!(at(text, end), b'=' | b':' | b'"' | b'\'')
}
