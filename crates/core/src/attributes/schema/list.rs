//! Lists of attributes that are built at compile time.
//!
//! The number of a nested type's attributes cannot be used as an array length in generic code, so a
//! list with nested types has the capacity of a span. Exceeding it panics in a constant, which is a compile error.

use super::text::{Text, same};
use super::{AttributeSchema, AttributeType, Prefixed, Requirement};
use crate::attributes::list::MAX_ATTRIBUTES;

/// A list of attributes with unique keys. Variants of an enum may share keys.
#[derive(Debug)]
pub struct SchemaList<const N: usize> {
    items: [AttributeSchema; N],
    /// For each item, the number of variants that have it and the last of these variants.
    shared: [(usize, usize); N],
    len: usize,
    /// The number of variants so far; 0 for a struct.
    variants: usize,
}

impl SchemaList<MAX_ATTRIBUTES> {
    /// Creates an empty list with the capacity for nested types.
    #[must_use]
    pub const fn nesting() -> Self {
        Self::new()
    }
}

impl<const N: usize> SchemaList<N> {
    /// Creates an empty list.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            items: [AttributeSchema::new("", AttributeType::Anything); N],
            shared: [(0, 0); N],
            len: 0,
            variants: 0,
        }
    }

    /// Begins the next variant of an enum. The following attributes belong to this variant.
    #[must_use]
    pub const fn variant(mut self) -> Self {
        self.variants += 1;
        self
    }

    /// Adds one attribute.
    ///
    /// # Panics
    ///
    /// Panics if the list already contains the key or is full.
    #[must_use]
    #[track_caller]
    pub const fn attribute(mut self, new: AttributeSchema) -> Self {
        let mut index = 0;
        while index < self.len {
            if same(self.items[index].key, new.key) {
                return self.share(index, new);
            }
            index += 1;
        }
        assert!(self.len < N, "a span has at most 128 attributes");
        self.items[self.len] = new;
        self.shared[self.len] = (1, self.variants);
        self.len += 1;
        self
    }

    /// Adds the attributes of a nested type.
    ///
    /// # Panics
    ///
    /// Panics like [`attribute`](Self::attribute).
    #[must_use]
    #[track_caller]
    pub const fn nested(mut self, schema: &[AttributeSchema]) -> Self {
        let mut index = 0;
        while index < schema.len() {
            self = self.attribute(schema[index]);
            index += 1;
        }
        self
    }

    /// Adds the attributes of a nested type under prefixed keys.
    ///
    /// # Panics
    ///
    /// Panics like [`attribute`](Self::attribute).
    #[must_use]
    #[track_caller]
    pub const fn prefixed(mut self, keys: &'static Prefixed, schema: &[AttributeSchema]) -> Self {
        let mut index = 0;
        while index < schema.len() {
            self = self.attribute(schema[index].under(keys.key(index)));
            index += 1;
        }
        self
    }

    /// Makes all attributes optional.
    #[must_use]
    pub const fn all_optional(mut self) -> Self {
        self.variants = usize::MAX;
        self.end_of_variants()
    }

    /// Ends an enum: attributes that some variants lack become optional.
    #[must_use]
    pub const fn end_of_variants(mut self) -> Self {
        let mut index = 0;
        while index < self.len {
            if self.shared[index].0 < self.variants {
                self.items[index].requirement = Requirement::Optional;
            }
            index += 1;
        }
        self
    }

    /// Returns the attributes.
    #[must_use]
    pub const fn as_slice(&self) -> &[AttributeSchema] {
        self.items.split_at(self.len).0
    }

    /// Merges an attribute into the one that another variant has under the same key.
    #[track_caller]
    const fn share(mut self, index: usize, new: AttributeSchema) -> Self {
        let (variants, last) = self.shared[index];
        if last == self.variants {
            duplicate_key(new.key);
        }
        self.shared[index] = (variants + 1, self.variants);
        let item = &mut self.items[index];
        item.value_type = item.value_type.or(new.value_type);
        item.redacted = item.redacted && new.redacted;
        if matches!(new.requirement, Requirement::Optional) {
            item.requirement = Requirement::Optional;
        }
        self
    }
}

impl<const N: usize> Default for SchemaList<N> {
    fn default() -> Self {
        Self::new()
    }
}

/// The keys of a schema.
pub(crate) struct KeyList {
    items: [&'static str; MAX_ATTRIBUTES],
    len: usize,
}

impl KeyList {
    /// Returns the keys of `schema`.
    ///
    /// # Panics
    ///
    /// Panics if `schema` has more attributes than a span may have.
    pub(crate) const fn new(schema: &[AttributeSchema]) -> Self {
        assert!(schema.len() <= MAX_ATTRIBUTES, "a span has at most 128 attributes");
        let mut items = [""; MAX_ATTRIBUTES];
        let mut len = 0;
        while len < schema.len() {
            items[len] = schema[len].key;
            len += 1;
        }
        Self { items, len }
    }

    /// The keys.
    pub(crate) const fn as_slice(&self) -> &[&'static str] {
        self.items.split_at(self.len).0
    }
}

#[track_caller]
#[expect(clippy::panic, reason = "the panic is the compiler's error message")]
const fn duplicate_key(key: &str) -> ! {
    let message = Text::<256>::new().push("key `").push(key).push("` is given twice");
    panic!("{}", message.as_str())
}
