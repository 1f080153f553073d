//! Sentences about a key: `the password is hunter2`, `token abc was revoked`, `PASS hunter2`.
//!
//! Nothing separates the value here, so it has to look made up, not like a word of the sentence.

use super::key_value::{Key, redact_at, word_before};
use super::lexicon::Class;
use super::placeholder::{is_placeholder, is_prose};
use super::shape::{LONGEST, is_made_up, is_opaque};
use super::text::{at, before, is_break, run_end, run_start, skip_spaces, starts_with_word};
use super::value::{self, Site};
use super::{Scan, quote};

/// Words between a noun and its value.
const FILLERS: &[&str] = &[
    "is", "was", "provided", "given", "used", "value", "of", "equals", "to", "set", "got",
    "received", "supplied", "valid", "not", "returned", "est", "ist", "lautet", "es",
];

/// Commands with a key and a value behind them, in a shell, a Dockerfile, a tool's settings.
const SETTERS: &[&str] = &["setx", "setenv", "env", "arg", "configure", "config"];

/// How far behind its key a sentence may have the value.
const REACH: usize = 160;

/// The key is unquoted and nothing structural follows it.
pub(super) fn scan(scan: &mut Scan<'_>, key: Key) {
    if scan.is_calm(key.end, REACH) {
        return;
    }
    let _ = match key.class {
        Class::Strong => {
            assigned(scan, key) || owned(scan, key) || pair(scan, key) || value(scan, key)
        }
        Class::Weak => protocol(scan, key) || login(scan, key),
        _ => false,
    };
}

/// `setx KEY value`, `ENV KEY value`.
fn assigned(scan: &mut Scan<'_>, key: Key) -> bool {
    let text = scan.text;
    let space = run_start(text, key.start, 4, |byte| byte == b' ');
    let start = skip_spaces(text, key.end);
    let word = &text[start..run_end(text, start, 32, |byte| byte > b' ')];
    space < key.start
        && start > key.end
        && SETTERS
            .iter()
            .any(|setter| word_before(text, space, setter.as_bytes()))
        && is_made_up(word, 5)
        && redact_at(
            scan,
            key,
            start,
            Site {
                equals: true,
                ..Site::default()
            },
        )
}

/// `password for user bob: …`, `password (bob): …`, `password for bob is …`.
fn owned(scan: &mut Scan<'_>, key: Key) -> bool {
    let text = scan.text;
    let start = skip_spaces(text, key.end);
    let words = [&b"for user "[..], b"for ", b"of user ", b"of ", b"("];
    let Some(word) = words
        .iter()
        .find(|word| starts_with_word(text, start, word))
    else {
        return false;
    };
    let owner = start + word.len();
    let end = run_end(text, owner, 64, |byte| {
        byte > b' ' && !b":=)".contains(&byte)
    });
    let colon = end + usize::from(at(text, end) == b')');
    let verb = skip_spaces(text, colon);
    let is_stated = starts_with_word(text, verb, b"is ") || starts_with_word(text, verb, b"was ");
    let behind = if is_stated {
        run_end(text, verb, 4, |byte| byte != b' ')
    } else {
        colon + 1
    };
    let value = skip_spaces(text, behind);
    if end == owner || value == behind || !is_stated && at(text, colon) != b':' {
        return false;
    }
    let word = &text[value..run_end(text, value, 32, |byte| byte > b' ')];
    let fits = if is_stated {
        is_made_up(word, 6)
    } else {
        !is_prose(word) && !word.is_empty()
    };
    fits && redact_at(scan, key, value, Site::default())
}

/// `credentials bob/hunter2`, `credentials (bob, hunter2)`.
fn pair(scan: &mut Scan<'_>, key: Key) -> bool {
    let text = scan.text;
    let name = key.name(text);
    let is_pair = starts_with_word(name, name.len().saturating_sub(11), b"credentials")
        || starts_with_word(name, name.len().saturating_sub(5), b"creds");
    let open = skip_spaces(text, key.end);
    let user = open + usize::from(matches!(at(text, open), b'(' | b'['));
    let user_end = run_end(text, user, 48, |byte| {
        byte > b' ' && !b"/:,)]".contains(&byte)
    });
    if !is_pair || user_end == user || !matches!(at(text, user_end), b'/' | b':' | b',') {
        return false;
    }
    let start = skip_spaces(text, user_end + 1);
    let end = run_end(text, start, 64, |byte| {
        byte > b' ' && !b",)]".contains(&byte)
    });
    let fits = is_made_up(&text[start..end], 6);
    if fits {
        scan.redact(start, end);
    }
    fits
}

/// `AUTH token`, `AUTH user password`, `AUTH PLAIN …`: the last word of a line of a protocol.
fn protocol(scan: &mut Scan<'_>, key: Key) -> bool {
    let text = scan.text;
    if key.name(text) != b"AUTH" || !is_break(text, key.end) {
        return false;
    }
    let first = skip_spaces(text, key.end);
    let first_end = run_end(text, first, 256, |byte| byte > b' ');
    let second = skip_spaces(text, first_end);
    let second_end = run_end(text, second, 256, |byte| byte > b' ');
    let mut fits = false;
    for (start, end) in [(first, first_end), (second, second_end)] {
        let word = &text[start..end];
        if is_opaque(word, 8) || start == second && is_made_up(word, 6) {
            scan.redact_unless_done(start, end);
            fits = true;
        }
    }
    fits
}

/// `LOGIN user password` of IMAP.
fn login(scan: &mut Scan<'_>, key: Key) -> bool {
    let text = scan.text;
    let user = skip_spaces(text, key.end);
    let user_end = run_end(text, user, 96, |byte| byte > b' ');
    let start = skip_spaces(text, user_end);
    if key.name(text) != b"LOGIN" || user == key.end || start == user_end {
        return false;
    }
    let site = Site {
        doubtful: true,
        ..Site::default()
    };
    let found = value::extent(text, start, site)
        .filter(|found| is_made_up(&text[found.start..found.end], 6));
    if let Some(found) = found {
        scan.redact(found.start, found.end);
    }
    found.is_some()
}

/// `API key provided: …`, `token … was revoked`, `the password is …`.
fn value(scan: &mut Scan<'_>, key: Key) -> bool {
    let text = scan.text;
    let mut start = skip_spaces(text, key.end);
    let mut stated = false;
    for _ in 0..4 {
        let end = run_end(text, start, 16, |byte| byte.is_ascii_alphabetic());
        let word = &text[start..end];
        if word.is_empty()
            || !FILLERS
                .iter()
                .any(|filler| word.eq_ignore_ascii_case(filler.as_bytes()))
        {
            break;
        }
        stated = [
            &b"is"[..],
            b"was",
            b"equals",
            b"returned",
            b"est",
            b"ist",
            b"lautet",
        ]
        .contains(&word);
        let colon = run_end(text, end, 1, |byte| matches!(byte, b':' | b'='));
        start = skip_spaces(text, colon);
    }
    if start == key.end && at(text, start) != b'[' {
        return false;
    }
    start += usize::from(matches!(at(text, start), b'<' | b'(' | b'['));
    if start < scan.doubtful_until {
        return false;
    }
    let site = Site {
        doubtful: true,
        ..Site::default()
    };
    let Some(found) = value::extent(text, start, site) else {
        return false;
    };
    if found.end + 8 >= start + LONGEST {
        scan.doubtful_until = found.end;
    }
    let word = &text[found.start..found.end];
    let name = key.name(text);
    let is_password = [
        &b"password"[..],
        b"passwd",
        b"pwd",
        b"passphrase",
        b"passcode",
        b"community",
    ]
    .iter()
    .any(|known| starts_with_word(name, name.len().saturating_sub(known.len()), known))
        || name.eq_ignore_ascii_case(b"pass") && is_line_command(text, key, found.end);
    let least = if is_password { 6 } else { 10 };
    let fits = is_opaque(word, 8)
        || is_made_up(word, if stated || is_password { least } else { 64 })
        || stated && found.quoted && !is_prose(word) && !is_placeholder(word);
    if fits {
        let found = value::whole(text, start, found, site);
        scan.redact(found.start, found.end);
    }
    fits
}

/// `PASS` in capitals is a test's verdict, unless it is a line of FTP or POP: `PASS x` and an answer.
fn is_line_command(text: &[u8], key: Key, end: usize) -> bool {
    if &text[key.start..key.end] != b"PASS" {
        return true;
    }
    let line = run_start(text, key.start, 4, |byte| byte.is_ascii_whitespace());
    let user = run_start(text, line, 64, |byte| byte != b'\n');
    let end = run_end(text, end, 1, |byte| b"!?.".contains(&byte));
    let answer = run_end(text, end, 2, |byte| matches!(byte, b'\r' | b'\n'));
    starts_with_word(text, user, b"USER ")
        || answer > end && at(text, answer).is_ascii_digit()
        || before(text, key.start) == b'>'
        || quote::open(text, end).is_some()
}
