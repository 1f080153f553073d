//! The name of a key, word by word.

/// A key without case and separators, with a mark where its words begin.
#[derive(Clone, Debug)]
pub(super) struct Name {
    letters: [u8; 64],
    len: usize,
    starts: u64,
}

impl Name {
    /// The last 64 letters and digits of the key.
    #[inline]
    pub(super) fn new(key: &[u8]) -> Self {
        let mut name = Self {
            letters: [0; 64],
            len: 0,
            starts: 0,
        };
        let key = &key[key.len().saturating_sub(64)..];
        if key.iter().all(u8::is_ascii_lowercase) {
            name.letters[..key.len()].copy_from_slice(key);
            (name.len, name.starts) = (key.len(), 1);
            return name;
        }
        let mut previous = Kind::Other;
        for (index, &byte) in key.iter().enumerate() {
            let kind = KINDS[usize::from(byte)];
            if kind != Kind::Other {
                let next_is_lower = || key.get(index + 1).is_some_and(u8::is_ascii_lowercase);
                let begins = match (previous, kind) {
                    (Kind::Upper, Kind::Lower) => false,
                    (Kind::Upper, Kind::Upper) => next_is_lower(),
                    _ => previous != kind,
                };
                name.starts |= u64::from(begins) << name.len;
                name.letters[name.len] = byte.to_ascii_lowercase();
                name.len += 1;
            }
            previous = kind;
        }
        name
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.letters[..self.len]
    }

    pub(super) fn begins_word(&self, index: usize) -> bool {
        self.starts & (1 << index.min(63)) != 0
    }

    /// The last word, where it begins.
    pub(super) fn last_word(&self) -> (usize, &[u8]) {
        self.last_word_before(self.len)
    }

    /// The last word of what stands before `end`, where it begins.
    pub(super) fn last_word_before(&self, end: usize) -> (usize, &[u8]) {
        let Some(last) = end.checked_sub(1) else {
            return (0, &[]);
        };
        let inside = (self.starts << (63 - last)).leading_zeros() as usize;
        let start = last.saturating_sub(inside);
        (start, &self.letters[start..end])
    }

    /// The words, in order.
    pub(super) fn words(&self) -> impl Iterator<Item = &[u8]> {
        let starts = (0..self.len).filter(|&index| self.begins_word(index));
        starts.map(|start| {
            let end = (start + 1..self.len).find(|&index| self.begins_word(index));
            &self.letters[start..end.unwrap_or(self.len)]
        })
    }

    /// Whether the key ends with these words.
    pub(super) fn ends_with_word(&self, words: &Name) -> bool {
        self.as_bytes().ends_with(words.as_bytes()) && self.begins_word(self.len - words.len)
    }

    /// Leaves out the letters from `len` on.
    pub(super) fn truncate(&mut self, len: usize) {
        self.len = self.len.min(len);
    }
}

/// A letter of either case, a digit, or what separates words.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Other,
    Lower,
    Upper,
    Digit,
}

const KINDS: [Kind; 256] = {
    let mut kinds = [Kind::Other; 256];
    let mut byte = 0;
    while byte < 128_u8 {
        kinds[byte as usize] = match byte {
            b'a'..=b'z' => Kind::Lower,
            b'A'..=b'Z' => Kind::Upper,
            b'0'..=b'9' => Kind::Digit,
            _ => Kind::Other,
        };
        byte += 1;
    }
    kinds
};
