//! Values that stand before their key: `invalid value 'x' for '--token <TOKEN>'`.

use super::key_value::Key;
use super::placeholder::is_placeholder;
use super::shape::{holds_made_up, is_opaque};
use super::signs::{OPEN_ROUND, QUOTES};
use super::text::{at, part, run_end, run_start};
use super::{Scan, operand, quote, words};

/// How far before its key a value may be.
const REACH: usize = 128;

/// `'x' is not of type 'integer' for key 'password'`.
pub(super) fn scan(scan: &mut Scan<'_>, key: Key) -> bool {
    let text = scan.text;
    // `use an object to pass it`
    if key.name(text) == b"pass" || !scan.has(QUOTES) {
        return false;
    }
    let is_gap = |byte: u8| matches!(byte, b' ' | b'"' | b'\'' | b'`' | b':' | b'-');
    let mut end = run_start(text, key.start, 6, is_gap);
    if end == key.start {
        return false;
    }
    let mut linked = false;
    for _ in 0..4 {
        let start = run_start(text, end, 12, |byte| byte.is_ascii_alphabetic());
        let word = part(text, start, end);
        linked |= words::LINKS.has(word);
        if start == end || !linked && !words::NOUNS.has(word) {
            return false;
        }
        if linked {
            end = start;
            break;
        }
        end = run_start(text, start, 2, is_gap);
    }
    linked && quoted_before(scan, end)
}

/// `('bob', 'hunter2') is not a valid basic-auth tuple`: the login is what the text begins with.
pub(super) fn pair(scan: &mut Scan<'_>, key: Key) -> bool {
    let text = scan.text;
    if !scan.has(OPEN_ROUND) || !scan.has(QUOTES) {
        return false;
    }
    let line = run_start(text, key.start, REACH, |byte| byte != b'\n');
    let is_pair = at(text, line) == b'(' && quote::open(text, line + 1).is_some();
    is_pair
        && operand::arguments(scan, line + 1, |place, word| {
            place == 1 && holds_made_up(word)
        })
}

/// Redacts what looks made up in the quotes before `end`, on the same line.
fn quoted_before(scan: &mut Scan<'_>, end: usize) -> bool {
    let text = scan.text;
    let reach = REACH.min(end.saturating_sub(scan.reversed_until));
    let mut index = run_start(text, end, reach, |byte| byte != b'\n');
    scan.reversed_until = end;
    let mut found = false;
    while index < end {
        index = run_end(text, index, end - index, |byte| {
            !matches!(byte, b'"' | b'\'' | b'`' | 0xc2 | 0xe2 | 0xe3)
        });
        let Some(open) = quote::open(text, index).filter(|_| index < end) else {
            index += 1;
            continue;
        };
        let start = index + open.len;
        let mark = at(text, index);
        let close = if mark < 0x80 {
            run_end(text, start, end.saturating_sub(start), |byte| byte != mark)
        } else {
            let (_, closed) = open.find_close(part(text, 0, end), start, start);
            closed.map_or(end, |(close, _)| close)
        };
        let escape = run_end(text, start, close - start, |byte| byte != b'\\');
        let word = text.get(start..escape).unwrap_or_default();
        // `git fetch --all` is a command.
        let is_command = word.windows(2).any(|two| two == b" -");
        if close < end
            && !is_command
            && !is_placeholder(word)
            && (is_opaque(word, 8) || holds_made_up(word))
        {
            scan.redact_unless_done(start, close);
            found = true;
        }
        index = close + 1;
    }
    found
}
