//! Lists of words: one text, and the end of each word. A list of references would add 40 bytes per word to a program.

use std::ops::Range;

/// A list of words, which [`words!`] creates.
#[derive(Clone, Copy)]
pub(crate) struct WordList {
    text: &'static str,
    pub(crate) ends: &'static [u16],
    /// The bit of each word: most other words have none of these bits, so they need no search.
    pub(crate) bits: u64,
}

/// The sign between two words of a list.
const JOINT: &str = ", ";

/// Creates a list of the words in a text, in which a comma and a blank separate them.
macro_rules! words {
    ($text:expr) => {
        const {
            use crate::rules::list::{WordList, count, ends};
            const ENDS: &[u16] = &ends::<{ count($text) }>($text);
            WordList::new($text, ENDS)
        }
    };
}
pub(crate) use words;

/// Whether a word ends at `at`. A comma without a blank belongs to its word.
const fn is_joint(text: &[u8], at: usize) -> bool {
    text[at] == JOINT.as_bytes()[0] && at + 1 < text.len() && text[at + 1] == JOINT.as_bytes()[1]
}

/// Returns the number of words in a text.
pub(crate) const fn count(text: &str) -> usize {
    let mut count = !text.is_empty() as usize;
    let mut at = 0;
    while at < text.len() {
        count += is_joint(text.as_bytes(), at) as usize;
        at += 1;
    }
    count
}

/// Returns the ends of the words in a text.
#[expect(clippy::cast_possible_truncation, reason = "a longer list does not compile")]
pub(crate) const fn ends<const COUNT: usize>(text: &str) -> [u16; COUNT] {
    assert!(text.len() <= u16::MAX as usize, "the words are too long for one list");
    let mut ends = [text.len() as u16; COUNT];
    let mut word = 0;
    let mut at = 0;
    while at < text.len() {
        if is_joint(text.as_bytes(), at) {
            ends[word] = at as u16;
            word += 1;
        }
        at += 1;
    }
    ends
}

/// Returns the bit of a word, which depends on its length and its first letter in either case.
pub(crate) const fn bit(word: &[u8]) -> u64 {
    let letter = match word {
        [first, ..] => *first & 31,
        [] => 0,
    };
    1 << ((letter as usize + 7 * word.len()) & 63)
}

impl WordList {
    pub(crate) const fn new(text: &'static str, ends: &'static [u16]) -> Self {
        let mut bits = 0;
        let mut next = 0;
        while next < ends.len() {
            let start = if next == 0 { 0 } else { ends[next - 1] as usize + JOINT.len() };
            let rest = text.as_bytes().split_at(start).1;
            bits |= bit(rest.split_at(ends[next] as usize - start).0);
            next += 1;
        }
        Self { text, ends, bits }
    }

    /// Returns the range of each word in the text.
    fn ranges(self) -> impl Iterator<Item = Range<usize>> {
        let mut start = 0;
        self.ends.iter().map(move |end| {
            let end = usize::from(*end);
            std::mem::replace(&mut start, end + JOINT.len())..end
        })
    }

    pub(crate) fn iter(self) -> impl Iterator<Item = &'static str> {
        self.ranges().map(|range| self.text.get(range).unwrap_or_default())
    }

    /// Whether the word is in the list. ASCII case is ignored.
    #[inline]
    pub(crate) fn has(self, word: &[u8]) -> bool {
        self.bits & bit(word) != 0 && self.contains(word)
    }

    /// Whether a text begins with one of the words. ASCII case is ignored.
    pub(crate) fn begins(self, text: &[u8]) -> bool {
        self.iter()
            .map(str::as_bytes)
            .any(|word| text.get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word)))
    }

    fn contains(self, word: &[u8]) -> bool {
        let mut words = self.ranges().filter(|range| range.len() == word.len());
        words.any(|range| self.text.as_bytes()[range].eq_ignore_ascii_case(word))
    }
}
