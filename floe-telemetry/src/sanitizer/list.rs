//! Several values of one key: a list of YAML's, the values of a map.

use super::key_value::Key;
use super::lexicon::Class;
use super::name::Name;
use super::placeholder::is_placeholder;
use super::shape::{is_made_up, is_opaque};
use super::text::{at, before, is_name, is_redacted, line_end, run_end, skip_spaces};
use super::{Scan, quote};

/// How far the end of a map is looked for.
const MAP: usize = 1024;

/// How many lines of logins are read.
const LINES: usize = 64;

/// `tokens:`, and below it `- …` or `name: …` lines; `from` is behind the separator.
pub(super) fn items(scan: &mut Scan<'_>, key: Key, from: usize) -> bool {
    let text = scan.text;
    let mut line = from;
    if !matches!(key.class, Class::Strong | Class::Weak) || line < scan.list_until {
        return false;
    }
    let is_map = key.class == Class::Weak;
    let mut found = false;
    loop {
        let next = run_end(text, line, 2, |byte| matches!(byte, b'\n' | b'\r'));
        let dash = skip_spaces(text, next);
        let start = (next > line).then(|| item(text, dash, is_map)).flatten();
        let Some(start) = start else {
            return found;
        };
        let end = line_end(text, dash);
        let mark = quote::mark_len(text, start);
        let item = text
            .get(start + mark..end - mark)
            .unwrap_or_default()
            .trim_ascii_end();
        if is_value(item) {
            scan.redact(start + mark, start + mark + item.len());
            found = true;
        }
        line = end;
        scan.list_until = end;
    }
}

/// `chpasswd:` of cloud-init, and below it lines of `user:password`; `from` is behind the separator.
pub(super) fn logins(scan: &mut Scan<'_>, key: Key, from: usize) -> bool {
    let text = scan.text;
    if key.name(text) != b"chpasswd" {
        return false;
    }
    let mut line = from;
    let mut found = false;
    for _ in 0..LINES {
        let next = run_end(text, line, 2, |byte| matches!(byte, b'\n' | b'\r'));
        let name = run_end(text, next, 32, |byte| matches!(byte, b' ' | b'-'));
        line = line_end(text, name);
        if name == next || next == line {
            break;
        }
        let colon = run_end(text, name, 48, |byte| {
            is_name(byte) || matches!(byte, b'-' | b'.')
        });
        let word = text.get(colon + 1..line).unwrap_or_default();
        if at(text, colon) == b':' && is_value(word) {
            scan.redact(colon + 1, line);
            found = true;
        }
    }
    found
}

/// Where the value of a line begins: behind a dash, or in a map behind a name.
fn item(text: &[u8], from: usize, is_map: bool) -> Option<usize> {
    if at(text, from) == b'-' && at(text, from + 1) == b' ' {
        return Some(skip_spaces(text, from + 1));
    }
    let colon = run_end(text, from, 48, |byte| {
        is_name(byte) || matches!(byte, b'-' | b'.')
    });
    let is_indented = before(text, from) == b' ';
    (is_map && is_indented && at(text, colon) == b':' && at(text, colon + 1) == b' ')
        .then(|| skip_spaces(text, colon + 1))
}

/// `"secrets": {"db": "…", "mail": "…"}`: the values of a map of secrets; `brace` is where it opens.
pub(super) fn map(scan: &mut Scan<'_>, key: Key, brace: usize) -> bool {
    let text = scan.text;
    if at(text, brace) != b'{' || brace < scan.list_until {
        return false;
    }
    let name = Name::new(key.name(text));
    let (_, last) = name.last_word();
    let is_plural = [&b"secrets"[..], b"passwords", b"tokens"].contains(&last);
    if !is_plural {
        return false;
    }
    let end = run_end(text, brace, MAP, |byte| byte != b'}');
    scan.list_until = end;
    let mut index = brace + 1;
    let mut found = false;
    while index < end {
        let colon = run_end(text, index, end - index, |byte| byte != b':');
        let start = skip_spaces(text, colon + 1);
        let Some(quote) = quote::open(text, start).filter(|_| start < end) else {
            index = colon + 1;
            continue;
        };
        let (close, after) = scan.close(start + quote.len, quote);
        let value = text.get(start + quote.len..close).unwrap_or_default();
        // `db-login-v2` is the name of an entry.
        let digits = value.iter().filter(|byte| byte.is_ascii_digit()).count();
        let is_named = value.contains(&b'-') && digits < 3;
        if is_value(value) && !is_named || is_opaque(value, 8) {
            scan.redact(start + quote.len, close);
            found = true;
        }
        index = after.max(start + 1);
    }
    found
}

fn is_value(word: &[u8]) -> bool {
    !is_redacted(word, 0) && !is_placeholder(word) && (is_made_up(word, 7) || is_opaque(word, 8))
}
