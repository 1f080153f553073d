//! Passwords that are operands of a command: no key and no option stands before them.

use super::Scan;
use super::key_value::{Key, word_before};
use super::placeholder::is_placeholder;
use super::shape::is_made_up;
use super::text::{at, before, run_end, run_start, skip_spaces, starts_with_word};

/// Where the next word begins and ends.
fn word(text: &[u8], from: usize) -> (usize, usize) {
    let start = skip_spaces(text, from);
    (start, run_end(text, start, 128, |byte| byte > b' '))
}

/// `htpasswd -b file user password`, `htpasswd -nb user password`.
pub(super) fn htpasswd(scan: &mut Scan<'_>, key: Key) -> bool {
    let text = scan.text;
    if !key.name(text).ends_with(b"htpasswd") {
        return false;
    }
    let (mut start, mut end) = word(text, key.end);
    let (mut in_line, mut no_file) = (false, false);
    while at(text, start) == b'-' && end > start + 1 {
        in_line |= text[start..end].contains(&b'b');
        no_file |= text[start..end].contains(&b'n');
        (start, end) = word(text, end);
    }
    for _ in 0..if no_file { 1 } else { 2 } {
        (start, end) = word(text, end);
    }
    if in_line && end > start {
        scan.redact_unless_done(start, end);
    }
    in_line
}

/// `echo password | login --password-stdin`.
pub(super) fn piped(scan: &mut Scan<'_>, key: Key) -> bool {
    let text = scan.text;
    if !key.is_option || !key.name(text).ends_with(b"-stdin") {
        return false;
    }
    let bar = run_start(text, key.start, 96, |byte| !b"|\n".contains(&byte));
    let pipe = run_start(text, bar, 1, |byte| byte == b'|');
    let end = run_start(text, pipe, 4, |byte| b" \"'".contains(&byte));
    let start = run_start(text, end, 128, |byte| {
        byte > b' ' && !b"\"'".contains(&byte)
    });
    let open = run_start(text, start, 4, |byte| b" \"'".contains(&byte));
    let is_echo = [&b"echo"[..], b"-n", b"printf", b"%s"]
        .iter()
        .any(|command| word_before(text, open, command));
    if pipe < bar && is_echo && !is_placeholder(&text[start..end]) {
        scan.redact_unless_done(start, end);
    }
    true
}

/// `net use share password /user:name`, or the password behind the name; `slash` is that of `/user`.
pub(super) fn net_use(scan: &mut Scan<'_>, slash: usize) {
    let text = scan.text;
    let line = run_start(text, slash, 192, |byte| byte != b'\n');
    let is_net = text[line..slash]
        .windows(8)
        .any(|part| part.eq_ignore_ascii_case(b"net use "));
    if before(text, slash) != b' ' || !starts_with_word(text, slash, b"/user:") || !is_net {
        return;
    }
    let (_, user) = word(text, slash);
    let left = run_start(text, slash - 1, 128, |byte| byte > b' ');
    for (start, end) in [(left, slash - 1), word(text, user)] {
        let is_switch = at(text, start) == b'/' || at(text, start) == b'\\';
        if !is_switch && is_made_up(&text[start..end], 6) {
            scan.redact_unless_done(start, end);
        }
    }
}
