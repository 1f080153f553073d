//! Quotes in all the ways a quoted text is quoted again: `"`, `\"`, `\\\"`, `&quot;`, `%22`, `“`.

use super::text::{at, is_name, line_end, rest, run_end, starts_with, starts_with_word};

/// Opening and closing marks of more than one byte.
const MARKS: &[(&str, &str)] = &[
    ("\"\"\"", "\"\"\""),
    ("'''", "'''"),
    ("&quot;", "&quot;"),
    ("&#34;", "&#34;"),
    ("&#39;", "&#39;"),
    ("&apos;", "&apos;"),
    ("%22", "%22"),
    ("%27", "%27"),
    ("\\u0022", "\\u0022"),
    ("\u{201c}", "\u{201d}"),
    ("\u{2018}", "\u{2019}"),
    ("\u{ab}", "\u{bb}"),
    ("\u{201e}", "\u{201c}"),
];

/// How far a quote of more than one byte is looked for.
const WINDOW: usize = 1024;

/// An opening quote and how it closes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Quote {
    /// Bytes of the opening mark.
    pub(super) len: usize,
    close: Close,
}

#[derive(Clone, Copy, Debug)]
enum Close {
    /// This byte behind as many backslashes as the opening one had.
    Byte {
        mark: u8,
        escapes: usize,
    },
    Text(&'static str),
}

/// The quote that opens at `index`.
#[inline]
pub(super) fn open(text: &[u8], index: usize) -> Option<Quote> {
    let byte = at(text, index);
    let is_one = matches!(byte, b'"' | b'\'' | b'`') && at(text, index + 1) != byte;
    if is_one {
        let close = Close::Byte {
            mark: byte,
            escapes: 0,
        };
        return Some(Quote { len: 1, close });
    }
    may_be_mark(byte).then(|| open_long(text, index)).flatten()
}

/// A mark of more than one byte, or one before another.
fn open_long(text: &[u8], index: usize) -> Option<Quote> {
    if let Some((mark, close)) = MARKS
        .iter()
        .find(|(mark, _)| starts_with_word(text, index, mark.as_bytes()))
    {
        return Some(Quote {
            len: mark.len(),
            close: Close::Text(close),
        });
    }
    let escapes = rest(text, index)
        .iter()
        .take(16)
        .take_while(|&&byte| byte == b'\\')
        .count();
    let mark = at(text, index + escapes);
    matches!(mark, b'"' | b'\'' | b'`').then_some(Quote {
        len: escapes + 1,
        close: Close::Byte { mark, escapes },
    })
}

/// The first byte of any opening or closing mark.
#[inline]
fn may_be_mark(byte: u8) -> bool {
    matches!(
        byte,
        b'"' | b'\'' | b'`' | b'\\' | b'&' | b'%' | 0xc2 | 0xe2
    )
}

/// The bytes of the quote mark at `index`, opening or closing, or 0.
#[inline]
pub(super) fn mark_len(text: &[u8], index: usize) -> usize {
    if !may_be_mark(at(text, index)) {
        return 0;
    }
    if let Some(quote) = open(text, index) {
        // `""` behind a key is an empty value, not the end of the key.
        return quote.len;
    }
    MARKS
        .iter()
        .find(|(_, close)| starts_with(text, index, close.as_bytes()))
        .map_or(0, |(_, close)| close.len())
}

/// Where the content that starts at `from` ends, and where the text goes on behind the quote.
/// Without a closing quote (the text was cut) the content ends with its line.
pub(super) fn close(text: &[u8], from: usize, quote: Quote) -> (usize, usize) {
    match quote.close {
        Close::Byte { mark, escapes } => close_byte(text, from, mark, escapes),
        Close::Text(close) => {
            let window = rest(text, from);
            let found = window[..window.len().min(WINDOW)]
                .windows(close.len())
                .position(|part| part.eq_ignore_ascii_case(close.as_bytes()));
            if let Some(found) = found {
                (from + found, from + found + close.len())
            } else {
                let end = run_end(text, from, WINDOW, |byte| byte != b'\n' && byte != b'\r');
                (end, end)
            }
        }
    }
}

fn close_byte(text: &[u8], from: usize, mark: u8, escapes: usize) -> (usize, usize) {
    let mut index = from;
    let mut backslashes = 0;
    while let Some(&byte) = text.get(index) {
        if byte == mark && closes(backslashes, escapes) {
            // `it's` or a doubled quote: the value goes on.
            let next = at(text, index + 1);
            if escapes == 0 && next == mark && mark != b'`' && index > from {
                index += 2;
                continue;
            }
            if !is_name(next) || escapes > 0 || mark == b'"' {
                return (index - escapes.min(backslashes), index + 1);
            }
        }
        backslashes = if byte == b'\\' { backslashes + 1 } else { 0 };
        index += 1;
    }
    let end = line_end(text, from);
    (end, end)
}

/// An escaped quote has more backslashes than the opening one; `\\"` is a backslash and a quote.
fn closes(backslashes: usize, escapes: usize) -> bool {
    if escapes == 0 {
        backslashes.is_multiple_of(2)
    } else {
        backslashes <= escapes
    }
}
