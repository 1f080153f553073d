//! Parameters of a scheme of `Authorization`: `Digest username="…", realm="…", response="…"`.

use super::text::{at, part, run_end, skip_spaces};
use super::{Scan, quote};

/// Parameters that say how it was signed, not with what.
const HARMLESS: &[&str] = &[
    "realm",
    "algorithm",
    "signedheaders",
    "headers",
    "qop",
    "uri",
    "oauth_version",
    "oauth_signature_method",
    "oauth_timestamp",
];

/// One parameter: its name, and its value without quotes.
struct Parameter<'t> {
    name: &'t [u8],
    start: usize,
    end: usize,
    after: usize,
}

fn parameter(text: &[u8], from: usize, limit: usize) -> Option<Parameter<'_>> {
    let equals = run_end(text, from, 32, |byte| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
    });
    if equals == from || at(text, equals) != b'=' {
        return None;
    }
    let (start, end, after) = if let Some(quote) = quote::open(text, equals + 1) {
        let start = equals + 1 + quote.len;
        let (end, after) = quote::close(text, start, quote);
        (start, end, after)
    } else {
        let end = run_end(text, equals + 1, limit.saturating_sub(equals + 1), |byte| {
            byte > b' ' && byte != b','
        });
        (equals + 1, end, end)
    };
    (after <= limit).then_some(Parameter {
        name: part(text, from, equals),
        start,
        end,
        after,
    })
}

/// Redacts the values from `from` to `end` that are secrets; all of it if it is no list.
pub(super) fn scan(scan: &mut Scan<'_>, from: usize, end: usize) {
    let text = scan.text;
    let mut found = Vec::new();
    let mut index = from;
    while index < end {
        let Some(next) = parameter(text, index, end) else {
            return scan.redact_unless_done(from, end);
        };
        let is_harmless = HARMLESS
            .iter()
            .any(|name| next.name.eq_ignore_ascii_case(name.as_bytes()));
        // `Credential=AKIA…/20260101/eu-west-1/s3/aws4_request`: behind the key is its scope.
        let is_scoped = next.name == b"Credential";
        let stop = run_end(
            text,
            next.start,
            next.end.saturating_sub(next.start),
            |byte| !is_scoped || byte != b'/',
        );
        if !is_harmless {
            found.push((next.start, stop));
        }
        let comma = run_end(text, next.after, 1, |byte| byte == b',');
        if comma == next.after && comma < end {
            return scan.redact_unless_done(from, end);
        }
        index = skip_spaces(text, comma);
    }
    for (start, end) in found {
        scan.redact_unless_done(start, end);
    }
    scan.covered = scan.covered.max(end);
}
