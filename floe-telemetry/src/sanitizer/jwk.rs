//! JSON web keys: `{"kty":"oct","k":"…"}`, `{"kty":"RSA","n":"…","e":"AQAB","d":"…"}`.

use super::shape::is_opaque;
use super::text::{at, run_end, run_start, skip_spaces, starts_with};
use super::{Scan, quote};

/// The members that only the owner of a key has (RFC 7518, section 6).
const PRIVATE: [&[u8]; 7] = [b"k", b"d", b"p", b"q", b"dp", b"dq", b"qi"];

/// How far the members of a key reach to both sides.
const REACH: usize = 4096;

/// `key` is where `kty` begins.
pub(super) fn scan(scan: &mut Scan<'_>, key: usize) {
    let text = scan.text;
    let is_member = starts_with(text, key, b"kty\"") || starts_with(text, key, b"kty\\\"");
    if !is_member || key < scan.jwk_until {
        return;
    }
    let reach = REACH.min(key.saturating_sub(scan.jwk_until));
    let open = run_start(text, key, reach, |byte| byte != b'{');
    let end = run_end(text, key, REACH, |byte| byte != b'}');
    // The keys of a set come one by one.
    scan.jwk_until = end;
    let mut index = open;
    while index < end {
        index = run_end(text, index, end - index, |byte| byte != b'"');
        let name_end = run_end(text, index + 1, 3, |byte| byte.is_ascii_lowercase());
        let colon = skip_spaces(text, name_end + quote::mark_len(text, name_end));
        let start = skip_spaces(text, colon + 1);
        let name = text.get(index + 1..name_end).unwrap_or_default();
        index = name_end.max(index + 1);
        let Some(mark) = quote::open(text, start).filter(|_| at(text, colon) == b':') else {
            continue;
        };
        if PRIVATE.contains(&name) {
            let start = start + mark.len;
            let (close, after) = scan.close(start, mark);
            if is_opaque(text.get(start..close).unwrap_or_default(), 16) {
                scan.redact_unless_done(start, close);
            }
            index = after;
        }
    }
}
