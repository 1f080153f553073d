//! What looks like a host, so that an `@` before it ends the userinfo.

use super::text::{at, is_name, part, run_end};

/// The text may begin with a host.
pub(super) fn is_host(text: &[u8]) -> bool {
    text.first()
        .is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'[' | b'/'))
}

/// A host with a dot, a port or brackets, `localhost`, `tcp(…)`: not the rest of a password.
pub(super) fn is_certain_host(text: &[u8]) -> bool {
    let name = run_end(text, 0, 255, |byte| {
        is_name(byte) || matches!(byte, b'.' | b'-')
    });
    let host = part(text, 0, name);
    let has_port = at(text, name) == b':' && at(text, name + 1).is_ascii_digit();
    at(text, 0) == b'['
        || has_port
        || host.eq_ignore_ascii_case(b"localhost")
        || is_domain(host)
        || matches!(host, b"tcp" | b"unix") && at(text, name) == b'('
}

/// `a.example.com` or `10.0.0.1`.
pub(super) fn is_domain(host: &[u8]) -> bool {
    let mut labels = host.split(|byte| *byte == b'.');
    let last = labels.next_back().unwrap_or_default();
    let rest = labels.clone().count();
    let is_label = |label: &[u8]| !label.is_empty() && label.len() < 64;
    let is_number =
        |label: &[u8]| (1..=3).contains(&label.len()) && label.iter().all(u8::is_ascii_digit);
    rest > 0
        && labels.clone().all(is_label)
        && (last.len() >= 2 && last.iter().all(u8::is_ascii_alphabetic)
            || rest == 3 && is_number(last) && labels.all(is_number))
}
