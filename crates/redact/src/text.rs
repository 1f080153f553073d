//! Classes of bytes, and searches in them, which all grammars use.
//!
//! The grammars work on bytes: every delimiter is ASCII or matched as a whole, so a range between two
//! delimiters never cuts a character.

use std::cell::Cell;
use std::ops::Range;

use crate::rules::class::Class;
pub(crate) use crate::rules::class::class;
use crate::rules::list::WordList;

/// The text that replaces a secret. In XML, it is written with `&lt;` and `&gt;`.
pub const REDACTED: &str = "<REDACTED>";

thread_local! {
    static STEPS: Cell<usize> = const { Cell::new(0) };
}

/// Returns the steps of this thread so far: bytes that rules have read, and rows of tables. Only differences matter.
pub(crate) fn steps() -> usize {
    STEPS.get()
}

/// The number of bytes that a search for single bytes covers in one step.
const FAST: usize = 8;

/// Searches of at most this many bytes are not counted, because the fixed steps of an anchor include them.
const FEW: usize = 64;

/// Counts steps. The searches of this module count their own steps.
#[inline]
pub(crate) fn count_steps(steps: usize) {
    STEPS.set(STEPS.get().wrapping_add(steps));
}

/// Returns the byte at `index`; beyond the end 0, which is a delimiter in every grammar.
#[inline]
pub(crate) fn at(text: &[u8], index: usize) -> u8 {
    text.get(index).copied().unwrap_or(0)
}

/// Returns the byte before `index`; 0 at the start.
#[inline]
pub(crate) fn before(text: &[u8], index: usize) -> u8 {
    index.checked_sub(1).map_or(0, |index| at(text, index))
}

/// Returns the bytes of the range that lie within the text.
#[inline]
pub(crate) fn part(text: &[u8], start: usize, end: usize) -> &[u8] {
    text.get(start..end.min(text.len())).unwrap_or_default()
}

/// Returns the text from `index` on; empty beyond the end.
#[inline]
pub(crate) fn rest(text: &[u8], index: usize) -> &[u8] {
    text.get(index..).unwrap_or_default()
}

/// Whether the text continues with these bytes at `index`. ASCII case is ignored.
pub(crate) fn starts_with(text: &[u8], index: usize, what: &[u8]) -> bool {
    part(text, index, index + what.len()).eq_ignore_ascii_case(what)
}

/// Returns the byte before a word; 0 after a colour code of a terminal, such as `ESC[1;31m`.
pub(crate) fn before_word(text: &[u8], index: usize) -> u8 {
    match before(text, index) {
        b'm' if after_colour(text, index - 1) == index => 0,
        byte => byte,
    }
}

/// Returns the end of the colour code around `index`; `index` itself without a colour code.
pub(crate) fn after_colour(text: &[u8], index: usize) -> usize {
    let code = class!("0-9;").start(text, index, 16);
    let end = class!("0-9;").end(text, code, 16);
    let is_colour = part(text, 0, code).ends_with(b"\x1b[") && at(text, end) == b'm';
    if is_colour { end + 1 } else { index }
}

/// The mark in a text of XML, in which `<` would begin a tag.
pub(crate) const XML_MARK: &str = "&lt;REDACTED&gt;";

pub(crate) fn is_redacted(text: &[u8], index: usize) -> bool {
    mark_at(text, index).is_some()
}

/// Returns the mark that begins at `index`.
pub(crate) fn mark_at(text: &[u8], index: usize) -> Option<&'static str> {
    let rest = rest(text, index);
    [REDACTED, XML_MARK].into_iter().find(|mark| rest.starts_with(mark.as_bytes()))
}

/// Returns the range of the mark that contains a byte.
pub(crate) fn mark_around(text: &[u8], byte: usize) -> Option<Range<usize>> {
    let mut starts = (byte.saturating_sub(XML_MARK.len())..=byte).rev();
    let mark = starts.find_map(|at| Some(at..at + mark_at(text, at)?.len()));
    mark.filter(|mark| mark.contains(&byte))
}

impl Class {
    /// Returns the end of the run of at most `limit` such bytes that begins at `from`.
    pub(crate) fn end(&self, text: &[u8], from: usize, limit: usize) -> usize {
        run_end(text, from, limit, |byte| self.has(byte))
    }

    /// Returns the start of the run of at most `limit` such bytes that ends at `to`.
    pub(crate) fn start(&self, text: &[u8], to: usize, limit: usize) -> usize {
        run_start(text, to, limit, |byte| self.has(byte))
    }
}

/// Whether the byte may be inside a name: an ASCII letter, a digit or an underscore.
#[inline]
pub(crate) fn is_name(byte: u8) -> bool {
    class!("a-zA-Z0-9_").has(byte)
}

/// Words with their meanings, indexed by first letter and length. ASCII case is ignored.
pub(crate) struct Words<T>(Box<[Vec<(&'static str, T)>; 512]>);

impl Words<()> {
    /// Indexes the words of a list that is too long to be searched word by word.
    pub(crate) fn list(words: WordList) -> Self {
        Self::lists([(words, ())])
    }

    pub(crate) fn contains(&self, word: &[u8]) -> bool {
        self.all(word).next().is_some()
    }
}

impl<T: Copy> Words<T> {
    /// Indexes the words of lists, each with a meaning.
    pub(crate) fn lists<const N: usize>(lists: [(WordList, T); N]) -> Self {
        Self::of(
            lists
                .into_iter()
                .flat_map(|(list, meaning)| list.iter().map(move |word| (word, meaning))),
        )
    }
}

impl<T> Words<T> {
    pub(crate) fn of(rows: impl Iterator<Item = (&'static str, T)>) -> Self {
        let mut words = Self(Box::new(std::array::from_fn(|_| Vec::new())));
        for (word, meaning) in rows {
            words.0[Self::bucket(word.as_bytes())].push((word, meaning));
        }
        words
    }

    /// Returns the meanings of a word, in the order of the rows.
    pub(crate) fn all(&self, word: &[u8]) -> impl Iterator<Item = &T> {
        let rows = self.0[Self::bucket(word)].iter();
        rows.filter(move |(known, _)| word.eq_ignore_ascii_case(known.as_bytes()))
            .map(|(_, meaning)| meaning)
    }

    fn bucket(word: &[u8]) -> usize {
        usize::from(at(word, 0) & 31) << 4 | word.len() & 15
    }
}

/// Returns the end of the run of bytes that satisfy `inside`. The run begins at `from` and has at most `limit` bytes.
pub(crate) fn run_end(
    text: &[u8],
    from: usize,
    limit: usize,
    inside: impl Fn(u8) -> bool,
) -> usize {
    let run = rest(text, from).iter().take(limit);
    let len = run.take_while(|&&byte| inside(byte)).count();
    if limit > FEW && len > FEW {
        count_steps(len);
    }
    from + len
}

/// Returns the start of the run of bytes that satisfy `inside`. The run ends at `to` and has at most `limit` bytes.
pub(crate) fn run_start(
    text: &[u8],
    to: usize,
    limit: usize,
    inside: impl Fn(u8) -> bool,
) -> usize {
    let run = part(text, 0, to).iter().rev().take(limit);
    let len = run.take_while(|&&byte| inside(byte)).count();
    if limit > FEW && len > FEW {
        count_steps(len);
    }
    to.min(text.len()) - len
}

/// Returns the start of the line around `place`, at most 256 bytes before it.
pub(crate) fn line_start(text: &[u8], place: usize) -> usize {
    let from = place.saturating_sub(256);
    count_steps((place - from) / FAST);
    memchr::memrchr(b'\n', part(text, from, place)).map_or(from, |line| from + line + 1)
}

pub(crate) fn line_end(text: &[u8], from: usize) -> usize {
    let end =
        memchr::memchr2(b'\n', b'\r', rest(text, from)).map_or(text.len(), |found| from + found);
    count_steps((end - from) / FAST);
    end
}

/// Returns the letters, digits and underscores around `place`, or before `place` if another byte is there.
pub(crate) fn word_at(text: &[u8], place: usize) -> &[u8] {
    let place = place.saturating_sub(usize::from(!is_name(at(text, place))));
    let start = after_colour(text, run_start(text, place + 1, 64, is_name));
    // The letter of an escape, as in `\nAUTH`, is not part of the word.
    let is_escaped = before(text, start) == b'\\' && class!("nrt").has(at(text, start));
    let start = start + usize::from(is_escaped);
    part(text, start, run_end(text, place, 64, is_name))
}
