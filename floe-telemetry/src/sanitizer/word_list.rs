//! Lists of words that are asked at once whether they have one.

use super::text::ends_with_word;

/// Longest word of a list.
const LONGEST: usize = 16;

/// The lengths of words by the last five bits of their first letter: most questions end here.
pub(super) struct Lengths([u32; 32]);

impl Lengths {
    pub(super) const NONE: Self = Self([0; 32]);

    /// These, and those of more words.
    pub(super) const fn and(mut self, words: &[&str]) -> Self {
        let mut index = 0;
        while index < words.len() {
            let word = words[index].as_bytes();
            assert!(word.len() <= LONGEST);
            let first = if word.is_empty() { 0 } else { word[0] };
            self.0[(first & 31) as usize] |= 1 << word.len();
            index += 1;
        }
        self
    }

    /// Whether the word may be one of them.
    #[inline]
    pub(super) fn may_have(&self, word: &[u8]) -> bool {
        let first = word.first().copied().unwrap_or(0);
        word.len() <= LONGEST && self.0[usize::from(first & 31)] & (1 << word.len()) != 0
    }
}

/// A sorted list of words, asked about without regard to case.
pub(super) struct List {
    words: &'static [&'static str],
    lengths: Lengths,
    /// Where the words with each first letter begin.
    places: [usize; 33],
}

impl List {
    pub(super) const fn of(words: &'static [&'static str]) -> Self {
        let mut places = [0; 33];
        let mut index = 0;
        while index < words.len() {
            let word = words[index].as_bytes();
            assert!(index == 0 || is_before(words[index - 1], words[index]));
            let first = if word.is_empty() { 0 } else { word[0] };
            index += 1;
            places[(first & 31) as usize + 1] = index;
        }
        let mut letter = 1;
        while letter <= 32 {
            if places[letter] < places[letter - 1] {
                places[letter] = places[letter - 1];
            }
            letter += 1;
        }
        Self {
            words,
            lengths: Lengths::NONE.and(words),
            places,
        }
    }

    #[inline]
    pub(super) fn has(&self, word: &[u8]) -> bool {
        if !self.lengths.may_have(word) {
            return false;
        }
        let letter = usize::from(word.first().copied().unwrap_or(0) & 31);
        self.words[self.places[letter]..self.places[letter + 1]]
            .iter()
            .any(|known| word.eq_ignore_ascii_case(known.as_bytes()))
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &'static str> {
        self.words.iter().copied()
    }
}

/// Whether the first of two words stands before the second in a sorted list.
const fn is_before(one: &str, two: &str) -> bool {
    let (one, two) = (one.as_bytes(), two.as_bytes());
    let mut index = 0;
    while index < one.len() && index < two.len() {
        if one[index] != two[index] {
            return one[index] < two[index];
        }
        index += 1;
    }
    one.len() < two.len()
}

/// Ends of names, each of two letters or more, asked about without regard to case.
pub(super) struct Endings {
    ends: &'static [&'static str],
    /// A bit for the last two letters of each: most questions end here.
    pairs: u64,
}

impl Endings {
    pub(super) const fn of(ends: &'static [&'static str]) -> Self {
        let mut pairs = 0;
        let mut index = 0;
        while index < ends.len() {
            let end = ends[index].as_bytes();
            pairs |= pair(end[end.len() - 2], end[end.len() - 1]);
            index += 1;
        }
        Self { ends, pairs }
    }

    /// Whether the name ends with one of them.
    #[inline]
    pub(super) fn has(&self, name: &[u8]) -> bool {
        let [.., one, two] = *name else {
            return false;
        };
        self.pairs & pair(one, two) != 0
            && self
                .ends
                .iter()
                .any(|end| ends_with_word(name, end.as_bytes()))
    }
}

/// One bit, the same for letters of both cases.
const fn pair(one: u8, two: u8) -> u64 {
    1 << ((one << 1 ^ two) & 31 | (one & 1) << 5)
}
