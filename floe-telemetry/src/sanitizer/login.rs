//! Logins that neither a key nor a sign tells: `u=bob&p=…` in a query, `addauth digest bob:…`,
//! `login attempt [bob/…]`.

use super::Scan;
use super::key_value::Key;
use super::operand::word;
use super::placeholder::is_placeholder;
use super::shape::{holds_made_up, is_made_up, is_opaque};
use super::signs::OPEN_SQUARE;
use super::text::{
    at, before, find, part, run_end, run_start, skip_spaces, starts_with, starts_with_word,
};
use super::value::Site;

/// `digest user:password`; `end` is behind the command.
pub(super) fn digest(scan: &mut Scan<'_>, end: usize) {
    let text = scan.text;
    let (scheme, scheme_end) = word(text, end);
    let (start, stop) = word(text, scheme_end);
    let colon = run_end(text, start, stop - start, |byte| byte != b':');
    if part(text, scheme, scheme_end) == b"digest"
        && colon < stop
        && !is_placeholder(part(text, colon + 1, stop))
    {
        scan.redact_unless_done(colon + 1, stop);
    }
}

/// `userlist.txt:7: "bob" "hunter2"`: a line of a file; `end` is behind the name of the file.
pub(super) fn listed(scan: &mut Scan<'_>, end: usize) {
    let text = scan.text;
    // `userlist.txt line 7: …`
    let line = b" line";
    let end = end
        + if starts_with(text, end, line) {
            line.len()
        } else {
            0
        };
    let start = run_end(text, end, 12, |byte| {
        byte.is_ascii_digit() || b": \n".contains(&byte)
    });
    let Some(user) = scan.quoted(start, Site::default()) else {
        return;
    };
    if let Some(found) = scan.quoted(skip_spaces(text, user.after), Site::default()) {
        scan.redact_unless_done(found.start, found.end);
    }
}

/// `cargo login …`: a command, and a token behind it.
pub(super) fn bare(scan: &mut Scan<'_>, key: Key) -> bool {
    let text = scan.text;
    if key.name(text) != b"login" || before(text, key.start) != b' ' {
        return false;
    }
    let command = run_start(text, key.start - 1, 12, |byte| byte.is_ascii_lowercase());
    let (start, end) = word(text, key.end);
    let fits = command + 1 < key.start && start > key.end && is_opaque(part(text, start, end), 20);
    if fits {
        scan.redact_unless_done(start, end);
    }
    fits
}

/// `sasl_passwd entry: [host]:587 bob:hunter2`: a map of hosts to logins.
pub(super) fn mapped(scan: &mut Scan<'_>, key: Key) -> bool {
    let text = scan.text;
    let name = key.name(text);
    if !name.ends_with(b"_passwd") && !name.ends_with(b"_password_maps") {
        return false;
    }
    let Some(bracket) = find(text, key.end, 160, b"]:") else {
        return false;
    };
    let port = run_end(text, bracket + 2, 6, |byte| byte.is_ascii_digit());
    let (start, end) = word(text, port);
    let colon = run_end(text, start, end - start, |byte| byte != b':');
    let stop = run_end(text, colon, end - colon, |byte| !b"\"'".contains(&byte));
    let fits = start > port && colon + 1 < stop && !is_placeholder(part(text, colon + 1, stop));
    if fits {
        scan.redact_unless_done(colon + 1, stop);
    }
    fits
}

/// `u=bob&p=hunter2`: the parameter from `start` to `end`.
pub(super) fn parameter(scan: &mut Scan<'_>, start: usize, end: usize) {
    let text = scan.text;
    let user = run_start(text, start.saturating_sub(1), 64, |byte| {
        byte > b' ' && !b"&?=".contains(&byte)
    });
    let is_login = before(text, start) == b'&'
        && at(text, end) == b'='
        && [&b"?u="[..], b"&u=", b"?user=", b"&user="]
            .iter()
            .any(|name| part(text, 0, user).ends_with(name));
    if is_login {
        let stop = run_end(text, end + 1, 128, |byte| {
            byte > b' ' && !b"&\"'".contains(&byte)
        });
        if !is_placeholder(part(text, end + 1, stop)) {
            scan.redact_unless_done(end + 1, stop);
        }
    }
}

/// `login attempt [bob/hunter2]`.
pub(super) fn attempt(scan: &mut Scan<'_>, key: Key) -> bool {
    let text = scan.text;
    // `login with “hunter2x” failed`
    if starts_with_word(text, key.end, b" with ") {
        let site = Site {
            doubtful: true,
            ..Site::default()
        };
        let found = scan.quoted(key.end + 6, site);
        let found = found.filter(|found| is_made_up(part(text, found.start, found.end), 8));
        if let Some(found) = found {
            scan.redact_unless_done(found.start, found.end);
            return true;
        }
    }
    if !scan.has(OPEN_SQUARE) {
        return false;
    }
    let open = run_end(text, key.end, 24, |byte| {
        byte.is_ascii_alphabetic() || matches!(byte, b' ' | b':')
    });
    if at(text, open) != b'[' {
        return false;
    }
    let inside = |byte: u8| byte > b' ' && !b"/[],".contains(&byte);
    let slash = run_end(text, open + 1, 64, inside);
    let end = run_end(text, slash + 1, 64, |byte| byte > b' ' && byte != b']');
    if at(text, slash) != b'/' || at(text, end) != b']' {
        return false;
    }
    let is_bytes = at(text, slash + 1) == b'b' && at(text, slash + 2) == b'\'';
    let start = slash + 1 + if is_bytes { 2 } else { 0 };
    let end = if is_bytes { end - 1 } else { end };
    let fits = is_made_up(text.get(start..end).unwrap_or_default(), 6);
    if fits {
        scan.redact(start, end);
    }
    fits
}

/// `{auth, "bob", "…"}`; `from` is behind the user.
pub(super) fn tuple(scan: &mut Scan<'_>, from: usize) -> bool {
    let text = scan.text;
    if at(text, from) != b',' {
        return false;
    }
    let found = scan
        .quoted(skip_spaces(text, from + 1), Site::default())
        .filter(|found| matches!(at(text, found.after), b')' | b']' | b'}'))
        .filter(|found| holds_made_up(part(text, found.start, found.end)));
    if let Some(found) = found {
        scan.redact_unless_done(found.start, found.end);
    }
    found.is_some()
}
