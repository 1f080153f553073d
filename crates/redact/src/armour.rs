//! Finds secrets with a frame of their own: private keys in PEM, and JSON web tokens.

use crate::rules::structures::{JSON_WEB_TOKEN, PEM_PRIVATE_KEY, WEB_TOKEN_HEADERS};
use crate::scan::{Evidence, Scan};
use crate::text::{at, before, before_word, class, line_end, part, rest, run_start};

const BEGIN: &[u8] = b"-----BEGIN";
const END: &[u8] = b"-----END";
/// Lines of a key that begin more than this number of bytes after its start are not read.
const WINDOW: usize = 16 * 1024;
/// The minimum number of characters of a complete line of base64.
const LINE: usize = 16;
/// The minimum number of characters of such a line in a key with both labels, which is longer than a name in code.
const LONG: usize = 24;
/// The maximum number of headers of a key that are read.
const HEADERS: usize = 16;

/// Redacts the private key that begins or ends with a label. `anchor` is one of the dashes before the label.
pub(crate) fn private_key(scan: &mut Scan<'_>, anchor: usize) {
    let text = scan.text;
    let start = class!("-").start(text, anchor + 1, 8);
    let range = if let Some(body) = label_end(text, start, BEGIN) {
        match PrivateKey::read(text, start, body) {
            key if key.has_body => start..key.end,
            _ => return,
        }
    } else if let Some(end) = label_end(text, start, END)
        && let Some(start) = body_start(text, start)
    {
        start..end
    } else {
        return;
    };
    scan.redact(range.start, range.end, PEM_PRIVATE_KEY, Evidence::Format);
    // The base64 of a key contains no names of values.
    scan.skip_names(range.end);
}

/// Returns the start of the private key in which the text ends, so that the next line may belong to the key.
pub(crate) fn open_key(text: &[u8]) -> Option<usize> {
    let start = memchr::memmem::rfind(text, BEGIN)?;
    let body = label_end(text, start, BEGIN)?;
    PrivateKey::read(text, start, body).is_open.then_some(start)
}

/// Whether the last line continues the base64 of the line before it.
pub(crate) fn goes_on(text: &[u8]) -> bool {
    let base64 = class!("a-zA-Z0-9+/=");
    let mut lines = text.trim_ascii_end().rsplit(|byte| *byte == b'\n');
    let last = lines.next().unwrap_or_default();
    let Some(line) = lines.next().map(<[u8]>::trim_ascii_end) else {
        return false;
    };
    let start = base64.start(line, line.len(), 4096);
    let prefix = &line[..start];
    let body = last.strip_prefix(prefix).unwrap_or_default();
    let len = body.len().min(line.len() - start);
    len >= LINE && base64.all(body)
}

/// Returns the end of a label such as `-----BEGIN RSA PRIVATE KEY-----`, whose blanks may be encoded as `+` or `%20`.
fn label_end(text: &[u8], start: usize, kind: &[u8]) -> Option<usize> {
    let label = start + kind.len();
    let end = class!("A-Z +%20").end(text, label, 64);
    let words = rest(text, start).starts_with(kind).then(|| part(text, label, end))?;
    let names: [&[u8]; 3] = [b"PRIVATE KEY", b"PRIVATE+KEY", b"PRIVATE%20KEY"];
    let is_private = names.iter().any(|name| memchr::memmem::find(words, name).is_some());
    is_private.then(|| class!("-").end(text, end, 5))
}

struct PrivateKey {
    end: usize,
    has_body: bool,
    /// Whether the text ends before the key does.
    is_open: bool,
}

impl PrivateKey {
    /// Reads up to the end of the key. If it was cut, this is the end of the base64.
    fn read(text: &[u8], start: usize, body: usize) -> Self {
        let frame = memchr::memmem::find(part(text, body, start + WINDOW), b"-----");
        let end = frame.and_then(|foot| label_end(text, body + foot, END));
        let line = run_start(text, start, 80, |byte| byte != b'\n');
        let prefix = part(text, line, start);
        // Code names both labels, and has no long run of base64 between them.
        let is_key = |end: &usize| {
            let mut runs = part(text, body, *end).split(|byte| !class!("a-zA-Z0-9+/=").has(*byte));
            runs.any(|run| run.len() >= LONG)
        };
        if let Some(end) = end.filter(is_key) {
            return Self { end, has_body: true, is_open: false };
        }
        let mut key = Self { end: body, has_body: false, is_open: false };
        // Headers, such as `Proc-Type: 4,ENCRYPTED`.
        for _ in 0..HEADERS {
            let header = Gap::read(text, key.end, prefix).end;
            let name = class!("a-zA-Z0-9-").end(text, header, 40);
            if name == header || !rest(text, name).starts_with(b": ") {
                break;
            }
            key.end = line_end(part(text, 0, start + WINDOW), name);
        }
        while key.end < start + WINDOW {
            let gap = Gap::read(text, key.end, prefix);
            let line = base64_end(text, gap.end);
            let is_whole = matches!(at(text, line), 0 | b'\n' | b'\r' | b'\\' | b'%');
            let run = part(text, gap.end, line);
            let is_line = match run.len() {
                0 => false,
                LINE.. => gap.has_break || !key.has_body,
                // A short last line, or the rest of one that was cut.
                _ if line == text.len() => true,
                len => {
                    is_whole && if key.has_body { gap.has_break } else { len > 7 && is_coded(run) }
                }
            };
            key.is_open = gap.end >= text.len();
            if !is_line {
                break;
            }
            (key.end, key.has_body) = (line, true);
            if run.len() < LINE {
                break;
            }
        }
        key
    }
}

/// Whether a run looks like base64, not like a word.
fn is_coded(run: &[u8]) -> bool {
    run.iter().any(u8::is_ascii_digit) || run.iter().skip(1).any(u8::is_ascii_uppercase)
}

/// The gap after a line of a key. It may have joined quotes (`\n" + "`) and the prefix of a log line.
struct Gap {
    end: usize,
    /// Whether the gap has a line end (plain, escaped or encoded) or is one blank.
    has_break: bool,
}

impl Gap {
    fn read(text: &[u8], from: usize, prefix: &[u8]) -> Self {
        let mut end = from;
        let mut has_break = false;
        while end < from + 256 {
            let escape = class!("\\").end(text, end, 8);
            let is_joint = class!(" \t\r\x0c\"'+").has(at(text, end));
            end = match rest(text, end) {
                [b'\\', ..] if class!("nr").has(at(text, escape)) => escape + 1,
                [b'%', b'0', b'a' | b'A' | b'd' | b'D', ..] => end + 3,
                [b'\n', line @ ..] if line.starts_with(prefix) => end + 1 + prefix.len(),
                // The next line may be the next item of a list.
                [b'\n' | b',', ..] => end + 1,
                _ if is_joint => end + 1,
                _ => break,
            };
            has_break |= !is_joint;
        }
        // A key on one line has a blank in place of each line end.
        Self { end, has_break: has_break || part(text, from, end) == b" " }
    }
}

/// Returns the end of a run of base64, whose signs may be percent-encoded.
fn base64_end(text: &[u8], from: usize) -> usize {
    let mut end = from;
    loop {
        end = class!("a-zA-Z0-9+/=").end(text, end, 4096);
        let sign: &[u8] = part(text, end, end + 3);
        if ![b"%2B", b"%2F", b"%3D"].iter().any(|known| sign.eq_ignore_ascii_case(*known)) {
            break;
        }
        end += 3;
    }
    end
}

/// Returns the start of the base64 before the line `END` at `foot`, if the beginning of the key was cut.
fn body_start(text: &[u8], foot: usize) -> Option<usize> {
    let mut start = foot;
    let mut has_line = false;
    while start + WINDOW > foot {
        let mut end = start;
        while let [.., b'\\', b'n' | b'r'] = &text[..end] {
            end = class!("\\").start(text, end - 1, 8);
        }
        end = class!("\r\n").start(text, end, 8);
        let mut line = class!("a-zA-Z0-9+/=").start(text, end, 4096);
        // The line may begin after an escape, as in `\n`.
        line = end.min(line + usize::from(before(text, line) == b'\\'));
        let least = if start == foot { 1 } else { LINE };
        let is_joined = end == start && start < foot;
        if is_joined || end - line < least {
            break;
        }
        has_line |= end - line >= LINE;
        start = line;
    }
    has_line.then_some(start)
}

/// Whether a JSON web token may begin at `start`: `eyJ` at the start of a word or after a percent-encoded byte.
pub(crate) fn is_web_token(text: &[u8], start: usize) -> bool {
    let begins = match at(text, start.wrapping_sub(3)) {
        b'%' => true,
        _ => !before_word(text, start).is_ascii_alphanumeric(),
    };
    begins && rest(text, start).starts_with(b"eyJ")
}

/// Reads a JSON web token: base64 with dots between its parts. If the end was cut, a known header is enough.
pub(crate) fn json_web_token(scan: &mut Scan<'_>, start: usize) {
    let text = scan.text;
    let has_header =
        WEB_TOKEN_HEADERS.iter().any(|header| rest(text, start).starts_with(header.as_bytes()));
    // If a text was too short for a token, no token begins later in it.
    if start < scan.progress.web_tokens && !has_header {
        return;
    }
    let head = class!("a-zA-Z0-9_=+/-").end(text, start, 1024);
    let mut end = class!("a-zA-Z0-9_=+/.-").end(text, head, 65536);
    while before(text, end) == b'.' {
        end -= 1;
    }
    let has_body = has_header || end > head + 8;
    if has_body && end - start >= 16 {
        scan.redact(start, end, JSON_WEB_TOKEN, Evidence::Format);
    } else {
        scan.progress.web_tokens = end;
    }
}
