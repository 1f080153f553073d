//! Which key names announce a secret.
//!
//! A key is read from its end: `aws_secret_access_key`, `accessToken` and `DB-PASSWORD` are
//! sensitive because of their last words, `token_type` and `password_min_length` are not.

use super::words;

/// How much proof a key needs from its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    /// Any value is a secret.
    Strong,
    /// Only a value that looks random: the word has harmless meanings too.
    Weak,
    /// `code`, `key`: a secret as a parameter of a query string, else only if it looks random.
    Query,
    /// The value is a scheme and credentials.
    Authorization,
    /// The value is a list of cookies.
    Cookie,
    /// `IDENTIFIED BY 'x'`.
    Identified,
}

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
        let (mut previous, mut next_starts) = (0, true);
        for (index, &byte) in key.iter().enumerate().skip(key.len().saturating_sub(64)) {
            if byte.is_ascii_alphanumeric() {
                let next_is_lower = key.get(index + 1).is_some_and(u8::is_ascii_lowercase);
                let hump = byte.is_ascii_uppercase()
                    && (previous_is_lower(previous) || (previous != 0 && next_is_lower));
                let from_digit = previous.is_ascii_digit() && !byte.is_ascii_digit();
                let to_digit = byte.is_ascii_digit() && previous.is_ascii_alphabetic();
                if next_starts || hump || from_digit || to_digit {
                    name.starts |= 1 << name.len;
                }
                name.letters[name.len] = byte.to_ascii_lowercase();
                name.len += 1;
                next_starts = false;
            } else {
                next_starts = true;
            }
            previous = byte;
        }
        name
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.letters[..self.len]
    }

    fn begins_word(&self, index: usize) -> bool {
        self.starts & (1 << index.min(63)) != 0
    }

    /// The last word, where it begins.
    pub(super) fn last_word(&self) -> (usize, &[u8]) {
        let start = (0..self.len)
            .rev()
            .find(|&index| self.begins_word(index))
            .unwrap_or(0);
        (start, &self.letters[start..self.len])
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

    fn drop_last_word(&mut self) {
        self.len = self.last_word().0;
    }

    /// `CheckDidNotPass`, `FunctionPass`: to pass a test, or a pass over something.
    fn is_verb(&self) -> bool {
        let (start, last) = self.last_word();
        let head = Self {
            len: start,
            ..*self
        };
        last == b"pass" && is_in(head.last_word().1, words::BEFORE_PASS)
    }

    /// `existingSecret`, `imagePullSecret`: the name of one.
    fn is_named(&self) -> bool {
        let (start, last) = self.last_word();
        let head = Self {
            len: start,
            ..*self
        };
        last == b"secret" && matches!(head.last_word().1, b"existing" | b"pull")
            // The hash of a key that everybody may know.
            || self.as_bytes().ends_with(b"publickeytoken")
    }

    fn suffix(&self) -> Option<(usize, Class)> {
        let last = self.as_bytes().last()?.checked_sub(b'a')?;
        let places = BY_LAST_LETTER.get(usize::from(last))?.iter();
        let places = places.take_while(|place| **place != NONE);
        if is_in(self.last_word().1, words::NO_PASSWORDS) || self.is_verb() || self.is_named() {
            return None;
        }
        places
            .into_iter()
            .find_map(|&place| {
                let (suffix, whole, class) = words::SUFFIXES[place];
                let start = self.len.checked_sub(suffix.len())?;
                (self.as_bytes().ends_with(suffix.as_bytes())
                    && (!whole || self.begins_word(start)))
                .then_some((start, class))
            })
            .or_else(|| self.joined_key())
    }

    /// `presharedkey`, `signingkey`: two words in one.
    fn joined_key(&self) -> Option<(usize, Class)> {
        let (start, last) = self.last_word();
        let kind = last.strip_suffix(b"key").filter(|kind| kind.len() >= 5)?;
        let is_kind = |known: &&str| known.len() >= 5 && kind.ends_with(known.as_bytes());
        words::KEY_KINDS
            .iter()
            .any(is_kind)
            .then_some((start, Class::Strong))
    }

    /// `key` and `code` depend on the word before them.
    fn key_or_code(&mut self, start: usize) -> Option<Class> {
        let is_key = &self.as_bytes()[start..] == b"key";
        self.len = start;
        let (_, kind) = self.last_word();
        match (kind, is_key) {
            (b"", _) => Some(Class::Query),
            (_, true) if is_in(kind, words::KEY_KINDS) => Some(Class::Strong),
            (_, true) if is_in(kind, words::HARMLESS_KEYS) => None,
            (_, true)
            | (
                b"auth" | b"authorization" | b"access" | b"backup" | b"recovery" | b"time"
                | b"verification",
                false,
            ) => Some(Class::Weak),
            _ => None,
        }
    }
}

const NONE: usize = usize::MAX;

/// The places of the names that end with each letter: few end as most words do.
const BY_LAST_LETTER: [[usize; 16]; 26] = {
    let mut table = [[NONE; 16]; 26];
    let mut filled = [0; 26];
    let mut place = 0;
    while place < words::SUFFIXES.len() {
        let suffix = words::SUFFIXES[place].0.as_bytes();
        let letter = (suffix[suffix.len() - 1] - b'a') as usize;
        table[letter][filled[letter]] = place;
        filled[letter] += 1;
        place += 1;
    }
    table
};

fn previous_is_lower(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit()
}

fn is_in(word: &[u8], list: &[&str]) -> bool {
    list.iter().any(|known| known.as_bytes() == word)
}

/// What a value of this key would be, `None` for a key without meaning to us.
pub(super) fn classify(key: &[u8]) -> Option<Class> {
    let mut name = Name::new(key);
    let mut class_if_named = None;
    while name.len > 0 {
        if let Some((start, class)) = name.suffix() {
            let class = if class == Class::Query {
                name.key_or_code(start)?
            } else {
                class
            };
            return Some(class_if_named.unwrap_or(class));
        }
        let (_, last) = name.last_word();
        if is_in(last, words::DESCRIPTORS) {
            return None;
        }
        // `token_github`: an unknown word behind the name asks the value for proof.
        if !is_in(last, words::QUALIFIERS) && !last.iter().all(u8::is_ascii_digit) {
            class_if_named = Some(Class::Weak);
        }
        name.drop_last_word();
    }
    None
}

/// Whether a value of this key tells how to log in somewhere.
pub(super) fn is_address(key: &[u8]) -> bool {
    let name = Name::new(key);
    words::ADDRESSES.iter().any(|address| {
        let start = name.len.checked_sub(address.len());
        name.as_bytes().ends_with(address.as_bytes())
            && start.is_some_and(|start| name.begins_word(start))
    })
}

/// Whether the word alone, in a sentence, is a name for a secret: `token abc`, `password abc`.
pub(super) fn is_noun(word: &[u8]) -> bool {
    [
        "password",
        "passwd",
        "passphrase",
        "passcode",
        "secret",
        "token",
        "key",
        "credential",
    ]
    .iter()
    .any(|noun| word.eq_ignore_ascii_case(noun.as_bytes()))
}
