//! Finds the meaning of a key in the table of names.
//!
//! A key is read from its end: `aws_secret_access_key`, `accessToken` and `DB-PASSWORD` announce a secret because of
//! their last words, `token_type` and `password_min_length` do not.

use std::sync::LazyLock;

use crate::rules::commands::ASKING_VERBS;
use crate::rules::keys::{
    DESCRIPTORS, Flag, HARMLESS_KEYS, HARMLESS_SECRETS, HARMLESS_TOKENS, KEYS, KeyKind, QUALIFIERS,
};
use crate::rules::list::{WordList, words};
use crate::rules::structures;
use crate::text::{Words, count_steps};

/// The maximum number of bytes of a key that are read, at its end.
const LONGEST: usize = 64;

/// The kind of value that a key announces, and the rule for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Meaning {
    pub(crate) rule: &'static str,
    pub(crate) kind: KeyKind,
    pub(crate) flags: &'static [Flag],
    /// Whether the key has more than the name, or the name has several words, so that it is no word of a sentence.
    pub(crate) is_compound: bool,
}

impl Meaning {
    pub(crate) fn has(&self, flag: Flag) -> bool {
        self.flags.contains(&flag)
    }

    /// Whether the name has a flag and is the whole key, a single word of letters.
    pub(crate) fn is_only(&self, flag: Flag, name: &[u8]) -> bool {
        self.has(flag) && !self.is_compound && name.iter().all(u8::is_ascii_alphabetic)
    }
}

/// A key in lower case and without separators, with one bit for each position at which a word begins.
#[derive(Clone, Debug)]
pub(crate) struct Name {
    letters: [u8; LONGEST],
    len: usize,
    starts: u64,
}

impl Name {
    pub(crate) fn new(key: &[u8]) -> Self {
        count_steps(16 + key.len().min(LONGEST));
        let mut name = Self { letters: [0; LONGEST], len: 0, starts: 0 };
        let mut previous = 0_u8;
        let mut next_starts = true;
        for (index, &byte) in key.iter().enumerate().skip(key.len().saturating_sub(LONGEST)) {
            if byte.is_ascii_alphanumeric() || byte >= 0x80 {
                let begins = match (previous, byte) {
                    _ if next_starts => true,
                    (b'0'..=b'9', b'0'..=b'9') => false,
                    (b'0'..=b'9', _) | (b'a'..=b'z', b'A'..=b'Z') => true,
                    (_, b'0'..=b'9') => previous.is_ascii_alphabetic(),
                    (_, b'A'..=b'Z') => key.get(index + 1).is_some_and(u8::is_ascii_lowercase),
                    _ => false,
                };
                if begins {
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

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.letters[..self.len]
    }

    pub(crate) fn begins_word(&self, index: usize) -> bool {
        self.starts & (1 << index.min(LONGEST - 1)) != 0
    }

    /// Removes the last word. Returns whether the word is unknown, as in `token_github`: then a value is a secret only
    /// if it looks like one. Returns `None` if the word shows that the value is no secret, as in `token_type`.
    fn drop_qualifier(&mut self) -> Option<bool> {
        let start = self.last_word();
        let last = &self.as_bytes()[start..];
        if DESCRIPTOR_WORDS.contains(last) {
            return None;
        }
        let is_unknown = !QUALIFIER_WORDS.contains(last) && !last.iter().all(u8::is_ascii_digit);
        self.len = start;
        Some(is_unknown)
    }

    fn last_word(&self) -> usize {
        let starts = match self.len {
            LONGEST => self.starts,
            len => self.starts & ((1 << len) - 1),
        };
        starts.checked_ilog2().unwrap_or(0) as usize
    }

    /// Returns the words in lower case.
    pub(crate) fn words(&self) -> impl Iterator<Item = &[u8]> {
        let starts = (0..self.len).filter(|&index| self.begins_word(index));
        starts.map(|start| {
            let next = (start + 1..self.len).find(|&index| self.begins_word(index));
            &self.letters[start..next.unwrap_or(self.len)]
        })
    }

    pub(crate) fn ends_with(&self, other: &Self) -> bool {
        self.as_bytes().ends_with(other.as_bytes()) && self.begins_word(self.len - other.len)
    }
}

/// One spelling of a name, and the index of its row.
struct Suffix {
    letters: Vec<u8>,
    is_glued: bool,
    row: usize,
}

/// Returns the hash of a name's last four letters. Three letters are too few, because many names end with `key`.
fn bucket(letters: &[u8]) -> usize {
    let hash = |hash, letter: &u8| hash * 31 + usize::from(*letter);
    letters.iter().rev().take(4).fold(0, hash) & (BUCKETS - 1)
}

const BUCKETS: usize = 1 << 10;

/// The spellings of names, by the hash of their last letters.
static SUFFIXES: LazyLock<Vec<Vec<Suffix>>> = LazyLock::new(|| {
    let mut by_end: Vec<Vec<Suffix>> = Vec::new();
    by_end.resize_with(BUCKETS, Vec::new);
    for (row, key) in KEYS.iter().enumerate() {
        for (name, is_glued) in key.names() {
            let letters: Vec<u8> = name.bytes().filter(|byte| *byte != b' ').collect();
            let suffixes = &mut by_end[bucket(&letters)];
            // The longest names come first, because the longest suffix wins.
            let at = suffixes.partition_point(|suffix| suffix.letters.len() >= letters.len());
            suffixes.insert(at, Suffix { letters, is_glued, row });
        }
    }
    by_end
});

static DESCRIPTOR_WORDS: LazyLock<Words<()>> = LazyLock::new(|| Words::list(DESCRIPTORS));
static QUALIFIER_WORDS: LazyLock<Words<()>> = LazyLock::new(|| Words::list(QUALIFIERS));

/// Returns the start of the longest known suffix, and the index of its row.
fn suffix(name: &Name) -> Option<(usize, usize)> {
    // `api_keys` and `recovery_codes` are plurals of known names.
    if name.as_bytes().ends_with(b"keys") || name.as_bytes().ends_with(b"codes") {
        let mut one = name.clone();
        one.len -= 1;
        let found = suffix(&one);
        if found.is_some_and(|(start, _)| start + b"codes".len() < one.len) {
            return found;
        }
    }
    let ends_with = |suffix: &Suffix| {
        let start = name.len.checked_sub(suffix.letters.len())?;
        ((suffix.is_glued || name.begins_word(start)) && name.as_bytes().ends_with(&suffix.letters))
            .then_some((start, suffix.row))
    };
    // Names of three and two letters have hashes of their own.
    [4, 3, 2].into_iter().find_map(|len| {
        let end = &name.as_bytes()[name.len.saturating_sub(len)..];
        let suffixes = &SUFFIXES[bucket(end)];
        count_steps(suffixes.len());
        suffixes.iter().find_map(ends_with)
    })
}

/// Returns the id of the row of the last name in a key, regardless of the words after it.
pub(crate) fn row_of(key: &[u8]) -> Option<&'static str> {
    let mut name = Name::new(key);
    while name.len > 0 {
        if let Some((_, row)) = suffix(&name) {
            return Some(KEYS[row].id);
        }
        name.len = name.last_word();
    }
    None
}

/// Returns the meaning of a key; `None` if the key is not the name of a secret.
pub(crate) fn meaning(key: &[u8]) -> Option<Meaning> {
    let mut name = Name::new(key);
    let mut is_qualified = false;
    while name.len > 0 {
        if let Some((start, row)) = suffix(&name) {
            let row = &KEYS[row];
            let harmless = match row.kind {
                KeyKind::Context => HARMLESS_KEYS,
                KeyKind::Secret => HARMLESS_TOKENS,
                KeyKind::Named => HARMLESS_SECRETS,
                _ => words!(""),
            };
            if is_harmless(&name, start, harmless) {
                return None;
            }
            return Some(Meaning {
                rule: row.id,
                flags: row.flags,
                kind: if is_qualified { KeyKind::Weak } else { row.kind },
                is_compound: start > 0 || name.starts.count_ones() > 1,
            });
        }
        is_qualified |= name.drop_qualifier()?;
    }
    None
}

/// Returns the meaning of a field in a group with the name of a secret; `None` if the field's name shows that its value
/// is no secret. With an unknown name, a value is a secret only if it looks like one, or if the group has passwords.
pub(crate) fn of_field(group: Meaning, field: &[u8]) -> Option<Meaning> {
    let mut name = Name::new(field);
    let mut is_qualified = false;
    while name.len > 0 {
        is_qualified |= name.drop_qualifier()?;
    }
    let is_weak = is_qualified && group.kind != KeyKind::Password;
    Some(if is_weak { Meaning { kind: KeyKind::Weak, ..group } } else { group })
}

/// Whether the last word before the suffix is one of these, as in `next_token` and `existingSecret`.
fn is_harmless(name: &Name, start: usize, words: WordList) -> bool {
    let mut head = name.clone();
    head.len = start;
    words.has(&head.as_bytes()[head.last_word()..])
}

/// Whether a function with this name returns the secret that its argument names: `get_token`.
pub(crate) fn asks(name: &[u8]) -> bool {
    Name::new(name).words().any(|word| ASKING_VERBS.has(word))
}

pub(crate) const CONFIGURED: Meaning = Meaning {
    rule: structures::CONFIGURED_KEY,
    kind: KeyKind::Password,
    flags: &[Flag::Always],
    is_compound: true,
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_from_its_end() {
        for (key, wanted) in [
            ("aws_secret_access_key", Some(("access-key", KeyKind::Secret))),
            ("accessToken", Some(("token", KeyKind::Secret))),
            ("DB-PASSWORD", Some(("password", KeyKind::Password))),
            ("spring.datasource.password", Some(("password", KeyKind::Password))),
            ("X-Api-Key", Some(("api-key", KeyKind::Secret))),
            ("password2", Some(("password", KeyKind::Password))),
            ("token_github", Some(("token", KeyKind::Weak))),
            ("key", Some(("key", KeyKind::Context))),
            ("artifact_key", Some(("key", KeyKind::Context))),
            ("primary_key", None),
            ("token_type", None),
            ("password_min_length", None),
            ("compass", None),
            ("error_code", None),
        ] {
            let found = meaning(key.as_bytes()).map(|meaning| (meaning.rule, meaning.kind));
            assert_eq!(found, wanted, "{key}");
        }
    }
}
