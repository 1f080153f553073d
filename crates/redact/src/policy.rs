//! The configuration of a redactor.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use crate::anchors::Anchors;
use crate::key::{self, CONFIGURED, Meaning, Name};

/// The amount of data that is redacted. The default is [`CredentialsAndPii`](Self::CredentialsAndPii).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Level {
    /// Credentials only.
    Credentials,
    /// Credentials, and personal data with a form that can be checked: e-mail addresses, payment cards,
    /// bank accounts, telephone numbers, US social security numbers.
    #[default]
    CredentialsAndPii,
    /// Like `CredentialsAndPii`, and everything else that is not known to be harmless: words, identifiers and paths of
    /// words, numbers of up to seven digits, times, versions, addresses and known codes stay. It is meant for texts of errors.
    Strict,
}

/// A configured pattern, which returns its first match in the text at or after a byte.
pub(crate) type Pattern = dyn Fn(&str, usize) -> Option<Range<usize>> + Send + Sync;

#[derive(Clone, Default)]
pub(crate) struct Policy {
    pub(crate) level: Level,
    /// Configured names. A key that ends with one of them announces a secret.
    keys: Vec<Name>,
    /// Complete keys that announce no secret.
    allowed: Vec<Name>,
    pub(crate) patterns: Vec<Arc<Pattern>>,
    /// The built-in anchors and those of the configured keys; `None` without configured keys.
    anchors: Option<Arc<Anchors>>,
    pub(crate) max_chars: Option<usize>,
}

impl Policy {
    pub(crate) fn add_key(&mut self, key: &str) {
        let anchors = self.anchors.get_or_insert_with(|| Arc::new(Anchors::shared().clone()));
        Arc::make_mut(anchors).add_key(spaced(key).as_bytes());
        self.keys.push(Name::new(key.as_bytes()));
    }

    pub(crate) fn allow_key(&mut self, key: &str) {
        let name = Name::new(key.as_bytes());
        if !name.as_bytes().is_empty() {
            self.allowed.push(name);
        }
    }

    #[inline]
    pub(crate) fn anchors(&self) -> &Anchors {
        match &self.anchors {
            Some(anchors) => anchors,
            None => Anchors::shared(),
        }
    }

    pub(crate) fn has_personal_data(&self) -> bool {
        self.level != Level::Credentials
    }

    pub(crate) fn is_strict(&self) -> bool {
        self.level == Level::Strict
    }

    /// Whether this is the name of an allowed key.
    pub(crate) fn allows(&self, key: &[u8]) -> bool {
        let name = Name::new(key);
        self.allowed.iter().any(|known| known.as_bytes() == name.as_bytes())
    }

    /// Returns the meaning of a key; `None` if the key is not the name of a secret.
    pub(crate) fn meaning(&self, key: &[u8]) -> Option<Meaning> {
        if !(self.allowed.is_empty() && self.keys.is_empty()) {
            let name = Name::new(key);
            if self.allows(key) {
                return None;
            }
            if self.keys.iter().any(|known| name.ends_with(known)) {
                return Some(CONFIGURED);
            }
        }
        key::meaning(key)
    }
}

/// Returns the words of a key with spaces between them.
fn spaced(key: &str) -> String {
    let name = Name::new(key.as_bytes());
    let mut words = String::new();
    for (index, letter) in name.as_bytes().iter().enumerate() {
        if index > 0 && name.begins_word(index) {
            words.push(' ');
        }
        words.push(char::from(*letter));
    }
    words
}

/// Whether a key can be found in a text: it is ASCII of at most 64 bytes, and its last word has two or more characters.
pub(crate) fn is_usable_key(key: &str) -> bool {
    let last_len = spaced(key).rsplit(' ').next().map_or(0, str::len);
    key.is_ascii() && key.len() <= 64 && last_len >= 2
}

impl fmt::Debug for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Policy").field("level", &self.level).finish_non_exhaustive()
    }
}
