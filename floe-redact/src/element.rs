//! XML: elements and attributes.

use crate::candidate::Key;
use crate::lexer::{Kind, Tokens};
use crate::rules::sentences::VALUE_NAMES;
use crate::scan::{Scan, Tried};
use crate::score::Context;
use crate::text::{part, run_end, starts_with};

/// The most tokens of a tag.
const TAG: usize = 40;

/// `<password>…</password>`, `<property name="password">…`, `<name>password</name><value>…`.
pub(crate) fn scan(scan: &mut Scan<'_>, key: Key) -> Tried {
    let Some(mut content) = content(&mut scan.tokens, key) else {
        return Tried::Nothing;
    };
    // `<setting name="password"><value>…`
    let inner = scan.tokens.skip_lines(content);
    if scan.tokens.is_sign(inner, b'<') && scan.tokens.is_word(inner + 1, VALUE_NAMES) {
        content = inner + 3;
    }
    let text = scan.text;
    let is_space = |byte: u8| byte.is_ascii_whitespace();
    let mut start = run_end(text, scan.tokens.start(content), 256, is_space);
    if starts_with(text, start, b"<![CDATA[") {
        start += 9;
    }
    // The text may be encoded as a part of another one.
    let ends = [&b"</"[..], b"&lt;/", b"]]>", b"<\\/"];
    let line = text.len().min(start + 4096);
    let Some(close) = memchr::memchr3_iter(b'<', b'&', b']', part(text, start, line))
        .map(|at| start + at)
        .find(|&at| text[at] == b'<' || ends.iter().any(|end| text[at..].starts_with(end)))
    else {
        return Tried::Nothing;
    };
    // A tag that is not closed is a placeholder.
    if !ends.iter().any(|end| text[close..].starts_with(end)) {
        return Tried::Found;
    }
    let value = part(text, start, close).trim_ascii_end();
    let end = start + memchr::memchr(b'\n', value).unwrap_or(value.len());
    if end > start {
        let surroundings = Context::structure(key.meaning.kind);
        let _ = scan.judge(start, end, key.meaning.rule, surroundings);
    }
    Tried::Found
}

/// The place of the content that belongs to the name.
fn content(tokens: &mut Tokens<'_>, key: Key) -> Option<usize> {
    let lead = key.place.checked_sub(1)?;
    // `<password>`, `<ns:password>`
    let opener = if tokens.is_sign(lead, b':') && tokens.word(lead.checked_sub(1)?).is_some() {
        lead.checked_sub(2)?
    } else {
        lead
    };
    let in_tag = tokens.is_sign(opener, b'<');
    if in_tag && tokens.is_sign(key.after, b'>') {
        return Some(key.after + 1);
    }
    // `<name>password</name><value>…`
    if tokens.is_sign(lead, b'>') && tokens.is_sign(key.after, b'<') {
        let close = find_close(tokens, key.after)?;
        let next = tokens.skip_lines(close + 1);
        return tokens
            .is_sign(next, b'<')
            .then(|| find_close(tokens, next))?
            .map(|close| close + 1);
    }
    // `<password type="x">`, `name="password">`
    let sign = key.quote.and_then(|quote| quote.checked_sub(1));
    let is_attribute = sign.is_some_and(|sign| tokens.is_sign(sign, b'='));
    let behind = tokens.kind(key.after);
    if !(in_tag || is_attribute) || !matches!(behind, Kind::Blank | Kind::Sign(b'>')) {
        return None;
    }
    find_close(tokens, key.after).map(|close| close + 1)
}

/// The `>` that ends a tag.
fn find_close(tokens: &mut Tokens<'_>, from: usize) -> Option<usize> {
    (from..from + TAG).find(|&at| tokens.is_sign(at, b'>'))
}
