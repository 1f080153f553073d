//! Passwords known by the user before them: `u=bob&p=…` in a query, `addauth digest bob:…`.

use super::Scan;
use super::operand::word;
use super::placeholder::is_placeholder;
use super::text::{at, before, part, run_end, run_start};

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
