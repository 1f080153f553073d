//! Lines of protocols that carry a password: SMTP, IMAP, POP, FTP, Redis.

use super::key_value::Key;
use super::shape::{holds_made_up, is_made_up, is_opaque, trim_end};
use super::text::{
    at, before, is_break, is_redacted, line_end, part, run_end, run_start, skip_spaces,
    starts_with_word,
};
use super::value::{self, Extent, Site};
use super::{Scan, quote};

/// `AUTH token`, `AUTH user password`, `AUTH PLAIN …`: the last word of a line of a protocol.
pub(super) fn authenticate(scan: &mut Scan<'_>, key: Key) -> bool {
    let text = scan.text;
    if !matches!(key.name(text), b"AUTH" | b"AUTHENTICATE") || !is_break(text, key.end) {
        return false;
    }
    if let Some(mut start) = bulk(text, key.end) {
        // The user is sent before the password; of what `MIGRATE` says the password comes first.
        let next = [&b"KEYS"[..], b"COPY", b"REPLACE", b"SETNAME"];
        if let Some(second) = bulk(text, line_end(text, start))
            && !next.contains(&part(text, second, line_end(text, second)))
        {
            start = second;
        }
        if !is_redacted(text, start) {
            scan.redact(start, line_end(text, start));
        }
        return true;
    }
    let (first, first_end, mut fits) = words(scan, key.end);
    if part(text, first, first_end) == *b"LOGIN" && !fits {
        fits = answers(scan, first_end);
    }
    fits
}

/// Redacts what looks like a secret of the two words behind a command: `IDENTIFY user password`. Where
/// the first word is, and whether there was a secret.
pub(super) fn words(scan: &mut Scan<'_>, from: usize) -> (usize, usize, bool) {
    let text = scan.text;
    let is_word = |byte: u8| byte > b' ' && !b"\\\"'".contains(&byte);
    let first = skip_spaces(text, from);
    let first_end = run_end(text, first, 256, is_word);
    let second = skip_spaces(text, first_end);
    let second_end = run_end(text, second, 256, is_word);
    let mut fits = false;
    for (start, end) in [(first, first_end), (second, second_end)] {
        // `cmd=[AUTH bob hunter2]`
        let word = trim_end(part(text, start, end), b"])}");
        let end = start + word.len();
        // The names of mechanisms are in capitals.
        let is_mechanism = !word.iter().any(u8::is_ascii_lowercase);
        if is_opaque(word, 8) || (start == second || !is_mechanism) && is_made_up(word, 6) {
            scan.redact_unless_done(start, end);
            fits = true;
        }
    }
    (first, first_end, fits)
}

/// `"AUTH" "default" "…"`, as Redis shows the commands it is given: the last word. `behind` is behind
/// the quote of the command.
pub(super) fn shown(scan: &mut Scan<'_>, key: Key, behind: usize) -> bool {
    let text = scan.text;
    if !matches!(key.name(text), b"AUTH" | b"auth") {
        return false;
    }
    let mut last = None;
    let mut from = behind;
    while let Some(found) = (at(text, from) == b' ')
        .then(|| scan.quoted(from + 1, Site::default()))
        .flatten()
    {
        from = found.after;
        last = Some(found);
    }
    let word = |found: &Extent| part(text, found.start, found.end);
    let last = last.filter(|found| word(found).iter().any(u8::is_ascii_lowercase));
    if let Some(found) = last {
        scan.redact_unless_done(found.start, found.end);
    }
    last.is_some()
}

/// Behind the length of the next text, as Redis frames them: `AUTH`, `$12` and the password.
fn bulk(text: &[u8], from: usize) -> Option<usize> {
    let blank = |byte: u8| matches!(byte, b'\r' | b'\n');
    let dollar = run_end(text, from, 2, blank);
    let length = run_end(text, dollar + 1, 4, |byte| byte.is_ascii_digit());
    let start = run_end(text, length, 2, blank);
    (dollar > from && at(text, dollar) == b'$' && length > dollar + 1 && start > length)
        .then_some(start)
}

/// What a client sends line by line, in base64, when it is asked for user and password.
fn answers(scan: &mut Scan<'_>, from: usize) -> bool {
    let text = scan.text;
    let mut fits = false;
    let mut start = line_end(text, from);
    for _ in 0..8 {
        start = run_end(text, start, 2, |byte| matches!(byte, b'\r' | b'\n'));
        let end = run_end(text, start, 256, |byte| {
            byte.is_ascii_alphanumeric() || b"+/=".contains(&byte)
        });
        let is_whole = end >= start + 8 && (end - start).is_multiple_of(4);
        if is_whole && is_break(text, end) {
            scan.redact_unless_done(start, end);
            fits = true;
        }
        start = line_end(text, end);
    }
    fits
}

/// `LOGIN user password` of IMAP.
pub(super) fn login(scan: &mut Scan<'_>, key: Key) -> bool {
    let text = scan.text;
    if key.name(text) != b"LOGIN" {
        return false;
    }
    let user = skip_spaces(text, key.end);
    let user_end = run_end(text, user, 96, |byte| byte > b' ');
    let start = skip_spaces(text, user_end);
    // `250-AUTH PLAIN LOGIN CRAM-MD5` lists what a server knows.
    let is_listed =
        before(text, key.start) == b' ' && before(text, key.start - 1).is_ascii_uppercase();
    // `CREATE ROLE bob LOGIN PASSWORD 'hunter2'`
    let is_key = part(text, user, user_end) == b"PASSWORD";
    if user == key.end || start == user_end || is_listed || is_key {
        return false;
    }
    let site = Site {
        doubtful: true,
        ..Site::default()
    };
    let found = value::extent(text, start, site).filter(|found| {
        let word = part(text, found.start, found.end);
        is_made_up(word, 6)
            || found.quoted && (holds_made_up(word) || word.iter().any(u8::is_ascii_digit))
    });
    if let Some(found) = found {
        scan.redact(found.start, found.end);
    }
    found.is_some()
}

/// `ACL SETUSER bob on >hunter2 ~*`, `"ACL" "SETUSER" "bob" "on" ">hunter2"`: Redis' way to add a password
/// to a user; `end` is behind the first word.
pub(super) fn acl(scan: &mut Scan<'_>, end: usize) {
    let text = scan.text;
    let first = run_end(text, end, 4, |byte| b"\"', ".contains(&byte));
    if !starts_with_word(text, first, b"setuser") {
        return;
    }
    let mut index = first;
    for _ in 0..16 {
        index = run_end(text, index, 256, |byte| byte > b' ');
        let start = run_end(text, index, 4, |byte| b"\"', ".contains(&byte));
        index = run_end(text, start, 256, |byte| {
            byte > b' ' && !b"\"'".contains(&byte)
        });
        if matches!(at(text, start), b'>' | b'<') && index > start + 1 {
            scan.redact_unless_done(start + 1, index);
        }
        if start == index {
            break;
        }
    }
}

/// `PASS` in capitals is a test's verdict, unless it is a line of FTP or POP: `PASS x` and an answer.
pub(super) fn is_line_command(text: &[u8], key: Key, end: usize) -> bool {
    if part(text, key.start, key.end) != b"PASS" {
        return true;
    }
    let line = run_start(text, key.start, 4, |byte| byte.is_ascii_whitespace());
    let user = run_start(text, line, 64, |byte| byte != b'\n');
    let end = run_end(text, end, 1, |byte| b"!?.".contains(&byte));
    let answer = run_end(text, end, 2, |byte| matches!(byte, b'\r' | b'\n'));
    starts_with_word(text, user, b"USER ")
        || answer > end && (at(text, answer).is_ascii_digit() || b"+-".contains(&at(text, answer)))
        || before(text, line) == b'>'
        || quote::open(text, end).is_some()
        || starts_with_word(text, end, b"\\r\\n")
}
