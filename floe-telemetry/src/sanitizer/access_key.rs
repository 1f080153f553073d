//! The two halves of an access key: its name has a prefix, its secret has none.

use super::Scan;
use super::shape::is_opaque;
use super::text::{at, part, run_end};

/// `AKIA…:…`, `('AKIA…', '…')`: behind the name of an access key is its secret. Behind other tokens it
/// follows a colon.
pub(super) fn beside(scan: &mut Scan<'_>, end: usize, is_name: bool) {
    let text = scan.text;
    if !is_name && at(text, end) != b':' {
        return;
    }
    let start = run_end(text, end, 6, |byte| b"'\",:;/| ".contains(&byte));
    let stop = run_end(text, start, 64, |byte| {
        byte.is_ascii_alphanumeric() || b"+/=_-".contains(&byte)
    });
    if start > end && is_opaque(part(text, start, stop), 32) {
        scan.redact(start, stop);
    }
}
