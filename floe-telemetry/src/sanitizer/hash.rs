//! Hashes of passwords, known by their format: `$6$salt$hash`, `$2b$12$…`, `$argon2id$v=19$…$…$…`,
//! `pbkdf2_sha256$600000$salt$hash`, `SCRAM-SHA-256$4096:salt$key:key`; hashes that are no secret.

use super::Scan;
use super::bytes::Bytes;
use super::name::Name;
use super::shape::{LONGEST, is_opaque};
use super::text::{at, before, part, run_end, starts_with_word};

const INSIDE: Bytes = Bytes::alphanumeric_and(b"./+=,_-$");

/// The shortest hash that is one.
const LEAST: usize = 20;

/// `dollar` is the first sign of the format, or the one behind a name of the format.
pub(super) fn scan(scan: &mut Scan<'_>, dollar: usize) {
    let text = scan.text;
    if dollar < scan.hash_until {
        return;
    }
    let name_end = run_end(text, dollar + 1, 24, |byte| {
        byte.is_ascii_alphanumeric() || byte == b'-'
    });
    let name = part(text, (dollar + 1).min(name_end), name_end);
    let is_scram = at(text, name_end) == b':' && name.iter().all(u8::is_ascii_digit);
    if name.is_empty() || at(text, name_end) != b'$' && !is_scram || !is_format(name) {
        return;
    }
    let start = name_end + 1;
    let mut end = run_end(text, start, 2 * LONGEST, |byte| {
        INSIDE.has(byte) || is_scram && byte == b':'
    });
    // What was read once is not read again from each of its signs.
    scan.hash_until = end;
    while matches!(before(text, end), b'.' | b',') {
        end -= 1;
    }
    let is_hash = part(text, start.min(end), end)
        .split(|byte| matches!(byte, b'$' | b':'))
        .any(|part| is_opaque(part, LEAST));
    if is_hash {
        scan.redact(start, end);
    }
}

/// The name of a format, or a number of rounds behind one.
fn is_format(name: &[u8]) -> bool {
    let families = [
        &b"argon2"[..],
        b"pbkdf2",
        b"scrypt",
        b"bcrypt",
        b"sha",
        b"md5",
        b"apr1",
        b"gy",
    ];
    name == b"y"
        || name[0].is_ascii_digit() && name.len() <= 8
        || families.iter().any(|family| name.starts_with(family))
}

const BASE64: Bytes = Bytes::alphanumeric_and(b"+/=");

/// `--ca-cert-hash sha256:7c1f…`
pub(super) fn is_fingerprint(name: &[u8], value: &[u8]) -> bool {
    let digits = run_end(value, 3, 3, |byte| byte.is_ascii_digit());
    value.starts_with(b"sha")
        && value.len() >= digits + 16
        && value[digits + 1..].iter().all(|byte| BASE64.has(*byte))
        && digits > 3
        && at(value, digits) == b':'
        && Name::new(name)
            .words()
            .any(|word| matches!(word, b"ca" | b"cert" | b"certificate" | b"host"))
}

/// `signature: sha256WithRSAEncryption`.
pub(super) fn names_an_algorithm(value: &[u8]) -> bool {
    let families = [
        &b"sha"[..],
        b"hmac",
        b"ecdsa",
        b"rsa",
        b"ssh-",
        b"scram",
        b"md5",
    ];
    value.len() < 32
        && families
            .iter()
            .any(|family| starts_with_word(value, 0, family))
}
