//! Options of commands of Windows, which begin with a slash: `/p:secret`, `/rp secret`, `/user:name`.

use super::placeholder::is_placeholder;
use super::shape::is_made_up;
use super::text::{at, before, part, run_end, run_start, skip_spaces};
use super::{Scan, operand, positional};

/// `slash` is that of the option.
pub(super) fn scan(scan: &mut Scan<'_>, slash: usize) {
    let text = scan.text;
    if before(text, slash) != b' ' {
        return;
    }
    let end = run_end(text, slash + 1, 12, |byte| byte.is_ascii_alphabetic());
    match part(text, slash + 1, end) {
        b"user" => operand::net_use(scan, slash),
        b"add" | b"ADD" => positional::net_user(scan, slash),
        b"p" | b"P" if at(text, end) == b':' => argument(scan, end + 1),
        b"p" if at(text, end) == b' ' && has_option(text, slash) => argument(scan, end + 1),
        b"login" if at(text, end) == b':' => login(scan, end + 1),
        b"rp" | b"RP" => argument(scan, skip_spaces(text, end)),
        _ => {}
    }
}

/// `sign /f x.pfx /p hunter2`: another option and its argument stand before.
fn has_option(text: &[u8], slash: usize) -> bool {
    let line = run_start(text, slash, 96, |byte| byte != b'\n');
    part(text, line, slash)
        .windows(4)
        .any(|four| matches!(four, [b' ', b'/', letter, b' '] if letter.is_ascii_lowercase()))
}

/// `/login:CORP\bob,hunter2`
fn login(scan: &mut Scan<'_>, user: usize) {
    let text = scan.text;
    let comma = run_end(text, user, 64, |byte| byte > b' ' && byte != b',');
    if at(text, comma) == b',' && comma > user {
        argument(scan, comma + 1);
    }
}

/// The argument at `from`.
pub(super) fn argument(scan: &mut Scan<'_>, from: usize) {
    let text = scan.text;
    let mark = usize::from(matches!(at(text, from), b'"' | b'\''));
    let start = from + mark;
    let end = run_end(text, start, 128, |byte| {
        byte > b' ' && !b"\"'".contains(&byte)
    });
    let word = part(text, start.min(end), end);
    if is_made_up(word, 6) && !is_placeholder(word) {
        scan.redact_unless_done(start, end);
    }
}
