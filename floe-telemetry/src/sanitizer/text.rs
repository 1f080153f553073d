//! Small questions about bytes that every grammar asks.
//!
//! The grammars work on bytes: every delimiter is ASCII, so a range between two of them never cuts
//! a character. Where a delimiter may be wider (a no-break space, a typographic quote) it is matched
//! as a whole.

use super::REDACTED;

/// Spaces that people paste from word processors and terminals, as UTF-8.
const WIDE_SPACES: &[&[u8]] = &[
    "\u{a0}".as_bytes(),
    "\u{200b}".as_bytes(),
    "\u{2009}".as_bytes(),
    "\u{202f}".as_bytes(),
    "\u{2003}".as_bytes(),
    "\u{2002}".as_bytes(),
    "\u{2028}".as_bytes(),
    "\u{3000}".as_bytes(),
    "\u{feff}".as_bytes(),
    "\u{85}".as_bytes(),
];

/// The byte at `index`, or 0 behind the end: 0 is a delimiter in every grammar.
#[inline]
pub(super) fn at(text: &[u8], index: usize) -> u8 {
    text.get(index).copied().unwrap_or(0)
}

/// The byte before `index`, or 0 at the start.
#[inline]
pub(super) fn before(text: &[u8], index: usize) -> u8 {
    index.checked_sub(1).map_or(0, |index| at(text, index))
}

/// The text from `index` on; empty behind the end.
#[inline]
pub(super) fn rest(text: &[u8], index: usize) -> &[u8] {
    text.get(index..).unwrap_or_default()
}

pub(super) fn starts_with(text: &[u8], index: usize, what: &[u8]) -> bool {
    rest(text, index).starts_with(what)
}

/// Like `starts_with`, ASCII case ignored.
pub(super) fn starts_with_word(text: &[u8], index: usize, what: &[u8]) -> bool {
    rest(text, index)
        .get(..what.len())
        .is_some_and(|head| head.eq_ignore_ascii_case(what))
}

pub(super) fn is_redacted(text: &[u8], index: usize) -> bool {
    starts_with(text, index, REDACTED.as_bytes())
}

/// Whether the byte may be inside a name: letter, digit, underscore.
#[inline]
pub(super) fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// The length of the white space or control character at `index`, 0 if there is none.
#[inline]
pub(super) fn blank_len(text: &[u8], index: usize) -> usize {
    match at(text, index) {
        0 if index >= text.len() => 0,
        0..=b' ' | 0x7f => 1,
        0xc2 | 0xe2 | 0xe3 | 0xef => WIDE_SPACES
            .iter()
            .find(|space| starts_with(text, index, space))
            .map_or(0, |s| s.len()),
        _ => 0,
    }
}

/// Whether the text ends at `index` or goes on with white space.
#[inline]
pub(super) fn is_break(text: &[u8], index: usize) -> bool {
    index >= text.len() || blank_len(text, index) > 0
}

/// Skips spaces and terminal colours, not the end of the line.
pub(super) fn skip_spaces(text: &[u8], mut index: usize) -> usize {
    loop {
        index = match at(text, index) {
            0x1b if at(text, index + 1) == b'[' => {
                let code = rest(text, index + 2).iter().take(16);
                let skipped = code.take_while(|byte| !byte.is_ascii_alphabetic()).count();
                (index + skipped + 3).min(text.len())
            }
            b' ' | b'\t' => index + 1,
            _ => match blank_len(text, index) {
                0 | 1 => return index,
                wide => index + wide,
            },
        };
    }
}

/// The end of the run of bytes that satisfy `inside`, at most `limit` bytes on.
pub(super) fn run_end(
    text: &[u8],
    from: usize,
    limit: usize,
    inside: impl Fn(u8) -> bool,
) -> usize {
    from + rest(text, from)
        .iter()
        .take(limit)
        .take_while(|&&byte| inside(byte))
        .count()
}

/// The start of the run of bytes before `to` that satisfy `inside`, at most `limit` bytes back.
pub(super) fn run_start(
    text: &[u8],
    to: usize,
    limit: usize,
    inside: impl Fn(u8) -> bool,
) -> usize {
    let head = text.get(..to).unwrap_or_default();
    to - head
        .iter()
        .rev()
        .take(limit)
        .take_while(|&&byte| inside(byte))
        .count()
}

/// The end of the line that `from` is in.
pub(super) fn line_end(text: &[u8], from: usize) -> usize {
    run_end(text, from, usize::MAX, |byte| {
        byte != b'\n' && byte != b'\r'
    })
}

/// The first place at or after `from`, and before `limit` more bytes, where `what` stands.
pub(super) fn find(text: &[u8], from: usize, limit: usize, what: &[u8]) -> Option<usize> {
    let window = rest(text, from);
    let window = &window[..limit.min(window.len())];
    // Whether one byte is there is known sooner than where.
    if !what.first().is_some_and(|first| window.contains(first)) {
        return None;
    }
    window
        .windows(what.len())
        .position(|head| head == what)
        .map(|found| from + found)
}
