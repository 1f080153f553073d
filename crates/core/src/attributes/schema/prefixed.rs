//! Prefixed keys, built at compile time.

use super::AttributeSchema;
use super::text::Text;
use crate::attributes::list::MAX_ATTRIBUTES;

/// All keys with one prefix together have fewer bytes.
const TEXT: usize = 4096;

/// The keys of a nested type, each preceded by a prefix and a dot.
#[derive(Debug)]
pub struct Prefixed {
    text: Text<TEXT>,
    /// The start of each key, followed by the end of the last one.
    bounds: [usize; MAX_ATTRIBUTES + 1],
}

impl Prefixed {
    /// Prefixes each key of `schema`.
    ///
    /// # Panics
    ///
    /// Panics if `schema` has more than 128 attributes, or if the prefixed keys have 4096 bytes or more
    /// together.
    #[must_use]
    #[track_caller]
    pub const fn new(prefix: &str, schema: &[AttributeSchema]) -> Self {
        assert!(schema.len() <= MAX_ATTRIBUTES, "a span has at most 128 attributes");
        let mut text = Text::<TEXT>::new();
        let mut bounds = [0; MAX_ATTRIBUTES + 1];
        let mut index = 0;
        while index < schema.len() {
            text = text.push(prefix).push(".").push(schema[index].key);
            index += 1;
            bounds[index] = text.len();
        }
        assert!(text.len() < TEXT, "the keys with this prefix are longer than 4096 bytes together");
        Self { text, bounds }
    }

    pub(super) const fn key(&self, index: usize) -> &str {
        self.text.between(self.bounds[index], self.bounds[index + 1])
    }
}
