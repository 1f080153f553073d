//! Which key names announce a secret.
//!
//! A key is read from its end: `aws_secret_access_key`, `accessToken` and `DB-PASSWORD` are
//! sensitive because of their last words, `token_type` and `password_min_length` are not.

use super::name::Name;
use super::shape::is_word_like;
use super::text::ends_with_word;
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

impl Name {
    /// `CheckDidNotPass`, `FunctionPass`: to pass a test, or a pass over something. `existingSecret`,
    /// `imagePullSecret`: the name of one.
    fn is_no_secret(&self) -> bool {
        let (start, last) = self.last_word();
        let before = || self.last_word_before(start).1;
        match last {
            // A flag.
            _ if self.as_bytes().ends_with(b"allownopassword") => true,
            b"pass" => words::BEFORE_PASS.has(before()),
            b"secret" => matches!(before(), b"existing" | b"pull"),
            // The hash of a key that everybody may know.
            _ if self.as_bytes().ends_with(b"publickeytoken") => true,
            _ => words::NO_PASSWORDS.has(last),
        }
    }

    fn suffix(&self) -> Option<(usize, Class)> {
        let mut suffixes = suffixes(self.as_bytes());
        let found = suffixes.find_map(|(suffix, whole, class)| {
            let start = self.as_bytes().len().checked_sub(suffix.len())?;
            (self.as_bytes().ends_with(suffix.as_bytes()) && (!whole || self.begins_word(start)))
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
        self.truncate(start);
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

/// The places of the suffixes by the last five bits of their last letter but one, and of their last letter.
const BY_LAST_LETTER: [[u128; 32]; 2] = {
    let mut table = [[0; 32]; 2];
    let mut place = 0;
    while place < words::SUFFIXES.len() {
        let suffix = words::SUFFIXES[place].0.as_bytes();
        let mut letter = 0;
        while letter < 2 {
            let last = suffix[suffix.len() - 2 + letter] & 31;
            table[letter][last as usize] |= 1 << place;
            letter += 1;
        }
        place += 1;
    }
    table
};

/// The suffixes that may end the key: five bits of each of its last two letters are the same.
#[inline]
fn suffixes(key: &[u8]) -> impl Iterator<Item = (&'static str, bool, Class)> {
    let ending_with = |letters: &[u128; 32], letter: u8| letters[usize::from(letter & 31)];
    let mut places = match *key {
        [.., one, two] => {
            ending_with(&BY_LAST_LETTER[0], one) & ending_with(&BY_LAST_LETTER[1], two)
        }
        _ => 0,
    };
    std::iter::from_fn(move || {
        let suffix = words::SUFFIXES.get(places.trailing_zeros() as usize)?;
        places &= places - 1;
        Some(*suffix)
    })
}

/// What a value of this key would be, `None` for a key without meaning to us.
pub(super) fn classify(key: &[u8]) -> Option<Class> {
    if is_word_like(key) && key.len() <= 64 {
        class_of_word(key)
    } else {
        class_of_words(key)
    }
}

/// [`classify`] of a key that is one word, as most are.
fn class_of_word(key: &[u8]) -> Option<Class> {
    let ends = |end: &str| ends_with_word(key, end.as_bytes());
    let found = suffixes(key)
        .find(|(suffix, whole, _)| ends(suffix) && (!whole || suffix.len() == key.len()));
    match found {
        // Two words in one.
        None if ends("key") => class_of_words(key),
        Some((_, _, class)) => {
            let is_other = words::NO_PASSWORDS.has(key) || ends("publickeytoken");
            (!is_other).then_some(class)
        }
        None => None,
    }
}

fn class_of_words(key: &[u8]) -> Option<Class> {
    // What follows names an account of Azure's storage.
    let is_account = key.starts_with(b"fs.azure.account.key.")
        || key.starts_with(b"fs.azure.sas.") && !key.starts_with(b"fs.azure.sas.token.");
    if is_account {
        return Some(Class::Strong);
    }
    // The option takes nothing.
    let is_denied = key.starts_with(b"--no-") || key.starts_with(b"--without-");
    if is_denied && key.split(|byte| *byte == b'-').nth(4).is_none() {
        return None;
    }
    let mut name = Name::new(key);
    let mut class_if_named = None;
    while !name.as_bytes().is_empty() {
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
        let (start, _) = name.last_word();
        name.truncate(start);
    }
    None
}

/// Whether a value of this key tells how to log in somewhere.
pub(super) fn is_address(key: &[u8]) -> bool {
    let name = Name::new(key);
    words::ADDRESSES.iter().any(|address| {
        let start = name.as_bytes().len().checked_sub(address.len());
        name.as_bytes().ends_with(address.as_bytes())
            && start.is_some_and(|start| name.begins_word(start))
    })
}

/// Whether the word alone, in a sentence, is a name for a secret: `token abc`, `password abc`.
pub(super) fn is_noun(word: &[u8]) -> bool {
    words::SECRETS.has(word)
}
