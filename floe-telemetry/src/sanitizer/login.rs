//! Passwords known by the user before them: `u=bob&p=…` in a query, `addauth digest bob:…`.

use super::Scan;
use super::key_value::Key;
use super::operand::word;
use super::placeholder::is_placeholder;
use super::shape::is_opaque;
use super::text::{at, before, find, part, run_end, run_start, skip_spaces};
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
    let command = run_start(text, key.start.saturating_sub(1), 12, |byte| {
        byte.is_ascii_lowercase()
    });
    let (start, end) = word(text, key.end);
    let fits = key.name(text) == b"login"
        && before(text, key.start) == b' '
        && command + 1 < key.start
        && start > key.end
        && is_opaque(part(text, start, end), 20);
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
