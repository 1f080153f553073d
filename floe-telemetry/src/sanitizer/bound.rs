//! Values that are bound to a statement: `SET token = ? … [parameters: ('…', 7)]`.

use super::shape::{holds_made_up, is_opaque};
use super::text::{find, run_end};
use super::{Scan, operand};

/// How far behind the statement its values may be.
const REACH: usize = 512;

/// Where the bracket around the values behind `from` opens.
pub(super) fn open(text: &[u8], from: usize) -> Option<usize> {
    let marks = [&b"arameters: "[..], b"ARAMETERS: ", b"rguments: "];
    let found = marks
        .iter()
        .find_map(|mark| Some(find(text, from, REACH, mark)? + mark.len()))?;
    let open = run_end(text, found, 2, |byte| matches!(byte, b'[' | b'('));
    (open > found).then_some(open)
}

/// Whether a value is one that comes later: `?`, `%s`, `$1`, `:token`.
pub(super) fn is_mark(value: &[u8]) -> bool {
    matches!(
        value,
        [b'?', ..] | [b'%', b's' | b'(', ..] | [b'$' | b':' | b'@', _, ..]
    )
}

/// Redacts what looks like a secret among the values behind `from`.
pub(super) fn scan(scan: &mut Scan<'_>, from: usize) {
    if from < scan.bound_until {
        return;
    }
    let text = scan.text;
    let Some(open) = open(text, from) else {
        scan.bound_until = text.len().min(from + REACH);
        return;
    };
    scan.bound_until = open;
    operand::arguments(scan, open, |_, word| {
        let is_mixed = word.iter().any(u8::is_ascii_uppercase);
        is_opaque(word, 8) || is_mixed && holds_made_up(word)
    });
}
