//! Prefixed keys, built at compile time.

use super::text::Text;
use crate::attributes::list::MAX_ATTRIBUTES;

/// The maximum size of all keys with one prefix, in bytes.
const TEXT: usize = 4096;

/// The keys of a nested type, each preceded by a prefix and a dot.
#[derive(Debug)]
pub struct Prefixed {
    text: Text<TEXT>,
    len: usize,
    /// The start of each key, followed by the end of the last one.
    bounds: [usize; MAX_ATTRIBUTES + 1],
}

impl Prefixed {
    /// Prefixes each of `keys`.
    ///
    /// # Panics
    ///
    /// Panics if there are more than 128 keys, or if the prefixed keys have 4096 bytes or more
    /// together.
    #[must_use]
    #[track_caller]
    pub const fn new(prefix: &str, keys: &[&str]) -> Self {
        assert!(keys.len() <= MAX_ATTRIBUTES, "a span has at most 128 attributes");
        let mut text = Text::<TEXT>::new();
        let mut bounds = [0; MAX_ATTRIBUTES + 1];
        let mut index = 0;
        while index < keys.len() {
            text = text.push(prefix).push(".").push(keys[index]);
            index += 1;
            bounds[index] = text.len();
        }
        assert!(text.len() < TEXT, "the keys with this prefix are longer than 4096 bytes together");
        Self { text, len: keys.len(), bounds }
    }

    pub(super) const fn len(&self) -> usize {
        self.len
    }

    pub(super) const fn key(&self, index: usize) -> &str {
        self.text.between(self.bounds[index], self.bounds[index + 1])
    }
}
