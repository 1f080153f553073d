//! Credentials that are known by their shape alone: a vendor's prefix and enough characters behind.

use super::host::is_certain_host;
use super::shape::{is_made_up, is_opaque};
use super::text::{at, before, is_break, part, run_end, run_start, starts_with};
use super::vendors::{KNOWN, Known, Tail};
use super::{Rule, Scan, access_key};
use std::sync::LazyLock;

/// How much of a token is read before it is taken for one.
const HEAD: usize = 96;

/// The prefixes by the first two letters of their anchor.
static BY_LETTERS: LazyLock<Vec<Vec<&'static Known>>> = LazyLock::new(|| {
    let mut table = vec![Vec::new(); 1 << 10];
    for known in KNOWN {
        let letter = |index: usize| known.0.as_bytes().get(index).copied();
        if let (Some(first), Some(second)) = (letter(known.1), letter(known.1 + 1)) {
            table[place(first, second)].push(known);
        }
    }
    table
});

/// The place in the table: of a letter five bits tell it from the others.
fn place(first: u8, second: u8) -> usize {
    usize::from(first & 31) << 5 | usize::from(second & 31)
}

/// Whether the run of a token's characters at `from` has a digit or a capital behind a small letter
/// in its head. A run without is read once, not again from each prefix inside of it.
fn is_mixed(scan: &mut Scan<'_>, from: usize) -> bool {
    let text = scan.text;
    let (start, end) = scan.unmixed;
    if !(start..end).contains(&from) {
        let mut end = from;
        while is_tail(Tail::Dotted, at(text, end))
            && !at(text, end).is_ascii_digit()
            && !(at(text, end).is_ascii_uppercase()
                && end > from
                && before(text, end).is_ascii_lowercase())
        {
            end += 1;
        }
        scan.unmixed = (from, end);
    }
    let end = scan.unmixed.1;
    end < from + HEAD && is_tail(Tail::Dotted, at(text, end))
}

/// Anchors of shapes that are more than a prefix.
const SHAPES: [&[u8]; 4] = [b"eyj", b"8q~", b"ve_", b"at_"];

/// The anchors of all the shapes here.
pub(super) fn anchors() -> impl Iterator<Item = &'static [u8]> {
    let prefixes = KNOWN
        .iter()
        .filter_map(|known| known.0.as_bytes().get(known.1..known.1 + 3));
    prefixes.chain(SHAPES)
}

/// `anchor` is the last of the three characters of an anchor.
pub(super) fn scan(scan: &mut Scan<'_>, anchor: usize) {
    let text = scan.text;
    let Some(first) = anchor.checked_sub(2) else {
        return;
    };
    for known in &BY_LETTERS[place(at(text, first), at(text, first + 1))] {
        let prefix = known.0.as_bytes();
        let Some(start) = first.checked_sub(known.1) else {
            continue;
        };
        if starts_with(text, start, prefix) && !before(text, start).is_ascii_alphanumeric() {
            let from = start + prefix.len();
            if matches!(known.2, Tail::Word | Tail::Dotted | Tail::Alnum) && !is_mixed(scan, from) {
                continue;
            }
            // A look at the beginning decides, so that a long run of prefixes is not read again
            // from each of them.
            let head = trim_dots(
                text,
                run_end(text, from, HEAD, |byte| is_tail(known.2, byte)),
            );
            if head >= from + known.3 && looks_issued(known, part(text, from, head)) {
                let end = run_end(text, head, usize::MAX, |byte| is_tail(known.2, byte));
                let end = trim_dots(text, end);
                scan.redact(start, end);
                return access_key::beside(scan, end, known.2 == Tail::Upper);
            }
        }
    }
    let _ = json_web_token(scan, first) || azure_secret(scan, first) || marked(scan, first);
}

fn is_tail(tail: Tail, byte: u8) -> bool {
    match tail {
        Tail::Alnum => byte.is_ascii_alphanumeric(),
        Tail::Upper => byte.is_ascii_uppercase() || byte.is_ascii_digit(),
        Tail::Hex => byte.is_ascii_hexdigit(),
        Tail::Word => byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'),
        Tail::Dotted => {
            byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'+' | b'/' | b'=')
        }
    }
}

/// A sentence's full stop is not part of the token.
fn trim_dots(text: &[u8], mut end: usize) -> usize {
    while before(text, end) == b'.' {
        end -= 1;
    }
    end
}

/// Words joined by dashes (`sk-learn-contrib-tools`) have no digits between their letters.
fn looks_issued(known: &Known, tail: &[u8]) -> bool {
    match known.2 {
        Tail::Word | Tail::Dotted | Tail::Alnum => {
            let mixed = tail.iter().any(u8::is_ascii_digit)
                || tail
                    .windows(2)
                    .any(|pair| pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase());
            mixed && (known.0.len() > 4 || is_opaque(tail, 12))
        }
        Tail::Upper | Tail::Hex => true,
    }
}

/// Three parts of base64 with dots between; a header with `alg` is enough if the rest was cut.
fn json_web_token(scan: &mut Scan<'_>, start: usize) -> bool {
    let text = scan.text;
    if !starts_with(text, start, b"eyJ") || before(text, start).is_ascii_alphanumeric() {
        return false;
    }
    let head = scan.ahead.word(text, start);
    let has_dot = at(text, head) == b'.';
    let has_header = [
        &b"eyJhbGci"[..],
        b"eyJ0eXAi",
        b"eyJraWQi",
        b"eyJlbmMi",
        b"eyJrIjoi",
    ]
    .iter()
    .any(|header| starts_with(text, start, header));
    if !has_dot && !has_header {
        return false;
    }
    let end = trim_dots(
        text,
        run_end(text, head, usize::MAX, |byte| is_tail(Tail::Dotted, byte)),
    );
    let fits = end >= start + 16;
    if fits {
        scan.rule = Rule::Jwt;
        scan.redact(start, end);
    }
    fits
}

/// Client secrets of Entra ID: three characters, a digit, `Q~` and 31 or more.
fn azure_secret(scan: &mut Scan<'_>, first: usize) -> bool {
    let text = scan.text;
    let inside = |byte: u8| is_tail(Tail::Word, byte) || matches!(byte, b'~' | b'.');
    if !starts_with(text, first + 1, b"Q~") {
        return false;
    }
    let start = run_start(text, first, 3, inside);
    let end = run_end(text, first, 64, inside);
    let fits = first - start == 3 && end - first >= 30;
    if fits {
        scan.redact(start, end);
    }
    fits
}

/// `acme_live_…`, `acme_pat_…`: the grammar that vendors without an entry above follow, too.
fn marked(scan: &mut Scan<'_>, first: usize) -> bool {
    let text = scan.text;
    let inside = |byte: u8| is_tail(Tail::Word, byte);
    let is_marker = [&b"live"[..], b"pat"].iter().any(|word| {
        part(text, 0, first + 2).ends_with(word) && matches!(at(text, first + 2), b'_' | b'-')
    });
    if !is_marker || !is_mixed(scan, first + 3) {
        return false;
    }
    let start = run_start(text, first, 24, inside);
    let end = run_end(text, first, 256, inside);
    let fits = is_issued_tail(part(text, first + 2, end));
    if fits {
        scan.redact(start, end);
    }
    fits
}

/// A last part of 16 or more random characters.
pub(super) fn is_issued_tail(tail: &[u8]) -> bool {
    let last = tail
        .rsplit(|byte| matches!(byte, b'_' | b'-' | b'.'))
        .next()
        .unwrap_or_default();
    last.len() >= 16 && is_opaque(last, 16)
}

/// `host:port:database:user:password` of a `.pgpass` file; `digits` is the end of the port.
pub(super) fn password_file(scan: &mut Scan<'_>, start: usize, digits: usize) {
    let text = scan.text;
    if before(text, start) != b':' || at(text, digits) != b':' {
        return;
    }
    let field = |from: usize| run_end(text, from, 64, |byte| byte > b' ' && byte != b':');
    let host = run_start(text, start - 1, 64, |byte| {
        byte.is_ascii_alphanumeric() || b".-_*".contains(&byte)
    });
    let database = field(digits + 1);
    let user = field(database + 1);
    let end = field(user + 1);
    let is_entry = at(text, database) == b':' && at(text, user) == b':' && !is_break(text, end - 1);
    let has_names = !part(text, digits + 1, database)
        .iter()
        .all(u8::is_ascii_digit)
        && is_certain_host(part(text, host, start - 1));
    if is_entry && has_names && is_made_up(part(text, user + 1, end), 6) {
        scan.rule = Rule::KeyValue;
        scan.redact(user + 1, end);
    }
}

/// `123456789:AA…` of a Telegram bot; `digits` is the end of the number.
pub(super) fn telegram(scan: &mut Scan<'_>, start: usize, digits: usize) {
    let text = scan.text;
    let from = digits + 1;
    if (8..=10).contains(&(digits - start)) && at(text, digits) == b':' {
        let end = run_end(text, from, 64, |byte| is_tail(Tail::Word, byte));
        let is_bot = starts_with(text, from, b"AA")
            || start
                .checked_sub(4)
                .is_some_and(|slash| starts_with(text, slash, b"/bot"));
        if end - from >= 30 && is_bot {
            scan.rule = Rule::TokenFormat;
            scan.redact(start, end);
        }
    }
}
