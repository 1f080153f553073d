//! Keys with values: `key=value` and its many spellings, in prose, code, JSON, Debug output, YAML.

use super::lexicon::{self, Class};
use super::shape::{is_opaque, is_path, is_placeholder, is_prose};
use super::text::{
    at, before, is_break, is_name, rest, run_end, run_start, skip_spaces, starts_with,
    starts_with_word,
};
use super::value::{Extent, Site};
use super::{Policy, Scan, header, loose, quote, value};

/// Longest key that is read whole; of a longer one only this much around the anchor.
const KEY_LIMIT: usize = 64;

/// A key name found in the text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Key {
    /// Where the word begins, dashes of an option included.
    pub(super) start: usize,
    /// Behind the last letter.
    pub(super) end: usize,
    pub(super) class: Class,
    /// `--password`.
    pub(super) is_option: bool,
}

impl Key {
    /// The key without the dashes of an option.
    pub(super) fn name<'t>(&self, text: &'t [u8]) -> &'t [u8] {
        let mut name = &text[self.start..self.end];
        while let [b'-' | b'.', tail @ ..] = name {
            name = tail;
        }
        name
    }
}

/// A separator and what it says about the value.
#[derive(Clone, Copy, Debug)]
struct Separator {
    after: usize,
    equals: bool,
    encoded: bool,
    /// The column line of a table: the value has to look like a secret.
    table: bool,
}

/// `anchor` is inside the word.
pub(super) fn scan(scan: &mut Scan<'_>, anchor: usize) {
    let Some(key) = key_at(scan, anchor) else {
        return;
    };
    let text = scan.text;
    let mark = quote::mark_len(text, key.end);
    let mut behind = key.end + mark;
    behind += usize::from(at(text, behind) == b']');
    behind = behind_index(text, behind);
    behind = run_end(text, behind, 2, |byte| byte == b'*');
    if let Some(separator) = separator(text, behind) {
        let enclosing = before(text, key.start);
        let site = Site {
            enclosing: if mark == 0 && matches!(enclosing, b'"' | b'\'' | b'`') {
                enclosing
            } else {
                0
            },
            query: matches!(enclosing, b'?' | b'&')
                || enclosing == b';' && follows_amp(text, key.start),
            encoded: separator.encoded,
            equals: separator.equals,
            doubtful: matches!(key.class, Class::Weak | Class::Query),
        };
        redact_value(scan, key, separator, site, mark > 0);
    } else {
        loose::scan(scan, key, mark);
    }
}

/// `password[0]`.
fn behind_index(text: &[u8], from: usize) -> usize {
    let end = run_end(text, from + 1, 4, |byte| byte.is_ascii_digit());
    let is_index = at(text, from) == b'[' && end > from + 1 && at(text, end) == b']';
    if is_index { end + 1 } else { from }
}

fn follows_amp(text: &[u8], index: usize) -> bool {
    index
        .checked_sub(5)
        .is_some_and(|start| starts_with(text, start, b"&amp;"))
}

/// The sensitive key around the anchor; every word is looked at once.
fn key_at(scan: &mut Scan<'_>, anchor: usize) -> Option<Key> {
    if anchor < scan.key_until {
        return None;
    }
    let text = scan.text;
    let is_key = |byte: u8| is_name(byte) || byte == b'-' || byte == b'.';
    // The anchor of a short name includes the separator behind it.
    let anchor = if is_key(at(text, anchor)) {
        anchor
    } else {
        anchor - 1
    };
    let start = run_start(text, anchor + 1, KEY_LIMIT, is_key);
    let mut end = run_end(text, anchor, KEY_LIMIT, is_key);
    scan.key_until = end;
    while matches!(before(text, end), b'-' | b'.' | b'_') {
        end -= 1;
    }
    let word = text.get(start..end)?;
    let mut class = lexicon::classify(word)?;
    // `API key`, `access code`: the word before decides.
    if class == Class::Query
        && word.len() == 3 + usize::from(word.len() == 4)
        && before(text, start) == b' '
    {
        let phrase = run_start(text, start - 1, 16, |byte| byte.is_ascii_alphabetic());
        class = lexicon::classify(&text[phrase..end])?;
    }
    if class == Class::Weak && scan.policy == Policy::Strict {
        class = Class::Strong;
    }
    Some(Key {
        start,
        end,
        class,
        is_option: at(text, start) == b'-',
    })
}

fn separator(text: &[u8], from: usize) -> Option<Separator> {
    let index = skip_spaces(text, from);
    let found = |len: usize, equals: bool| {
        Some(Separator {
            after: index + len,
            equals,
            encoded: false,
            table: false,
        })
    };
    match (at(text, index), at(text, index + 1)) {
        (b':', b':') => None,
        (b':', b'/') if at(text, index + 2) == b'/' => None,
        (b':' | b'=' | b'+' | b'?', b'=') | (b'=', b'>') => found(2, true),
        (b'-' | b'~', b'>') => found(2, false),
        (b'=', _) => found(1, true),
        (b':', _) => found(1, false),
        (b'|', b' ') => found(1, false).map(|separator| Separator {
            table: true,
            ..separator
        }),
        (b'%', b'3') if matches!(at(text, index + 2), b'd' | b'D' | b'a' | b'A') => found(3, true)
            .map(|separator| Separator {
                encoded: true,
                ..separator
            }),
        (b'\\', b'u') if starts_with_word(text, index, b"\\u003d") => found(6, true),
        (0xe2 | 0xef, _) => ["\u{2192}", "\u{21d2}", "\u{ff1a}", "\u{ff1d}"]
            .iter()
            .find(|mark| starts_with(text, index, mark.as_bytes()))
            .and_then(|mark| found(mark.len(), *mark == "\u{ff1d}")),
        _ => None,
    }
}

fn redact_value(scan: &mut Scan<'_>, key: Key, separator: Separator, site: Site, quoted_key: bool) {
    let from = value_start(scan.text, separator.after);
    match key.class {
        Class::Authorization => header::authorization(scan, from, site),
        Class::Cookie => header::cookies(scan, from, site),
        _ => {
            let Some(found) = value::extent(scan.text, from, site) else {
                return;
            };
            let text = scan.text;
            let is_apart = !separator.equals || from > separator.after;
            let in_prose = is_apart && !quoted_key && !found.quoted;
            if is_secret(text, key, found, site, in_prose) {
                if !separator.table || is_opaque(&text[found.start..found.end], 8) {
                    let found = value::whole(text, from, found, site);
                    scan.redact(found.start, found.end);
                }
            } else if let Some(found) = after_type(text, found) {
                scan.redact(found.start, found.end);
            }
        }
    }
}

/// Skips spaces, Markdown's asterisks and a YAML tag.
pub(super) fn value_start(text: &[u8], from: usize) -> usize {
    let mut index = skip_spaces(text, from);
    if starts_with(text, index, b"** ") {
        index = skip_spaces(text, index + 2);
    }
    if at(text, index) == b'!' && matches!(at(text, index + 1), b'!' | b'a'..=b'z') {
        let tag = run_end(text, index, 24, |byte| {
            byte == b'!' || byte.is_ascii_alphabetic()
        });
        if at(text, tag) == b' ' {
            index = skip_spaces(text, tag);
        }
    }
    index
}

/// `token: String = "…"`: the value behind a type.
fn after_type(text: &[u8], declared: Extent) -> Option<Extent> {
    let equals = skip_spaces(text, declared.after);
    if at(text, equals) != b'=' || !is_placeholder(&text[declared.start..declared.end]) {
        return None;
    }
    let site = Site {
        equals: true,
        ..Site::default()
    };
    let found = value::extent(text, skip_spaces(text, equals + 1), site)?;
    (!is_placeholder(&text[found.start..found.end])).then_some(found)
}

/// Whether the value of this key has to go.
pub(super) fn is_secret(text: &[u8], key: Key, found: Extent, site: Site, in_prose: bool) -> bool {
    let value = &text[found.start..found.end];
    match key.class {
        Class::Query => is_opaque(value, if site.query { 8 } else { 20 }),
        // A list is judged by its items.
        Class::Weak if found.quoted => value
            .split(|byte| b"\"', ".contains(byte))
            .any(|item| is_opaque(item, 12)),
        Class::Weak => is_opaque(value, 12) || site.query && is_opaque(value, 8),
        _ if is_placeholder(value) || names_a_file(text, key, value) => false,
        // `PWD=/home/x` is the working directory.
        _ if ends_with_word(key.name(text), b"pwd") && is_path(value) => false,
        // `pass=3 fail=1` counts tests.
        _ if key.name(text).eq_ignore_ascii_case(b"pass")
            && value.len() <= 3
            && value.iter().all(u8::is_ascii_digit) =>
        {
            false
        }
        _ if in_prose => !is_prose(value) && !is_parser_token(text, key, value),
        _ => true,
    }
}

/// `private_key=/etc/ssl/key.pem`; a password that looks like a path stays a password.
fn names_a_file(text: &[u8], key: Key, value: &[u8]) -> bool {
    let name = key.name(text);
    let named = [
        &b"key"[..],
        b"credentials",
        b"credential",
        b"creds",
        b"token",
    ];
    named.iter().any(|end| ends_with_word(name, end)) && is_path(value)
}

fn ends_with_word(name: &[u8], end: &[u8]) -> bool {
    name.len() >= end.len() && name[name.len() - end.len()..].eq_ignore_ascii_case(end)
}

/// `unexpected token: foo` is about a grammar.
fn is_parser_token(text: &[u8], key: Key, value: &[u8]) -> bool {
    let Some(end) = key.start.checked_sub(1) else {
        return false;
    };
    let start = run_start(text, end, 12, |byte| byte.is_ascii_alphabetic());
    key.name(text).eq_ignore_ascii_case(b"token")
        && [
            &b"unexpected"[..],
            b"expected",
            b"unknown",
            b"illegal",
            b"next",
            b"current",
        ]
        .iter()
        .any(|word| text[start..end].eq_ignore_ascii_case(word))
        && !is_opaque(value, 8)
}

/// The `value` that belongs to a key given as a name: `{"key": "api_key", "value": "…"}`.
pub(super) fn named_value(text: &[u8], from: usize) -> Option<usize> {
    let gap = run_end(text, from, 64, |byte| {
        byte == b',' || byte.is_ascii_whitespace()
    });
    let word = gap + quote::mark_len(text, gap);
    let end = run_end(text, word, 12, is_name);
    let name = text.get(word..end).unwrap_or_default();
    let is_value = ["value", "val", "content", "secret", "default"]
        .iter()
        .any(|known| name.eq_ignore_ascii_case(known.as_bytes()));
    if !is_value || gap == from {
        return None;
    }
    let separator = separator(text, end + quote::mark_len(text, end))?;
    Some(value_start(text, separator.after)).filter(|&start| !is_break(text, start))
}

/// Redacts the value that starts at `from`, whatever introduced it.
pub(super) fn redact_at(scan: &mut Scan<'_>, key: Key, from: usize, site: Site) -> bool {
    match key.class {
        Class::Authorization => header::authorization(scan, from, site),
        Class::Cookie => header::cookies(scan, from, site),
        _ => {
            let doubtful = site.doubtful || matches!(key.class, Class::Weak | Class::Query);
            let site = Site { doubtful, ..site };
            let Some(found) = value::extent(scan.text, from, site) else {
                return false;
            };
            if !is_secret(scan.text, key, found, site, false) {
                return false;
            }
            let found = value::whole(scan.text, from, found, site);
            scan.redact(found.start, found.end);
        }
    }
    true
}

/// Whether `what` stands before `end`, as a word of its own.
pub(super) fn word_before(text: &[u8], end: usize, what: &[u8]) -> bool {
    end.checked_sub(what.len()).is_some_and(|start| {
        rest(text, start)[..what.len()].eq_ignore_ascii_case(what) && !is_name(before(text, start))
    })
}
