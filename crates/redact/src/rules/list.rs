//! Lists of words: one text, and the end of each word. A list of references would add 40 bytes per word to a program.

/// A list of words, which [`words!`] creates.
#[derive(Clone, Copy, Debug)]
pub(crate) struct WordList {
    pub(crate) text: &'static str,
    pub(crate) ends: &'static [u16],
    /// The bit of each word: most other words have none of these bits, so they need no search.
    pub(crate) bits: u64,
}

macro_rules! words {
    ($($word:literal),* $(,)?) => {
        const {
            crate::rules::list::WordList {
                text: concat!($($word),*),
                ends: &crate::rules::list::ends([$($word.len()),*]),
                bits: 0 $(| crate::rules::list::bit($word.as_bytes()))*,
            }
        }
    };
}
pub(crate) use words;

/// Returns the ends of words with these lengths that follow each other.
#[expect(clippy::cast_possible_truncation, reason = "a longer list does not compile")]
pub(crate) const fn ends<const COUNT: usize>(lengths: [usize; COUNT]) -> [u16; COUNT] {
    let mut ends = [0; COUNT];
    let mut next = 0;
    let mut end = 0;
    while next < COUNT {
        end += lengths[next];
        assert!(end <= u16::MAX as usize, "the words are too long for one list");
        ends[next] = end as u16;
        next += 1;
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
    pub(crate) fn iter(self) -> impl Iterator<Item = &'static str> {
        let mut start = 0;
        self.ends.iter().map(move |end| {
            let begin = std::mem::replace(&mut start, usize::from(*end));
            self.text.get(begin..start).unwrap_or_default()
        })
    }
}
