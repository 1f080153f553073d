//! Credentials in URLs: the userinfo before `@`, secrets in the path of webhooks.
//!
//! People paste passwords into URLs without encoding them, so `@`, `/`, `?`, `#` and `:` do not end
//! the userinfo by themselves: what follows has to look like a host.

use super::bytes::Bytes;
use super::host::{is_certain_host, is_host};
use super::placeholder::is_masked;
use super::shape::is_opaque;
use super::text::{
    at, before, blank_len, find, is_name, part, rest, run_end, run_start, starts_with,
    starts_with_word,
};
use super::{Scan, positional, sql, template, url_path};

/// How far the end of an encoded userinfo is looked for.
const ENCODED_WINDOW: usize = 1024;

/// How far a blank in a password is tolerated.
const BLANK_WINDOW: usize = 64;

/// `anchor` is the second slash of `://`, the backslash of `:\/\/`, or the `2` of `%3A%2F`.
pub(super) fn scan(scan: &mut Scan<'_>, anchor: usize) {
    let text = scan.text;
    if at(text, anchor) == b'2' {
        return encoded(scan, anchor);
    }
    let colon = anchor.saturating_sub(2);
    if at(text, colon) != b':' {
        return;
    }
    let second = behind_slash(text, colon + 1);
    let Some(start) = second.and_then(|index| behind_slash(text, index)) else {
        return;
    };
    let head = run_start(text, colon, 40, |byte| {
        is_name(byte) || b"+.-:".contains(&byte)
    });
    let end = end_of_run(text, start, before(text, head));
    let run = part(text, start, end);
    scan.url_until = scan.url_until.max(start);
    let authority = if let Some(at) = userinfo(run) {
        scan.url_until = start + at + 1;
        if !is_plain_user(&run[..at]) && !template::is_login(&run[..at], &run[at + 1..]) {
            scan.redact(start, start + at);
        }
        start + at + 1
    } else {
        encoded_login(scan, start, end);
        unfinished(scan, start, end);
        start
    };
    url_path::scan(scan, authority, end);
    url_path::ticket(scan, authority, end);
    positional::behind_address(scan, head, end);
    sql::table(scan, head, end);
}

/// The index behind `/` or `\/`.
fn behind_slash(text: &[u8], index: usize) -> Option<usize> {
    let slash = run_end(text, index, 4, |byte| byte == b'\\');
    (at(text, slash) == b'/').then_some(slash + 1)
}

/// What never ends a URL, whatever follows.
const PLAIN: Bytes = Bytes::alphanumeric_and(b"!#$%&()*+,-./;=?@[]^_{|}~");

/// The end of everything that may belong to the URL: blanks and quotes end it, and the next URL.
fn end_of_run(text: &[u8], start: usize, quote: u8) -> usize {
    let mut index = start;
    loop {
        let byte = at(text, index);
        if PLAIN.has(byte) {
            index += 1;
            continue;
        }
        let ends = match byte {
            b'"' | b'<' | b'>' | b'`' => true,
            b'\'' => quote == b'\'' || !is_name(at(text, index + 1)),
            b'\\' => matches!(at(text, index + 1), b'"' | b'n' | b'\''),
            b':' => begins_authority(text, index),
            _ => index >= text.len() || blank_len(text, index) > 0,
        };
        if ends {
            return index;
        }
        index += 1;
    }
}

/// `://`, also with escaped slashes.
fn begins_authority(text: &[u8], colon: usize) -> bool {
    behind_slash(text, colon + 1).is_some_and(|second| behind_slash(text, second).is_some())
}

/// Where the `@` behind the userinfo is.
fn userinfo(run: &[u8]) -> Option<usize> {
    if !run.contains(&b'@') {
        return None;
    }
    let path = run
        .iter()
        .position(|byte| b"/?#\\".contains(byte))
        .unwrap_or(run.len());
    if has_properties(&run[..path]) {
        return None;
    }
    let later = || {
        run.iter()
            .rposition(|&byte| byte == b'@')
            .filter(|&at| is_host(&run[at + 1..]))
    };
    let authority = &run[..path];
    if let Some(at) = authority.iter().rposition(|&byte| byte == b'@') {
        let has_password = authority[..at].contains(&b':');
        // `user:a@b.c?d@host`: a query or a fragment without a path is rather a password.
        let odd = path < run.len() && matches!(run[path], b'?' | b'#');
        return if has_password && (odd || !is_certain_host(&authority[at + 1..])) {
            later().or(Some(at))
        } else {
            Some(at)
        };
    }
    let Some(colon) = authority.iter().position(|&byte| byte == b':') else {
        // A token with slashes in it.
        let plain = authority.contains(&b'.') || authority.eq_ignore_ascii_case(b"localhost");
        return later()
            .filter(|&at| !plain && is_certain_host(&run[at + 1..]) && is_opaque(&run[..at], 16));
    };
    let (host, port) = (&authority[..colon], &authority[colon + 1..]);
    let is_port = port.len() <= 5 && port.iter().all(u8::is_ascii_digit);
    let is_bracketed = authority.first() == Some(&b'[');
    later().filter(|&at| {
        !is_bracketed && (!is_port || !host.contains(&b'.') && is_certain_host(&run[at + 1..]))
    })
}

/// `host:1433;user=…`: what follows has keys.
fn has_properties(authority: &[u8]) -> bool {
    let Some(semicolon) = authority.iter().position(|&byte| byte == b';') else {
        return false;
    };
    let name = run_end(authority, semicolon + 1, 64, is_name);
    at(authority, name) == b'=' && !authority[..semicolon].contains(&b'@')
}

/// A user without a password, and not a token in the place of the user: `git@`, `svc-ingest@`.
fn is_plain_user(userinfo: &[u8]) -> bool {
    let digits = userinfo.iter().filter(|byte| byte.is_ascii_digit()).count();
    userinfo.is_empty()
        || userinfo.len() <= 24
            && digits <= 3
            && userinfo
                .iter()
                .all(|byte| is_name(*byte) || matches!(byte, b'-' | b'.'))
            && !is_opaque(userinfo, 8)
}

/// `scheme://user:pass` without `@`: a blank in the password, or a text cut in its middle.
fn unfinished(scan: &mut Scan<'_>, start: usize, end: usize) {
    let text = scan.text;
    let run = part(text, start, end);
    let Some(colon) = run.iter().position(|&byte| byte == b':') else {
        return;
    };
    let (user, password) = (&run[..colon], &run[colon + 1..]);
    let is_user = user
        .iter()
        .all(|byte| is_name(*byte) || matches!(byte, b'-'));
    let port = run_end(password, 0, 6, |byte| byte.is_ascii_digit());
    let is_port = b"/?#,;:)]}'.".contains(&at(password, port)) || port == password.len();
    if !is_user || is_port || is_masked(password) {
        return;
    }
    if end == text.len() {
        let random = password.iter().any(u8::is_ascii_digit) && password.len() >= 4;
        if random && password.iter().any(u8::is_ascii_alphabetic) {
            scan.redact(start + colon + 1, end);
        }
    } else if at(text, end) == b' ' {
        let window = run_end(text, end, BLANK_WINDOW, |byte| !b"\n\"'<>".contains(&byte));
        let mut signs = (end..window).rev().filter(|&index| at(text, index) == b'@');
        if let Some(sign) = signs.find(|&sign| is_certain_host(rest(text, sign + 1))) {
            scan.redact(start, sign);
            scan.url_until = sign + 1;
        }
    }
}

/// `https://user%3Apass%40host`: what was encoded once more than its scheme.
fn encoded_login(scan: &mut Scan<'_>, start: usize, end: usize) {
    let run = part(scan.text, start, end);
    if !run.contains(&b'%') {
        return;
    }
    let authority = run_end(run, 0, 256, |byte| !b"/?#".contains(&byte));
    let sign = run[..authority]
        .windows(3)
        .position(|three| three == b"%40");
    let Some(sign) = sign.filter(|&sign| is_host(&run[sign + 3..authority])) else {
        return;
    };
    let has_password = run[..sign]
        .windows(3)
        .any(|three| three.eq_ignore_ascii_case(b"%3a"));
    if has_password {
        scan.redact(start, start + sign);
    }
}

/// `https%3A%2F%2Fuser%3Apass%40host`.
fn encoded(scan: &mut Scan<'_>, anchor: usize) {
    let text = scan.text;
    let Some(colon) = anchor.checked_sub(4) else {
        return;
    };
    if !starts_with_word(text, colon, b"%3a%2f%2f") {
        return;
    }
    let start = colon + 9;
    // What was searched for an earlier URL is not searched again.
    let from = scan.encoded_until.max(start);
    let limit = (start + ENCODED_WINDOW).saturating_sub(from);
    let inside =
        |byte: u8| byte > b'%' && !b"'<>&".contains(&byte) || matches!(byte, b'!' | b'#' | b'$');
    let mut at = from;
    loop {
        at = run_end(text, at, (from + limit).saturating_sub(at), inside);
        if starts_with(text, at, b"%40") {
            break;
        }
        if self::at(text, at) != b'%' || at >= from + limit {
            scan.encoded_until = at.saturating_sub(2).max(from);
            return;
        }
        at += 1;
    }
    let userinfo = part(text, start, at);
    let has_password = find(userinfo, 0, userinfo.len(), b"%3").is_some() || is_opaque(userinfo, 8);
    if has_password {
        scan.redact(start, at);
    }
}
