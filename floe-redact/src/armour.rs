//! Secrets with a frame of their own: private keys in PEM armour, JSON web tokens.

use crate::finding::Evidence;
use crate::rules::structures::{JSON_WEB_TOKEN, PEM_PRIVATE_KEY};
use crate::scan::Scan;
use crate::text::{at, before, find, line_end, part, rest, run_end, run_start};

const BEGIN: &[u8] = b"-----BEGIN ";
const END: &[u8] = b"-----END ";
/// A key is no longer.
const WINDOW: usize = 16 * 1024;

/// `anchor` is the last of three dashes, or of more.
pub(crate) fn private_key(scan: &mut Scan<'_>, anchor: usize) {
    let text = scan.text;
    let start = run_start(text, anchor + 1, 8, |byte| byte == b'-');
    if !rest(text, start).starts_with(BEGIN) {
        return;
    }
    let label = part(text, start + BEGIN.len(), start + BEGIN.len() + 48);
    let is_private = label.windows(11).any(|word| word == b"PRIVATE KEY");
    if is_private {
        let end = end_of_key(text, start);
        scan.redact(start, end, PEM_PRIVATE_KEY, Evidence::Format);
    }
}

/// Behind the END line; of a key without one, behind its last line of base64.
fn end_of_key(text: &[u8], start: usize) -> usize {
    if let Some(foot) = find(text, start, start + WINDOW, END) {
        return match find(text, foot + END.len(), foot + END.len() + 64, b"-----") {
            Some(close) => run_end(text, close, 16, |byte| byte == b'-'),
            None => text.len().min(foot + END.len()),
        };
    }
    let mut end = line_end(text, start);
    loop {
        // Line ends, escaped or in quotes that are joined: `\n" + "`.
        let next = run_end(text, end, 64, |byte| {
            byte.is_ascii_whitespace() || b"\\\"'+,".contains(&byte)
        });
        let line = run_end(text, next, 4096, |byte| {
            byte.is_ascii_alphanumeric() || b"+/=:\\".contains(&byte)
        });
        let is_body = line - next >= 8 && !part(text, next, line).contains(&b':');
        let is_header = at(text, line) == b' ' && part(text, next, line).ends_with(b":");
        if is_header {
            end = line_end(text, line);
        } else if is_body && line > end {
            end = line;
        } else {
            return end;
        }
    }
}

/// Three parts of base64 with dots between; a header with `alg` is enough if the rest was cut.
/// `start` is where `eyJ` stands.
pub(crate) fn json_web_token(scan: &mut Scan<'_>, start: usize) -> bool {
    let text = scan.text;
    if !rest(text, start).starts_with(b"eyJ")
        || before(text, start).is_ascii_alphanumeric() && at(text, start.wrapping_sub(3)) != b'%'
    {
        return false;
    }
    let is_base64 = |byte: u8| byte.is_ascii_alphanumeric() || b"-_=+/".contains(&byte);
    let head = run_end(text, start, 1024, is_base64);
    let mut end = run_end(text, head, 65536, |byte| is_base64(byte) || byte == b'.');
    while before(text, end) == b'.' {
        end -= 1;
    }
    let token = part(text, start, end);
    let headers = [
        &b"eyJhbGci"[..],
        b"eyJ0eXAi",
        b"eyJraWQi",
        b"eyJlbmMi",
        b"eyJrIjoi",
        b"eyJqa3Ui",
        b"eyJjdHki",
        b"eyJ4NXQi",
    ];
    let has_header = headers.iter().any(|header| token.starts_with(header));
    let fits = token.len() >= 16 && (end > head + 8 || has_header);
    if fits {
        scan.redact(start, end, JSON_WEB_TOKEN, Evidence::Format);
    }
    fits
}
