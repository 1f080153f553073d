//! Keys with a prefix, made while compiling.

use super::AttributeSchema;
use super::text::Text;
use crate::attributes::list::MAX_ATTRIBUTES;

/// Room for the keys with one prefix.
const TEXT: usize = 4096;

/// The keys of a nested type, each with a prefix and a dot before it.
#[derive(Debug)]
pub struct Prefixed {
    text: Text<TEXT>,
    /// Where each key begins, and after the last one the end.
    bounds: [usize; MAX_ATTRIBUTES + 1],
}

impl Prefixed {
    /// Puts `prefix` before each key of `schema`.
    ///
    /// # Panics
    ///
    /// If there are more than a span may have, or they are longer than 4096 bytes together.
    #[must_use]
    #[track_caller]
    pub const fn new(prefix: &str, schema: &[AttributeSchema]) -> Self {
        assert!(
            schema.len() <= MAX_ATTRIBUTES,
            "a span has at most 128 attributes"
        );
        let mut text = Text::<TEXT>::new();
        let mut bounds = [0; MAX_ATTRIBUTES + 1];
        let mut index = 0;
        while index < schema.len() {
            text = text.push(prefix).push(".").push(schema[index].key);
            index += 1;
            bounds[index] = text.len();
        }
        assert!(
            text.len() < TEXT,
            "the keys with this prefix are longer than 4096 bytes together"
        );
        Self { text, bounds }
    }

    pub(super) const fn key(&self, index: usize) -> &str {
        self.text
            .between(self.bounds[index], self.bounds[index + 1])
    }
}
