//! Credentials in URLs: the userinfo before `@`, secrets in the path of webhooks.
//!
//! People paste passwords into URLs without encoding them, so `@`, `/`, `?`, `#` and `:` do not end
//! the userinfo by themselves: what follows has to look like a host.

use crate::finding::Evidence;
use crate::key;
use crate::rules::structures::{URL_PATH, URL_USERINFO};
use crate::rules::words::{HOOKS, SECRET_SEGMENTS};
use crate::scan::{Reason, Scan};
use crate::score::{self, is_domain, is_no_password, is_random};
use crate::text::{at, before, is_name, is_one_of, part, rest, run_end, run_start, starts_with};

/// The most bytes of a URL that are read.
const LONGEST: usize = 4096;

/// `anchor` is the second slash of `://`, or the last of `:\/\/`.
pub(crate) fn scan(scan: &mut Scan<'_>, anchor: usize) {
    let text = scan.text;
    let slash = |from: usize| {
        let slash = run_end(text, from, 4, |byte| byte == b'\\');
        (at(text, slash) == b'/').then_some(slash + 1)
    };
    let Some(colon) = anchor.checked_sub(2).filter(|&at| text[at] == b':') else {
        return;
    };
    let Some(start) = slash(colon + 1).and_then(slash) else {
        return;
    };
    if start <= scan.url_until {
        return;
    }
    let head = run_start(text, colon, 40, |byte| {
        is_name(byte) || b"+.-:".contains(&byte)
    });
    let end = end_of_url(text, start, before(text, head));
    let run = part(text, start, end);
    scan.url_until = start;
    let mut authority = start;
    if let Some(sign) = userinfo(run) {
        authority = start + sign + 1;
        scan.url_until = authority;
        let (user, end) = (&run[..sign], start + sign);
        let colon = memchr::memchr(b':', user).map_or(0, |colon| colon + 1);
        let (name, password) = user.split_at(colon);
        if is_plain_user(user) {
            scan.keep(
                start,
                end,
                URL_USERINFO,
                Reason::Other("a user without a password"),
            );
        } else if is_no_login(name, password, rest(run, sign + 1)) {
            scan.keep(start, end, URL_USERINFO, Reason::Other("a placeholder"));
        } else {
            scan.redact(start, end, URL_USERINFO, Evidence::Structure);
        }
    }
    path(scan, authority, end);
}

/// The end of everything that may belong to the URL: blanks and quotes end it, and the next URL.
fn end_of_url(text: &[u8], start: usize, quote: u8) -> usize {
    let limit = text.len().min(start + LONGEST);
    (start..limit)
        .find(|&index| match text[index] {
            0..=b' ' | b'"' | b'<' | b'>' | b'`' | 0x7f => true,
            b'\'' => quote == b'\'' || !is_name(at(text, index + 1)),
            b'\\' => matches!(at(text, index + 1), b'"' | b'n' | b'\''),
            b':' => starts_with(text, index, b"://"),
            _ => false,
        })
        .unwrap_or(limit)
}

/// Where the `@` after the userinfo is.
fn userinfo(run: &[u8]) -> Option<usize> {
    let path = memchr::memchr3(b'/', b'?', b'#', run).unwrap_or(run.len());
    let last = memchr::memrchr(b'@', run)?;
    let is_host = |byte: &u8| byte.is_ascii_alphanumeric() || b"[/${%".contains(byte);
    let later = run.get(last + 1).is_some_and(is_host).then_some(last);
    let certain = later.filter(|&sign| is_certain_host(&run[sign + 1..]));
    let authority = &run[..path];
    if let Some(sign) = memchr::memrchr(b'@', authority) {
        let has_password = authority[..sign].contains(&b':');
        // `user:a@b?d@host`: a query or a fragment without a path is rather a password.
        let is_odd = path < run.len() && run[path] != b'/';
        let is_inside = has_password && (is_odd || !is_certain_host(&authority[sign + 1..]));
        return certain.filter(|_| is_inside).or(Some(sign));
    }
    let colon = memchr::memchr(b':', authority)?;
    let (host, port) = (&authority[..colon], &authority[colon + 1..]);
    let is_port = port.len() <= 5 && port.iter().all(u8::is_ascii_digit);
    if is_port {
        certain.filter(|_| !host.contains(&b'.') && !host.starts_with(b"["))
    } else {
        later
    }
}

/// A host with a dot, a port or brackets, `localhost`, `tcp(…)`: not the rest of a password.
pub(crate) fn is_certain_host(text: &[u8]) -> bool {
    let name = run_end(text, 0, 255, |byte| is_name(byte) || b".-".contains(&byte));
    let host = &text[..name];
    let has_port = at(text, name) == b':' && at(text, name + 1).is_ascii_digit();
    at(text, 0) == b'['
        || has_port
        || host.eq_ignore_ascii_case(b"localhost")
        || is_domain(host.strip_suffix(b".").unwrap_or(host))
        || matches!(host, b"tcp" | b"tcp4" | b"tcp6" | b"unix") && at(text, name) == b'('
}

/// A user without a password, and not a token in the place of the user: `git@`, `svc-ingest@`.
fn is_plain_user(userinfo: &[u8]) -> bool {
    let digits = userinfo.iter().filter(|byte| byte.is_ascii_digit()).count();
    let is_user = |byte: &u8| is_name(*byte) || b"-.".contains(byte);
    userinfo.len() <= 24 && digits <= 3 && userinfo.iter().all(is_user) && !is_random(userinfo)
}

/// `user:****@host`, `user:${PASSWORD}@host`, `USER:PASSWORD@HOST`.
pub(crate) fn is_no_login(user: &[u8], password: &[u8], host: &[u8]) -> bool {
    let host = &host[..run_end(host, 0, 255, is_name)];
    let is_capital = |byte: &u8| byte.is_ascii_uppercase() || b"_:%".contains(byte);
    let is_template = user.iter().chain(password).all(is_capital)
        && (key::meaning(password).is_some() || !host.is_empty() && host.iter().all(is_capital));
    !password.is_empty() && (is_template || is_no_password(password))
}

/// Random segments after one that announces them: `/services/T0/B0/…` of a webhook, `/token/…`.
fn path(scan: &mut Scan<'_>, start: usize, end: usize) {
    let text = scan.text;
    let end = start + memchr::memchr2(b'?', b'#', part(text, start, end)).unwrap_or(end - start);
    let mut is_announced = false;
    let mut segment = start;
    while segment < end {
        let next = segment + memchr::memchr(b'/', &text[segment..end]).unwrap_or(end - segment);
        let is_around = |byte: u8| b":.)\\".contains(&byte);
        let close = run_start(text, next, next - segment, is_around);
        let word = part(text, segment, close);
        if word.len() > 11 && word.starts_with(b"bot") && word.contains(&b':') {
            scan.redact(segment + 3, close, URL_PATH, Evidence::Structure);
        } else if is_announced && word.len() >= 16 && (is_random(word) || score::is_uuid(word)) {
            scan.redact(segment, close, URL_PATH, Evidence::Structure);
        } else if word.len() <= 64 {
            is_announced |= announces(word, segment > start);
        }
        segment = next + 1;
    }
}

/// A host or a segment of a path before a secret one.
fn announces(word: &[u8], is_segment: bool) -> bool {
    let is_hook = HOOKS.iter().any(|hook| {
        word.windows(hook.len())
            .any(|part| part.eq_ignore_ascii_case(hook.as_bytes()))
    });
    is_hook || is_segment && is_one_of(word, SECRET_SEGMENTS)
}
