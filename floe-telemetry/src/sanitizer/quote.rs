//! Quotes in all the ways a quoted text is quoted again: `"`, `\"`, `\\\"`, `&quot;`, `%22`, `“`.

use memchr::memchr2;

use super::text::{at, is_name, part, rest, run_end, starts_with, starts_with_word};

/// Opening and closing marks of more than one byte.
pub(super) const MARKS: &[(&str, &str)] = &[
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
    ("\u{2039}", "\u{203a}"),
    ("\u{300c}", "\u{300d}"),
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

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Close {
    /// This byte behind as many backslashes as the opening one had.
    Byte {
        mark: u8,
        escapes: usize,
    },
    Text(&'static str),
}

impl Quote {
    /// Whether the other one is closed by the same mark.
    pub(super) fn closes_like(self, other: Self) -> bool {
        self.close == other.close
    }

    /// Whether the content that starts at `from` is closed at once, without a backslash.
    pub(super) fn is_empty_at(self, text: &[u8], from: usize) -> bool {
        matches!(self.close, Close::Byte { mark, escapes: 0 }
            if at(text, from) == mark && (mark == b'"' || !is_name(at(text, from + 1))))
    }

    /// How far behind the opening mark the content may reach.
    pub(super) fn reach(self) -> usize {
        match self.close {
            Close::Byte { .. } => usize::MAX >> 1,
            Close::Text(_) => WINDOW,
        }
    }

    /// The closing mark of the content that starts at `from`: its place, or how far there is none;
    /// and if there is one, the end of the content and where the text goes on. Between `from` and
    /// `unsearched` there is none.
    pub(super) fn find_close(
        self,
        text: &[u8],
        from: usize,
        unsearched: usize,
    ) -> (usize, Option<(usize, usize)>) {
        match self.close {
            // To be told so of a single byte means that there is none at all.
            Close::Byte { .. } if unsearched >= text.len() => (text.len(), None),
            Close::Byte { mark, escapes } => match close_byte(text, from, mark, escapes) {
                Some((end, after)) => (after - 1, Some((end, after))),
                None => (text.len(), None),
            },
            Close::Text(close) => {
                let limit = text.len().min(from + WINDOW);
                let first = unsearched.clamp(from, limit);
                let mut windows = part(text, first, limit).windows(close.len());
                let begins = close.as_bytes()[0];
                let found = windows.position(|part| {
                    part[0] == begins && part.eq_ignore_ascii_case(close.as_bytes())
                });
                match found {
                    Some(found) => (
                        first + found,
                        Some((first + found, first + found + close.len())),
                    ),
                    None => ((limit + 1).saturating_sub(close.len()).max(from), None),
                }
            }
        }
    }
}

/// The quote that opens at `index`.
#[inline]
pub(super) fn open(text: &[u8], index: usize) -> Option<Quote> {
    let byte = at(text, index);
    let is_one = matches!(byte, b'"' | b'\'' | b'`') && at(text, index + 1) != byte;
    if byte == b'`' && is_typewritten(text, index) {
        return Some(Quote {
            len: 1,
            close: Close::Text("'"),
        });
    }
    if is_one {
        let close = Close::Byte {
            mark: byte,
            escapes: 0,
        };
        return Some(Quote { len: 1, close });
    }
    may_be_mark(byte).then(|| open_long(text, index)).flatten()
}

/// A word between a backtick and an apostrophe, the quotes of typewriters and of GNU's programs.
fn is_typewritten(text: &[u8], index: usize) -> bool {
    let end = run_end(text, index + 1, 64, |byte| {
        byte > b' ' && !b"`'\"".contains(&byte)
    });
    end > index + 1 && at(text, end) == b'\'' && !is_name(at(text, end + 1))
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
    if starts_with(text, index, b"''") {
        return is_doubled(text, index).then_some(Quote {
            len: 2,
            close: Close::Text("''"),
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

/// `'user=bob password=''hunter2'' port=7'`: quotes inside of a quoted text.
fn is_doubled(text: &[u8], index: usize) -> bool {
    let close = run_end(text, index + 2, 128, |byte| byte != b'\'' && byte != b'\n');
    b"= :(".contains(&at(text, index.wrapping_sub(1)))
        && at(text, index + 2) > b' '
        && !b",;)".contains(&at(text, index + 2))
        && close > index + 2
        && starts_with(text, close, b"''")
}

/// The first byte of any opening or closing mark.
#[inline]
pub(super) fn may_be_mark(byte: u8) -> bool {
    matches!(
        byte,
        b'"' | b'\'' | b'`' | b'\\' | b'&' | b'%' | 0xc2 | 0xe2 | 0xe3
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
    let (_, closed) = quote.find_close(text, from, from);
    closed.unwrap_or_else(|| {
        let end = run_end(text, from, quote.reach(), |byte| {
            byte != b'\n' && byte != b'\r'
        });
        (end, end)
    })
}

fn close_byte(text: &[u8], from: usize, mark: u8, escapes: usize) -> Option<(usize, usize)> {
    let mut index = from;
    loop {
        let stop = index + memchr2(mark, b'\\', text.get(index..)?)?;
        index = run_end(text, stop, usize::MAX, |byte| byte == b'\\');
        let backslashes = index - stop;
        if at(text, index) != mark {
            continue;
        }
        if closes(backslashes, escapes) {
            // `it's` or a doubled quote: the value goes on.
            let next = at(text, index + 1);
            if escapes == 0 && next == mark && mark != b'`' && index > from {
                index += 2;
                continue;
            }
            if !is_name(next) || escapes > 0 || mark == b'"' {
                return Some((index - escapes.min(backslashes), index + 1));
            }
        }
        index += 1;
    }
}

/// An escaped quote has more backslashes than the opening one; `\\"` is a backslash and a quote.
fn closes(backslashes: usize, escapes: usize) -> bool {
    if escapes == 0 {
        backslashes.is_multiple_of(2)
    } else {
        backslashes <= escapes
    }
}
