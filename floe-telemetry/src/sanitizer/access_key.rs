//! The two halves of an access key: its name has a prefix, its secret has none.

use super::Scan;
use super::shape::is_opaque;
use super::text::{part, run_end};

/// `AKIA…:…`, `('AKIA…', '…')`: behind the name of an access key is its secret.
pub(super) fn beside(scan: &mut Scan<'_>, end: usize) {
    let text = scan.text;
    let start = run_end(text, end, 6, |byte| b"'\",:;/| ".contains(&byte));
    let stop = run_end(text, start, 64, |byte| {
        byte.is_ascii_alphanumeric() || b"+/=".contains(&byte)
    });
    if start > end && is_opaque(part(text, start, stop), 32) {
        scan.redact(start, stop);
    }
}
