//! Which key names announce a secret.
//!
//! A key is read from its end: `aws_secret_access_key`, `accessToken` and `DB-PASSWORD` are
//! sensitive because of their last words, `token_type` and `password_min_length` are not.

use super::letter::{KINDS, Kind};
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

    fn begins_word(&self, index: usize) -> bool {
        self.starts & (1 << index.min(63)) != 0
    }

    /// The last word, where it begins.
    pub(super) fn last_word(&self) -> (usize, &[u8]) {
        self.last_word_before(self.len)
    }

    /// The last word of what stands before `end`, where it begins.
    fn last_word_before(&self, end: usize) -> (usize, &[u8]) {
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

    fn drop_last_word(&mut self) {
        self.len = self.last_word().0;
    }

    /// `CheckDidNotPass`, `FunctionPass`: to pass a test, or a pass over something. `existingSecret`,
    /// `imagePullSecret`: the name of one.
    fn is_no_secret(&self) -> bool {
        let (start, last) = self.last_word();
        let before = || self.last_word_before(start).1;
        match last {
            b"pass" => words::BEFORE_PASS.has(before()),
            b"secret" => matches!(before(), b"existing" | b"pull"),
            // The hash of a key that everybody may know.
            _ if self.as_bytes().ends_with(b"publickeytoken") => true,
            _ => words::NO_PASSWORDS.has(last),
        }
    }

    fn suffix(&self) -> Option<(usize, Class)> {
        let last = self.as_bytes().last()?.checked_sub(b'a')?;
        let places = BY_LAST_LETTER.get(usize::from(last))?.iter();
        let mut places = places.take_while(|place| **place != NONE);
        let found = places.find_map(|&place| {
            let (suffix, whole, class) = words::SUFFIXES[place];
            let start = self.len.checked_sub(suffix.len())?;
            let is_first = self.letters[start] == suffix.as_bytes()[0];
            (is_first
                && self.as_bytes().ends_with(suffix.as_bytes())
                && (!whole || self.begins_word(start)))
            .then_some((start, class))
        });
        found
            .or_else(|| self.joined_key())
            .filter(|_| !self.is_no_secret())
    }

    /// `presharedkey`, `signingkey`: two words in one.
    fn joined_key(&self) -> Option<(usize, Class)> {
        let (start, last) = self.last_word();
        let kind = last.strip_suffix(b"key").filter(|kind| kind.len() >= 5)?;
        let is_kind = |known: &str| known.len() >= 5 && kind.ends_with(known.as_bytes());
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
            (_, true) if words::KEY_KINDS.has(kind) => Some(Class::Strong),
            (_, true) if words::HARMLESS_KEYS.has(kind) => None,
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

/// What a value of this key would be, `None` for a key without meaning to us.
pub(super) fn classify(key: &[u8]) -> Option<Class> {
    // The option takes nothing.
    let is_denied = key.starts_with(b"--no-") || key.starts_with(b"--without-");
    if is_denied && key.split(|byte| *byte == b'-').nth(4).is_none() {
        return None;
    }
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
        if words::DESCRIPTORS.has(last) {
            return None;
        }
        // `token_github`: an unknown word behind the name asks the value for proof.
        if !words::QUALIFIERS.has(last) && !last.iter().all(u8::is_ascii_digit) {
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
    words::SECRETS.has(word)
}
