//! Lists of words that are asked at once whether they have one.

use super::text::is_same_word;

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
            assert!(first == 0 || first.is_ascii_alphabetic());
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
            .any(|known| is_same_word(word, known.as_bytes()))
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
    /// The letters before each last letter: most questions end here.
    pairs: [u32; 32],
    /// The places of the ends with each last letter.
    places: [u32; 32],
}

impl Endings {
    pub(super) const fn of(ends: &'static [&'static str]) -> Self {
        assert!(ends.len() <= 32);
        let (mut pairs, mut places) = ([0; 32], [0; 32]);
        let mut index = 0;
        while index < ends.len() {
            let end = ends[index].as_bytes();
            let last = (end[end.len() - 1] & 31) as usize;
            pairs[last] |= 1 << (end[end.len() - 2] & 31);
            places[last] |= 1 << index;
            index += 1;
        }
        Self {
            ends,
            pairs,
            places,
        }
    }

    /// Whether the name ends with one of them.
    #[inline]
    pub(super) fn has(&self, name: &[u8]) -> bool {
        let [.., one, two] = *name else {
            return false;
        };
        let last = usize::from(two & 31);
        self.pairs[last] & (1 << (one & 31)) != 0 && self.has_of(self.places[last], name)
    }

    fn has_of(&self, mut places: u32, name: &[u8]) -> bool {
        while places != 0 {
            let end = self.ends[places.trailing_zeros() as usize].as_bytes();
            let start = name.len().checked_sub(end.len());
            if start.is_some_and(|start| is_same_word(&name[start..], end)) {
                return true;
            }
            places &= places - 1;
        }
        false
    }
}
