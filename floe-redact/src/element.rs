//! XML: elements and attributes.

use crate::candidate::Key;
use crate::lexer::Kind;
use crate::rules::sentences::VALUE_NAMES;
use crate::scan::Scan;
use crate::score::Context;
use crate::text::{is_one_of, part, run_end, starts_with};

/// `<password>…</password>`, `<property name="password">…`, `<name>password</name><value>…`.
pub(crate) fn scan(scan: &mut Scan<'_>, key: Key) -> bool {
    let Some(content) = content(scan, key) else {
        return false;
    };
    let text = scan.text;
    let mut content = content;
    // `<setting name="password"><value>…`
    for _ in 0..2 {
        let inner = scan.tokens.skip_lines(content);
        if scan.tokens.is_sign(inner, b'<')
            && scan
                .tokens
                .word(inner + 1)
                .is_some_and(|word| is_one_of(word, VALUE_NAMES))
            && scan.tokens.is_sign(inner + 2, b'>')
        {
            content = inner + 3;
        }
    }
    let mut start = scan.tokens.start(content);
    if starts_with(text, start, b"<![CDATA[") {
        start += 9;
    }
    start = run_end(text, start, 256, |byte| byte.is_ascii_whitespace());
    let mut end = memchr::memchr2(b'<', b'&', &text[start..]).map_or(text.len(), |at| start + at);
    // An entity in the value does not end it, unless the whole text is encoded.
    if text.get(end) == Some(&b'&') && !starts_with(text, end, b"&lt;") {
        end = memchr::memchr(b'<', &text[end..]).map_or(text.len(), |at| end + at);
    }
    if let Some(inner) = memchr::memmem::find(part(text, start, end), b"]]>") {
        end = start + inner;
    }
    let value = part(text, start, end);
    let blank = value
        .iter()
        .rev()
        .take_while(|byte| byte.is_ascii_whitespace())
        .count();
    let end = (end - blank).min(start + memchr::memchr(b'\n', value).unwrap_or(value.len()));
    let kind = key.meaning.kind;
    // A tag that is not closed is a placeholder.
    let behind = run_end(text, end, 256, |byte| byte.is_ascii_whitespace());
    let is_closed = starts_with(text, behind, b"</")
        || starts_with(text, behind, b"&lt;/")
        || starts_with(text, behind, b"]]>")
        || starts_with(text, behind, b"<\\/");
    if end > start && is_closed {
        scan.judge(start, end, key.meaning.rule, Context::structure(kind));
    }
    true
}

/// The place of the content that belongs to the name.
fn content(scan: &mut Scan<'_>, key: Key) -> Option<usize> {
    let tokens = &mut scan.tokens;
    let lead = key.place.checked_sub(1)?;
    // `<password>`, `<ns:password>`
    let mut opener = lead;
    if tokens.is_sign(opener, b':') && opener >= 2 && tokens.word(opener - 1).is_some() {
        opener -= 2;
    }
    let in_tag = tokens.is_sign(opener, b'<');
    if in_tag && tokens.is_sign(key.after, b'>') {
        return Some(key.after + 1);
    }
    // `<name>password</name><value>…`
    if tokens.is_sign(lead, b'>')
        && tokens.is_sign(key.after, b'<')
        && tokens.is_sign(key.after + 1, b'/')
    {
        let close = find_close(scan, key.after)?;
        let next = scan.tokens.skip_lines(close + 1);
        return scan
            .tokens
            .is_sign(next, b'<')
            .then(|| find_close(scan, next))
            .flatten()
            .map(|close| close + 1);
    }
    // `<password type="x">`, `name="password">`
    let is_attribute = key.quote.is_some() && scan.tokens.is_sign(key.quote?.checked_sub(1)?, b'=');
    if in_tag && scan.tokens.kind(key.after) == Kind::Blank
        || is_attribute && matches!(scan.tokens.kind(key.after), Kind::Sign(b'>') | Kind::Blank)
    {
        let close = find_close(scan, key.after)?;
        let has_value = (key.after..close).any(|at| {
            scan.tokens
                .word(at)
                .is_some_and(|word| is_one_of(word, VALUE_NAMES))
        });
        if has_value {
            return None;
        }
        return (!scan.tokens.is_sign(close.checked_sub(1)?, b'/')).then_some(close + 1);
    }
    None
}

/// The `>` that ends a tag.
fn find_close(scan: &mut Scan<'_>, from: usize) -> Option<usize> {
    (from..from + 40).find(|&at| scan.tokens.is_sign(at, b'>'))
}
