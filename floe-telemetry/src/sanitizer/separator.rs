//! What stands between a key and its value.

use super::shape::{is_made_up, is_opaque};
use super::text::{
    at, before, is_break, is_name, part, run_end, run_start, skip_spaces, starts_with,
    starts_with_word,
};
use super::{colour, quote, row};

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
        // LDIF's mark of base64.
        (b':', b':') if at(text, index + 2) == b' ' => found(2, false),
        // `${PASSWORD:?must be set}` has a message, `${PASSWORD:-x}` another value.
        (b':', b':' | b'?') => None,
        (b':', b'+') if is_expanded(text, index) => None,
        (b':', b'-' | b'=') if is_expanded(text, index) => found(2, false),
        (b'.', b'.') => found_leader(text, index),
        // A pair of Lisp.
        (b'.', b' ') if index > from && at(text, index + 2) == b'"' => found(1, false),
        (b':', b'/') if at(text, index + 2) == b'/' => None,
        // `password : = x`, which a parser of INI files does not know.
        (b':', b' ') if starts_with(text, index + 2, b"= ") => found(3, true),
        (b'=' | b'!', b'=') => found(
            run_end(text, index, 4, |byte| b"=!>".contains(&byte)) - index,
            true,
        ),
        (b':' | b'+' | b'?' | b'~', b'=') | (b'=', b'>') => found(2, true),
        // `$token->text` is a call.
        (b'-', b'>') if at(text, index + 2).is_ascii_lowercase() => None,
        (b'-' | b'~', b'>') => found(2, false),
        // R's arrow points the other way.
        (b'<', b'-') if quote::open(text, skip_spaces(text, index + 2)).is_some() => found(2, true),
        (b'=', _) => found(1, true),
        (b':', _) => found(1, false),
        (b'|', _) => found(1, false).map(in_table),
        (0xe2, _) if starts_with(text, index, row::BAR) => {
            found(row::BAR.len(), false).map(in_table)
        }
        (b';', b's') if serialized(text, index) > index => {
            found(serialized(text, index) - index, true)
        }
        (b';' | b',', next) if next > b' ' => found(1, false).map(in_table),
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

/// Whether the name before is in braces behind a dollar.
fn is_expanded(text: &[u8], end: usize) -> bool {
    let name = run_start(text, end, 64, is_name);
    before(text, name) == b'{' && before(text, name - 1) == b'$'
}

pub(super) fn follows_amp(text: &[u8], index: usize) -> bool {
    part(text, index.saturating_sub(5), index) == b"&amp;"
}

/// `;s:12:`, as PHP writes the length of the next text.
fn serialized(text: &[u8], index: usize) -> usize {
    let digits = run_end(text, index + 3, 6, |byte| byte.is_ascii_digit());
    let fits = starts_with(text, index, b";s:") && starts_with(text, digits, b":\"");
    if fits { digits + 1 } else { index }
}

/// `name......... value`: at least four dots lead to the value.
fn found_leader(text: &[u8], index: usize) -> Option<Separator> {
    let end = run_end(text, index, 128, |byte| byte == b'.');
    let is_quoted = quote::open(text, skip_spaces(text, end)).is_some();
    let colon = skip_spaces(text, end);
    let colon = if at(text, colon) == b':' {
        colon + 1
    } else {
        end
    };
    // `password....hunter2`
    let start = skip_spaces(text, end);
    let word = run_end(text, start, 64, |byte| byte > b' ');
    let ends = matches!(at(text, word), 0 | b'\n') || start == end;
    let found = part(text, start, word);
    let is_value = ends && (is_made_up(found, 7) || is_opaque(found, 8));
    (end >= index + 4).then_some(Separator {
        after: colon,
        equals: false,
        encoded: false,
        // `checking the token..... done`
        table: !is_quoted && !is_value && colon == end,
    })
}

fn in_table(separator: Separator) -> Separator {
    Separator {
        table: true,
        ..separator
    }
}

/// Skips spaces, Markdown's asterisks, a YAML tag or anchor and a type of PHP's.
pub(super) fn value_start(text: &[u8], from: usize) -> usize {
    let mut index = colour::behind(text, skip_spaces(text, from));
    if !matches!(
        (at(text, index), at(text, index + 1)),
        (b'%' | b'<' | b'*' | b'!' | b'&' | b'(', _) | (b's', b't') | (b'0', b'x')
    ) {
        return index;
    }
    while starts_with(text, index, b"%20") {
        index += 3;
    }
    if starts_with(text, index, b"<%= ") {
        index = skip_spaces(text, index + 4);
    }
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
    if at(text, index) == b'&' {
        let anchor = run_end(text, index + 1, 32, is_name);
        // `key: &str = "…"` is a type.
        let next = at(text, anchor + 1);
        if anchor > index + 1
            && at(text, anchor) == b' '
            && next != b'='
            && !is_break(text, anchor + 1)
        {
            index = skip_spaces(text, anchor);
        }
    }
    // `(string) (len=9) "…"`, as Go's dumps have it.
    let typed = (0..2).fold(index, |index, _| behind_type(text, index));
    if typed > index && at(text, typed) == b'"' {
        index = typed;
    }
    index = behind_pointer(text, index);
    if starts_with(text, index, b"string(") {
        let len = run_end(text, index + 7, 8, |byte| byte.is_ascii_digit());
        if starts_with(text, len, b") \"") {
            index = len + 2;
        }
    }
    index
}

/// Behind an address and the blank after it: `0x7f12 "…"`, as debuggers print a text.
fn behind_pointer(text: &[u8], from: usize) -> usize {
    if !starts_with(text, from, b"0x") {
        return from;
    }
    let end = run_end(text, from + 2, 16, |byte| byte.is_ascii_hexdigit());
    if starts_with(text, end, b" \"") {
        end + 1
    } else {
        from
    }
}

/// Behind a remark in brackets and the blank after it.
fn behind_type(text: &[u8], from: usize) -> usize {
    if at(text, from) != b'(' {
        return from;
    }
    let end = run_end(text, from + 1, 24, |byte| {
        is_name(byte) || b"=.*[]".contains(&byte)
    });
    if starts_with(text, end, b") ") {
        end + 2
    } else {
        from
    }
}

/// `<b>Password</b>: …`: behind the tag that closes.
pub(super) fn behind_tag(text: &[u8], from: usize) -> usize {
    if !starts_with(text, from, b"</") {
        return from;
    }
    let name = run_end(text, from + 2, 8, |byte| byte.is_ascii_lowercase());
    if starts_with(text, name, b">:") {
        name + 1
    } else {
        from
    }
}

/// Where a value begins on the next line: indented, in quotes or random.
pub(super) fn next_line(text: &[u8], from: usize) -> Option<usize> {
    let line = match (at(text, from), at(text, from + 1)) {
        (b'\r', b'\n') => from + 2,
        (b'\n', _) => from + 1,
        _ => return None,
    };
    let start = value_start(text, line);
    let end = run_end(text, start, 256, |byte| byte > b' ');
    let is_alone = matches!(at(text, end), 0 | b'\n' | b'\r');
    let is_quoted = quote::open(text, start).is_some();
    let word = part(text, start, end);
    (start > line && (is_quoted || is_alone && (is_opaque(word, 8) || is_made_up(word, 6))))
        .then_some(start)
}

/// `TOKEN= ZONE=eu`: the next pair follows where a value would be.
pub(super) fn is_empty(text: &[u8], separator: Separator, from: usize) -> bool {
    let equals = separator.after - 1;
    let is_joined = at(text, equals) == b'=' && is_name(before(text, equals));
    let name = run_end(text, from, 32, is_name);
    is_joined
        && from > separator.after
        && at(text, from).is_ascii_alphabetic()
        && at(text, name) == b'='
        && is_name(at(text, name + 1))
}
