//! Credentials in URLs: the userinfo before `@`, secrets in the path of webhooks.
//!
//! People paste passwords into URLs without encoding them, so `@`, `/`, `?`, `#` and `:` do not end
//! the userinfo by themselves: what follows has to look like a host.

use crate::finding::Evidence;
use crate::rules::keys::KeyKind;
use crate::rules::structures::{URL_PATH, URL_USERINFO};
use crate::rules::words::{HOOKS, SECRET_SEGMENTS};
use crate::scan::Scan;
use crate::score::{self, Look, is_domain, is_placeholder, look};
use crate::text::{
    at, before, find, is_name, is_one_of, is_redacted, part, rest, run_end, run_start, starts_with,
};

/// How far a blank in a password is tolerated.
const BLANK_WINDOW: usize = 64;
/// No URL that is read is longer.
const LONGEST: usize = 4096;

/// `anchor` is the second slash of `://`, the last of `:\/\/`, or the `2` of `%3A%2F`.
pub(crate) fn scan(scan: &mut Scan<'_>, anchor: usize) {
    let text = scan.text;
    if at(text, anchor) == b'2' {
        return encoded(scan, anchor);
    }
    let Some(colon) = anchor
        .checked_sub(2)
        .filter(|&index| at(text, index) == b':')
    else {
        return;
    };
    let slash = |from: usize| {
        let slash = run_end(text, from, 4, |byte| byte == b'\\');
        (at(text, slash) == b'/').then_some(slash + 1)
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
    scan.url_until = scan.url_until.max(start);
    let authority = if let Some(sign) = userinfo(run) {
        scan.url_until = start + sign + 1;
        if !is_plain_user(&run[..sign]) && !has_placeholder(&run[..sign]) {
            scan.redact(start, start + sign, URL_USERINFO, Evidence::Structure);
        }
        start + sign + 1
    } else {
        unfinished(scan, start, end);
        start
    };
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
            0xc2 | 0xe2 => {
                starts_with(text, index, "\u{a0}".as_bytes())
                    || starts_with(text, index, "\u{201d}".as_bytes())
            }
            _ => false,
        })
        .unwrap_or(limit)
}

/// Where the `@` behind the userinfo is.
fn userinfo(run: &[u8]) -> Option<usize> {
    let path = memchr::memchr3(b'/', b'?', b'#', run).unwrap_or(run.len());
    let last = memchr::memrchr(b'@', run)?;
    let is_host = |from: usize| {
        run.get(from).is_some_and(|byte| {
            byte.is_ascii_alphanumeric() || matches!(byte, b'[' | b'/' | b'$' | b'{' | b'%')
        })
    };
    let later = is_host(last + 1).then_some(last);
    let authority = &run[..path];
    if let Some(sign) = memchr::memrchr(b'@', authority) {
        let has_password = authority[..sign].contains(&b':');
        // `user:a@b?d@host`: a query or a fragment without a path is rather a password.
        let is_odd = path < run.len() && matches!(run[path], b'?' | b'#');
        return if has_password && (is_odd || !is_certain_host(&authority[sign + 1..])) {
            later
                .filter(|&later| is_certain_host(&run[later + 1..]))
                .or(Some(sign))
        } else {
            Some(sign)
        };
    }
    let Some(colon) = memchr::memchr(b':', authority) else {
        // A token with slashes in it.
        let is_plain = authority.contains(&b'.') || authority.eq_ignore_ascii_case(b"localhost");
        return later.filter(|&sign| {
            !is_plain && is_certain_host(&run[sign + 1..]) && score::is_random(&run[..sign])
        });
    };
    let (host, port) = (&authority[..colon], &authority[colon + 1..]);
    let is_port = port.len() <= 5 && port.iter().all(u8::is_ascii_digit);
    later.filter(|&sign| {
        authority.first() != Some(&b'[')
            && (!is_port || !host.contains(&b'.') && is_certain_host(&run[sign + 1..]))
    })
}

/// A host with a dot, a port or brackets, `localhost`, `tcp(…)`: not the rest of a password.
pub(crate) fn is_certain_host(text: &[u8]) -> bool {
    let name = run_end(text, 0, 255, |byte| {
        is_name(byte) || matches!(byte, b'.' | b'-')
    });
    let host = &text[..name];
    let has_port = at(text, name) == b':' && at(text, name + 1).is_ascii_digit();
    at(text, 0) == b'['
        || has_port
        || host.eq_ignore_ascii_case(b"localhost")
        || is_domain(host)
        || matches!(host, b"tcp" | b"unix") && at(text, name) == b'('
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
            && !score::is_random(userinfo)
}

/// `user:****`, `user:${PASSWORD}`, `{user}:{password}`.
fn has_placeholder(userinfo: &[u8]) -> bool {
    let colon = memchr::memchr(b':', userinfo);
    colon.is_some_and(|colon| {
        let password = &userinfo[colon + 1..];
        is_redacted(password, 0)
            || !password.is_empty()
                && (look(password) == Look::Reference
                    || score::is_masked(password)
                    || !userinfo.iter().any(u8::is_ascii_lowercase)
                        && userinfo
                            .iter()
                            .all(|byte| byte.is_ascii_uppercase() || matches!(byte, b'_' | b':'))
                    || matches!(
                        password,
                        b"password" | b"pass" | b"PASSWORD" | b"PASS" | b"PWD" | b"pwd"
                    )
                    || password
                        .iter()
                        .all(|byte| matches!(byte, b'x' | b'X' | b'*' | b'.')))
    })
}

/// `scheme://user:pass` without `@`: a blank in the password, or a text cut in its middle.
fn unfinished(scan: &mut Scan<'_>, start: usize, end: usize) {
    let text = scan.text;
    let run = part(text, start, end);
    let Some(colon) = memchr::memchr(b':', run) else {
        return;
    };
    let (user, password) = (&run[..colon], &run[colon + 1..]);
    let is_user = user
        .iter()
        .all(|byte| is_name(*byte) || matches!(byte, b'-'));
    let port = run_end(password, 0, 6, |byte| byte.is_ascii_digit());
    let is_port = b"/?#,;:)]}'.".contains(&at(password, port)) || port == password.len();
    if !is_user || is_port || is_placeholder(password) {
        return;
    }
    if end == text.len() {
        if matches!(
            look(password),
            Look::Random | Look::LongRandom | Look::Mixed | Look::Symbolic | Look::Hash
        ) {
            scan.redact(start + colon + 1, end, URL_USERINFO, Evidence::Structure);
        }
    } else if at(text, end) == b' ' {
        let window = run_end(text, end, BLANK_WINDOW, |byte| !b"\n\"'<>".contains(&byte));
        let mut signs = (end..window).rev().filter(|&index| at(text, index) == b'@');
        if let Some(sign) = signs.find(|&sign| is_certain_host(rest(text, sign + 1))) {
            scan.redact(start, sign, URL_USERINFO, Evidence::Structure);
            scan.url_until = sign + 1;
        }
    }
}

/// Random segments behind one that announces them: `/services/T0/B0/…` of a webhook, `/token/…`.
fn path(scan: &mut Scan<'_>, start: usize, end: usize) {
    let text = scan.text;
    let end = run_end(text, start, end.saturating_sub(start), |byte| {
        !matches!(byte, b'?' | b'#')
    });
    let host_end = run_end(text, start, end - start, |byte| {
        byte != b'/' && byte != b'\\'
    });
    let mut is_announced = is_hook(part(text, start, host_end));
    let mut index = host_end;
    while index < end {
        let segment = index + 1;
        index = run_end(text, segment, end.saturating_sub(segment), |byte| {
            byte != b'/'
        });
        let word = part(text, segment, index);
        let word = word
            .strip_suffix(b":")
            .or(word.strip_suffix(b"."))
            .or(word.strip_suffix(b")"))
            .unwrap_or(word);
        let secret = segment + word.len();
        if word.len() > 11 && word.starts_with(b"bot") && word[3..].contains(&b':') {
            scan.redact(segment + 3, secret, URL_PATH, Evidence::Structure);
        } else if is_announced
            && word.len() >= 16
            && matches!(
                look(word),
                Look::Random | Look::LongRandom | Look::Hash | Look::Uuid
            )
        {
            scan.redact(segment, secret, URL_PATH, Evidence::Structure);
        } else if word.len() <= 40 {
            let announces = |kind| matches!(kind, KeyKind::Password | KeyKind::Secret);
            is_announced |= is_hook(word)
                || is_one_of(word, SECRET_SEGMENTS)
                || scan
                    .policy
                    .meaning(word)
                    .is_some_and(|meaning| announces(meaning.kind));
        }
    }
}

fn is_hook(word: &[u8]) -> bool {
    HOOKS.iter().any(|hook| {
        word.windows(hook.len())
            .any(|part| part.eq_ignore_ascii_case(hook.as_bytes()))
    })
}

/// `https%3A%2F%2Fuser%3Apass%40host`
fn encoded(scan: &mut Scan<'_>, anchor: usize) {
    let text = scan.text;
    let Some(colon) = anchor.checked_sub(4) else {
        return;
    };
    if !starts_with(text, colon, b"%3a%2f%2f") {
        return;
    }
    let start = colon + 9;
    let end = run_end(text, start, 1024, |byte| {
        byte > b' ' && !b"\"'<>&".contains(&byte)
    });
    let Some(sign) = find(text, start, end, b"%40") else {
        return;
    };
    let userinfo = part(text, start, sign);
    if find(userinfo, 0, userinfo.len(), b"%3").is_some() || score::is_random(userinfo) {
        scan.redact(start, sign, URL_USERINFO, Evidence::Structure);
    }
}
