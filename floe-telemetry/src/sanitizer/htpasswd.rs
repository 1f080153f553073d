//! The command that writes a user and a password into a file.

use super::Scan;
use super::key_value::Key;
use super::operand::word;
use super::text::{at, part, run_end};

/// Like [`word`], also in a printed list of arguments.
fn listed_word(text: &[u8], from: usize) -> (usize, usize) {
    let is_mark = |byte: u8| b" ,\"'".contains(&byte);
    let start = run_end(text, from, 6, is_mark);
    (
        start,
        run_end(text, start, 128, |byte| {
            byte > b' ' && !is_mark(byte) && byte != b']'
        }),
    )
}

/// `htpasswd -b file user password`, `"htpasswd", "-nb", "user", "password"`.
pub(super) fn scan(scan: &mut Scan<'_>, key: Key) -> bool {
    let text = scan.text;
    if !key.name(text).ends_with(b"htpasswd") {
        return false;
    }
    let next = if at(text, key.end) == b' ' {
        word
    } else {
        listed_word
    };
    let (mut start, mut end) = next(text, key.end);
    let (mut in_line, mut no_file) = (false, false);
    while at(text, start) == b'-' && end > start + 1 {
        in_line |= part(text, start, end).contains(&b'b');
        no_file |= part(text, start, end).contains(&b'n');
        (start, end) = next(text, end);
    }
    for _ in 0..if no_file { 1 } else { 2 } {
        (start, end) = next(text, end);
    }
    if in_line && end > start {
        scan.redact_unless_done(start, end);
    }
    in_line
}
