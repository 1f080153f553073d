//! Keys with letters that JSON wrote as escapes: `pass\u0077ord`.

use super::Scan;
use super::key_value::Key;
use super::lexicon::Class;
use super::text::{at, before, is_name, part, run_end, run_start};

/// Longest key, as it is written.
const LIMIT: usize = 96;

/// The key around the word from `start` to `end`, if an escape is inside or beside it.
#[inline]
pub(super) fn key(scan: &mut Scan<'_>, start: usize, end: usize) -> Option<Key> {
    let text = scan.text;
    let is_escaped = at(text, end) == b'\\' && at(text, end + 1) == b'u'
        || before(text, start) == b'\\' && at(text, start) == b'u';
    is_escaped.then(|| read(scan, start, end)).flatten()
}

fn read(scan: &mut Scan<'_>, start: usize, end: usize) -> Option<Key> {
    let text = scan.text;
    let inside = |byte: u8| is_name(byte) || b"-.\\".contains(&byte);
    let start = run_start(text, start, LIMIT, inside);
    let end = run_end(text, end, LIMIT, inside);
    let end = end - usize::from(before(text, end) == b'\\');
    let name = unescaped(part(text, start, end))?;
    let class = scan.policy.classify(&name)?;
    scan.key_until = end;
    (class == Class::Strong).then(|| Key {
        is_option: false,
        ..Key::new(text, start, end, class)
    })
}

/// The name without its escapes; `None` if it has none, or others.
fn unescaped(written: &[u8]) -> Option<Vec<u8>> {
    let mut name = Vec::with_capacity(written.len());
    let mut rest = written;
    while let [first, tail @ ..] = rest {
        rest = tail;
        if *first != b'\\' {
            name.push(*first);
            continue;
        }
        let digits = std::str::from_utf8(tail.strip_prefix(b"u")?.get(..4)?).ok()?;
        name.push(u8::try_from(u32::from_str_radix(digits, 16).ok()?).ok()?);
        rest = &tail[5..];
    }
    (name.len() < written.len()).then_some(name)
}
