//! Small questions about bytes that every grammar asks.
//!
//! The grammars work on bytes: every delimiter is ASCII, so a range between two of them never cuts
//! a character. Where a delimiter may be wider (a no-break space, a typographic quote) it is matched
//! as a whole.

use memchr::memchr_iter;

use super::REDACTED;
use super::bytes::Bytes;

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

const NAME: Bytes = Bytes::alphanumeric_and(b"_");

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

/// The text from `start` to `end`, empty if there is no such text: a text that was cut must not
/// become a panic.
#[inline]
pub(super) fn part(text: &[u8], start: usize, end: usize) -> &[u8] {
    text.get(start..end).unwrap_or_default()
}

#[inline]
pub(super) fn starts_with(text: &[u8], index: usize, what: &[u8]) -> bool {
    // Most texts differ in the first byte.
    what.first().is_none_or(|first| at(text, index) == *first)
        && rest(text, index).starts_with(what)
}

/// Whether the two are the same, ASCII case ignored. For short words quicker than the function of the
/// standard library, which is made for long ones.
#[inline]
pub(super) fn is_same_word(one: &[u8], two: &[u8]) -> bool {
    let is_same = |(one, two): (&u8, &u8)| {
        let difference = one ^ two;
        difference == 0 || difference == 0x20 && one.is_ascii_alphabetic()
    };
    one.len() == two.len() && one.iter().zip(two).all(is_same)
}

/// Like `starts_with`, ASCII case ignored.
#[inline]
pub(super) fn starts_with_word(text: &[u8], index: usize, what: &[u8]) -> bool {
    // Most texts differ in the first letter.
    what.first()
        .is_none_or(|first| at(text, index).eq_ignore_ascii_case(first))
        && rest(text, index)
            .get(..what.len())
            .is_some_and(|head| is_same_word(head, what))
}

/// Whether the name ends with `what`, ASCII case ignored.
#[inline]
pub(super) fn ends_with_word(name: &[u8], what: &[u8]) -> bool {
    // Most names differ in the last letter.
    what.last()
        .is_none_or(|last| before(name, name.len()).eq_ignore_ascii_case(last))
        && name
            .len()
            .checked_sub(what.len())
            .is_some_and(|start| is_same_word(&name[start..], what))
}

pub(super) fn is_redacted(text: &[u8], index: usize) -> bool {
    starts_with(text, index, REDACTED.as_bytes())
}

/// Whether the byte may be inside a name: letter, digit, underscore.
#[inline]
pub(super) fn is_name(byte: u8) -> bool {
    NAME.has(byte)
}

/// The length of a NUL that is written out, as it stands between the arguments of a process.
pub(super) fn nul_len(text: &[u8], index: usize) -> usize {
    if at(text, index) != b'\\' {
        return 0;
    }
    [&b"\\0"[..], b"\\x00", b"\\u0000"]
        .iter()
        .find(|mark| starts_with(text, index, mark))
        .map_or(0, |mark| mark.len())
}

/// The length of the white space or control character at `index`, 0 if there is none.
#[inline]
pub(super) fn blank_len(text: &[u8], index: usize) -> usize {
    if matches!(at(text, index), b'!'..=b'~') {
        return 0;
    }
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
    !matches!(at(text, index), b'!'..=b'~') && (index >= text.len() || blank_len(text, index) > 0)
}

/// Skips spaces and terminal colours, not the end of the line.
#[inline]
pub(super) fn skip_spaces(text: &[u8], index: usize) -> usize {
    match at(text, index) {
        b'!'..=b'~' => index,
        b' ' if matches!(at(text, index + 1), b'!'..=b'~') => index + 1,
        _ => skip_blanks(text, index),
    }
}

fn skip_blanks(text: &[u8], mut index: usize) -> usize {
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
    let stop = text.len().min(from.saturating_add(limit));
    let mut end = from;
    while end < stop && inside(text[end]) {
        end += 1;
    }
    end
}

/// The start of the run of bytes before `to` that satisfy `inside`, at most `limit` bytes back.
pub(super) fn run_start(
    text: &[u8],
    to: usize,
    limit: usize,
    inside: impl Fn(u8) -> bool,
) -> usize {
    let Some(head) = text.get(..to) else {
        return to;
    };
    let stop = to.saturating_sub(limit);
    let run = head[stop..].iter().rev().take_while(|byte| inside(**byte));
    to - run.count()
}

/// The name that ends at `end`; of a long one only the last 32 bytes.
pub(super) fn name_before(text: &[u8], end: usize) -> &[u8] {
    part(text, run_start(text, end, 32, is_name), end)
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
    // Most windows are short: less is asked of them than it takes to make a searcher ready.
    let first = *what.first()?;
    let found = memchr_iter(first, window).find(|found| window[*found..].starts_with(what))?;
    Some(from + found)
}
