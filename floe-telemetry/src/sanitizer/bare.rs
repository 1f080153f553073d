//! Values without quotes, and the delimiters that end them.

use super::bytes::Bytes;
use super::text::{
    at, before, blank_len, is_break, is_name, nul_len, run_end, starts_with, starts_with_word,
};
use super::value::{List, Site};
use super::{colour, quote};

/// Bytes that end no value in any place.
const PLAIN: Bytes = Bytes::alphanumeric_and(b"_-./");

/// The end of a value without quotes: a delimiter that is one in its place, see `ends_at`.
pub(super) fn bare_end(text: &[u8], from: usize, site: Site) -> usize {
    let mut index = from;
    let mut opened = [0_usize; 3];
    loop {
        let byte = at(text, index);
        if PLAIN.has(byte) {
            index += 1;
            continue;
        }
        if is_break(text, index) {
            break;
        }
        match byte {
            b'(' => opened[0] += 1,
            b'[' => opened[1] += 1,
            b'{' => opened[2] += 1,
            _ => {}
        }
        let pair = match byte {
            b')' => Some(&mut opened[0]),
            b']' => Some(&mut opened[1]),
            b'}' => Some(&mut opened[2]),
            _ => None,
        };
        match pair {
            Some(count) if *count > 0 => *count -= 1,
            _ if index >= from && ends_at(text, index, from, site) => break,
            _ => {}
        }
        index += 1;
    }
    trim_punctuation(text, from, index)
}

/// A full stop or colon before a space belongs to the sentence.
fn trim_punctuation(text: &[u8], from: usize, end: usize) -> usize {
    let last = before(text, end);
    if end > from + 1 && matches!(last, b'.' | b':' | b'!' | b'?') && is_break(text, end) {
        end - 1
    } else {
        end
    }
}

/// Whether the byte ends the value: passwords contain any of these, so what follows decides.
fn ends_at(text: &[u8], index: usize, from: usize, site: Site) -> bool {
    let next = index + 1;
    let byte = at(text, index);
    match byte {
        b'"' | b'\'' | b'`' => byte == site.enclosing || !is_name(at(text, next)),
        b',' | b'|' | b';' if site.list == List::Row => true,
        b',' | b'|' => {
            is_break(text, next) || quote::open(text, next).is_some() || starts_pair(text, next)
        }
        b';' => is_break(text, next) || at(text, next) == b';' || starts_pair(text, next),
        // `&str` and `&token` begin with it.
        b'&' if index == from => false,
        b'&' => site.list == List::Query || is_break(text, next) || starts_pair(text, next),
        b')' | b']' | b'}' => closes_here(text, index),
        b'<' => at(text, next) == b'/' || at(text, next).is_ascii_alphabetic() && index > from,
        // `<TOKEN>` is one value.
        b'>' if at(text, from) == b'<' => false,
        b'>' => is_break(text, next) || at(text, next) == b'<',
        b'[' => colour::len(text, index) > 0,
        b'\\' => {
            colour::len(text, index) > 0
                || nul_len(text, index) > 0
                || matches!(at(text, next), b'n' | b'r' | b't' | b'"' | b'\'')
                || starts_with(text, next, b"u0026")
        }
        b'%' if site.list == List::Encoded => {
            ["%26", "%22", "%2c", "%7d", "%3b", "%20", "%27", "%0a"]
                .iter()
                .any(|end| starts_with_word(text, index, end.as_bytes()))
        }
        // Punctuation of Chinese and Japanese.
        0xe3 | 0xef => ["\u{ff0c}", "\u{ff1b}", "\u{3002}", "\u{3001}"]
            .iter()
            .any(|mark| starts_with(text, index, mark.as_bytes())),
        // An arrow or an ellipsis set against the value.
        0xe2 => {
            starts_with(text, index, "\u{2400}".as_bytes())
                || starts_with(text, index, "\u{2192}".as_bytes())
                || starts_with(text, index, "\u{201d}".as_bytes())
        }
        _ => false,
    }
}

/// A bracket that nothing opened ends the value before white space and punctuation.
fn closes_here(text: &[u8], index: usize) -> bool {
    let next = run_end(text, index, 8, |byte| b")]}".contains(&byte));
    is_break(text, next) || b",;:.\"'`&|<>\\".contains(&at(text, next)) || blank_len(text, next) > 0
}

/// `name=`, `name:` or `"name"`: the next pair of a list.
fn starts_pair(text: &[u8], from: usize) -> bool {
    let from = if starts_with(text, from, b"amp;") {
        from + 4
    } else {
        from
    };
    let from = from + usize::from(matches!(at(text, from), b'"' | b'\'' | b'$' | b'-'));
    if !at(text, from).is_ascii_alphabetic() {
        return false;
    }
    let end = run_end(text, from, 48, |byte| {
        is_name(byte) || b"-. []".contains(&byte)
    });
    matches!(at(text, end), b'=' | b':' | b'"' | b'\'')
}
