//! Lists of keys that are built at compile time.
//!
//! Generic code cannot use the number of a nested type's keys as an array length, so a list with nested types has a
//! fixed capacity: the default maximum number of attributes of a span. Exceeding it panics in a constant, which is a
//! compile error.

mod text;

use self::text::{Text, same};
use super::list::MAX_ATTRIBUTES;

/// A list of unique keys.
#[derive(Debug)]
pub struct KeyList<const N: usize> {
    keys: [&'static str; N],
    len: usize,
}

impl KeyList<MAX_ATTRIBUTES> {
    /// Creates an empty list with room for the keys of nested types.
    pub const fn nesting() -> Self {
        Self::new()
    }
}

impl<const N: usize> KeyList<N> {
    /// Creates an empty list.
    pub const fn new() -> Self {
        Self { keys: [""; N], len: 0 }
    }

    /// Adds one key.
    ///
    /// # Panics
    ///
    /// Panics if the list already has the key, or is full.
    #[must_use]
    #[track_caller]
    pub const fn key(mut self, key: &'static str) -> Self {
        let mut index = 0;
        while index < self.len {
            if same(self.keys[index], key) {
                duplicate_key(key);
            }

            index += 1;
        }

        assert!(self.len < N, "a type with flattened fields has at most 128 keys");
        self.keys[self.len] = key;
        self.len += 1;
        self
    }

    /// Adds the keys of a nested type.
    ///
    /// # Panics
    ///
    /// Panics like [`key`](Self::key).
    #[must_use]
    #[track_caller]
    pub const fn nested(mut self, keys: &[&'static str]) -> Self {
        let mut index = 0;
        while index < keys.len() {
            self = self.key(keys[index]);
            index += 1;
        }
        self
    }

    /// Returns the keys.
    pub const fn as_slice(&self) -> &[&'static str] {
        self.keys.split_at(self.len).0
    }
}

impl<const N: usize> Default for KeyList<N> {
    fn default() -> Self {
        Self::new()
    }
}

#[track_caller]
#[expect(clippy::panic, reason = "the panic is the compiler's error message")]
const fn duplicate_key(key: &str) -> ! {
    let message = Text::<256>::new().push("key `").push(key).push("` is given twice");
    panic!("{}", message.as_str())
}
