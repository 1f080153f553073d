//! Private keys in PEM armour, also on one line with escaped line ends.

use super::Scan;
use super::text::{at, find, line_end, rest, run_end, run_start, starts_with};

const BEGIN: &[u8] = b"-----BEGIN ";
const END: &[u8] = b"-----END ";

/// `anchor` is the last of three dashes, or of more.
pub(super) fn scan(scan: &mut Scan<'_>, anchor: usize) {
    let start = run_start(scan.text, anchor + 1, 8, |byte| byte == b'-');
    if !starts_with(scan.text, start, BEGIN) {
        return;
    }
    let label = rest(scan.text, start + BEGIN.len());
    let label = &label[..label.len().min(48)];
    if label.windows(11).any(|word| word == b"PRIVATE KEY") {
        scan.redact(start, end(scan.text, start));
    }
}

/// The private lines of a key of `PuTTY`; `from` is behind its first word.
pub(super) fn putty(scan: &mut Scan<'_>, from: usize) {
    let text = scan.text;
    let mark = b"Private-Lines:";
    let Some(found) = find(text, from, 4096, mark) else {
        return;
    };
    let first = line_end(text, found);
    let start = run_end(text, first, 2, |byte| matches!(byte, b'\r' | b'\n'));
    let end = find(text, start, usize::MAX, b"Private-MAC").unwrap_or(text.len());
    let end = run_start(text, end, 2, |byte| matches!(byte, b'\r' | b'\n'));
    if start > first {
        scan.redact_unless_done(start, end);
    }
}

/// Behind the END line; a key without one was cut, so it lasts to the end of the text.
pub(super) fn end(text: &[u8], start: usize) -> usize {
    let Some(foot) = find(text, start, usize::MAX, END) else {
        return text.len();
    };
    match find(text, foot + END.len(), 64, b"-----") {
        Some(close) => {
            let mut end = close + 5;
            while at(text, end) == b'-' {
                end += 1;
            }
            end
        }
        None => text.len().min(foot + END.len()),
    }
}
