//! Lines of the configuration of switches and routers: `key 7 …`, `auth sha … priv aes 128 …`.

use super::Scan;
use super::key_value::Key;
use super::operand::word;
use super::shape::{is_made_up, is_opaque, trim_end};
use super::text::{at, before, part, run_end, run_start};

/// Redacts the word from `start` to `end`, without the marks behind it, if it looks like a secret.
fn judged(scan: &mut Scan<'_>, (start, end): (usize, usize)) -> bool {
    let found = trim_end(part(scan.text, start, end), b"\"',.;)");
    let fits = is_made_up(found, 5) || is_opaque(found, 8);
    if fits {
        scan.redact_unless_done(start, start + found.len());
    }
    fits
}

/// `tacacs-server host 10.0.0.1 key 0 hunter2`, `server-key 7 0822455D0A16`: the number says how it is
/// written. The word from `start` to `end` is a key that a number follows.
pub(super) fn key(scan: &mut Scan<'_>, start: usize, end: usize) {
    let text = scan.text;
    let (kind, kind_end) = word(text, end);
    let is_kind = kind_end == kind + 1 && b"056789".contains(&at(text, kind));
    if !is_kind || before(text, end) | 32 != b'y' || at(text, kind_end) != b' ' {
        return;
    }
    let line = run_start(text, start, 96, |byte| byte != b'\n');
    let is_device = part(text, line, start)
        .windows(6)
        .any(|part| matches!(part, b"server" | b"tacacs" | b"radius"))
        || line == run_end(text, line, start - line, |byte| byte == b' ') && line + 4 > start;
    if is_device {
        judged(scan, word(text, kind_end));
    }
}

/// `isakmp key hunter2 address 10.0.0.1`: whose the key is stands behind it.
pub(super) fn peer(scan: &mut Scan<'_>, key: Key) -> bool {
    let text = scan.text;
    if key.name(text) != b"key" {
        return false;
    }
    let (start, end) = word(text, key.end);
    let (next, next_end) = word(text, end);
    let is_peer = matches!(part(text, next, next_end), b"address" | b"hostname");
    is_peer && start > key.end && judged(scan, (start, end))
}

/// `auth sha hunter2 priv aes 128 hunter3`: the user of an SNMP server.
pub(super) fn user(scan: &mut Scan<'_>, key: Key) -> bool {
    let text = scan.text;
    if key.name(text) != b"auth" {
        return false;
    }
    let (start, end) = word(text, key.end);
    let is_hash = |name: &[u8]| name == b"md5" || name.starts_with(b"sha");
    if !is_hash(part(text, start, end)) {
        return false;
    }
    let secret = word(text, end);
    let fits = judged(scan, secret);
    let (privacy, privacy_end) = word(text, secret.1);
    if part(text, privacy, privacy_end) == b"priv" {
        let (_, cipher) = word(text, privacy_end);
        let mut next = word(text, cipher);
        if part(text, next.0, next.1).iter().all(u8::is_ascii_digit) {
            next = word(text, next.1);
        }
        judged(scan, next);
    }
    fits
}
