//! Colours of terminals: as they are sent, written as text (`\x1b[31m`), and what is left of them
//! where the escape character was lost (`[31m`).

use super::text::{at, run_end, starts_with};

/// The escape character, as languages write it.
const ESCAPES: [&[u8]; 4] = [b"\\x1b", b"\\u001b", b"\\033", b"\\e"];

/// The bytes of the colour at `index`, 0 if there is none.
pub(super) fn len(text: &[u8], index: usize) -> usize {
    let escape = match at(text, index) {
        b'[' => 0,
        0x1b => 1,
        b'\\' => ESCAPES
            .iter()
            .find(|escape| starts_with(text, index, escape))
            .map_or(0, |escape| escape.len()),
        _ => return 0,
    };
    let open = index + escape;
    let end = run_end(text, open + 1, 12, |byte| {
        byte.is_ascii_digit() || byte == b';'
    });
    // `[5m]` is a span of time.
    let is_colour = at(text, end) == b'm' && at(text, end + 1) != b']';
    if at(text, open) == b'[' && is_colour && end > open + 1 {
        end + 1 - index
    } else {
        0
    }
}

/// Behind the colours at `index`.
#[inline]
pub(super) fn behind(text: &[u8], index: usize) -> usize {
    if matches!(at(text, index), b'[' | b'\\' | 0x1b) {
        behind_all(text, index)
    } else {
        index
    }
}

fn behind_all(text: &[u8], mut index: usize) -> usize {
    for _ in 0..3 {
        index += len(text, index);
    }
    index
}
