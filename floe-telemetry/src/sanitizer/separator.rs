//! What stands between a key and its value.

use super::text::{at, run_end, skip_spaces, starts_with, starts_with_word};

/// A separator and what it says about the value.
#[derive(Clone, Copy, Debug)]
pub(super) struct Separator {
    /// Behind it.
    pub(super) after: usize,
    pub(super) equals: bool,
    pub(super) encoded: bool,
    /// The column line of a table: the value has to look like a secret.
    pub(super) table: bool,
}

pub(super) fn separator(text: &[u8], from: usize) -> Option<Separator> {
    let index = skip_spaces(text, from);
    let found = |len: usize, equals: bool| {
        Some(Separator {
            after: index + len,
            equals,
            encoded: false,
            table: false,
        })
    };
    match (at(text, index), at(text, index + 1)) {
        (b':', b':') => None,
        (b':', b'/') if at(text, index + 2) == b'/' => None,
        (b':' | b'=' | b'+' | b'?', b'=') | (b'=', b'>') => found(2, true),
        (b'-' | b'~', b'>') => found(2, false),
        (b'=', _) => found(1, true),
        (b':', _) => found(1, false),
        (b'|', b' ') => found(1, false).map(|separator| Separator {
            table: true,
            ..separator
        }),
        (b'%', b'3') if matches!(at(text, index + 2), b'd' | b'D' | b'a' | b'A') => found(3, true)
            .map(|separator| Separator {
                encoded: true,
                ..separator
            }),
        (b'\\', b'u') if starts_with_word(text, index, b"\\u003d") => found(6, true),
        (0xe2 | 0xef, _) => ["\u{2192}", "\u{21d2}", "\u{ff1a}", "\u{ff1d}"]
            .iter()
            .find(|mark| starts_with(text, index, mark.as_bytes()))
            .and_then(|mark| found(mark.len(), *mark == "\u{ff1d}")),
        _ => None,
    }
}

/// Skips spaces, Markdown's asterisks and a YAML tag.
pub(super) fn value_start(text: &[u8], from: usize) -> usize {
    let mut index = skip_spaces(text, from);
    if starts_with(text, index, b"** ") {
        index = skip_spaces(text, index + 2);
    }
    if at(text, index) == b'!' && matches!(at(text, index + 1), b'!' | b'a'..=b'z') {
        let tag = run_end(text, index, 24, |byte| {
            byte == b'!' || byte.is_ascii_alphabetic()
        });
        if at(text, tag) == b' ' {
            index = skip_spaces(text, tag);
        }
    }
    index
}
