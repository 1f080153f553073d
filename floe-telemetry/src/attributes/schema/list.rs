//! Lists of attributes that are put together while compiling.
//!
//! How many attributes a nested type has is not known where its array would need a length, so the
//! lists have room for as many as a span may have, and panic, that is fail to compile, beyond that.

use super::text::{Text, same};
use super::{AttributeSchema, AttributeType, Prefixed, Requirement};
use crate::attributes::list::MAX_ATTRIBUTES;

/// Attributes without a key twice, but the variants of an enum may share keys.
#[derive(Debug)]
pub struct SchemaList<const N: usize> {
    items: [AttributeSchema; N],
    /// How many variants have the item, and which was the last of them.
    shared: [(usize, usize); N],
    len: usize,
    /// How many variants there are so far; a struct has none.
    variants: usize,
}

impl SchemaList<MAX_ATTRIBUTES> {
    /// No attributes, and room for those of nested types.
    #[must_use]
    pub const fn nesting() -> Self {
        Self::new()
    }
}

impl<const N: usize> SchemaList<N> {
    /// No attributes.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            items: [AttributeSchema::new("", AttributeType::Anything); N],
            shared: [(0, 0); N],
            len: 0,
            variants: 0,
        }
    }

    /// Goes on with the next variant of an enum. What follows is there for this variant.
    #[must_use]
    pub const fn variant(mut self) -> Self {
        self.variants += 1;
        self
    }

    /// Adds one attribute.
    ///
    /// # Panics
    ///
    /// If its key is there already, or too many are.
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
    /// As [`attribute`](Self::attribute).
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

    /// Adds the attributes of a nested type under their keys with the prefix.
    ///
    /// # Panics
    ///
    /// As [`attribute`](Self::attribute).
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

    /// Makes all of them optional.
    #[must_use]
    pub const fn all_optional(mut self) -> Self {
        self.variants = usize::MAX;
        self.end_of_variants()
    }

    /// Ends an enum: what not every variant has is optional.
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

    /// The list.
    #[must_use]
    pub const fn as_slice(&self) -> &[AttributeSchema] {
        self.items.split_at(self.len).0
    }

    /// Another variant has the key too.
    #[track_caller]
    const fn share(mut self, index: usize, new: AttributeSchema) -> Self {
        let (variants, last) = self.shared[index];
        if last == self.variants {
            given_twice(new.key);
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
    /// All keys of `schema`.
    ///
    /// # Panics
    ///
    /// If there are more than a span may have.
    pub(crate) const fn new(schema: &[AttributeSchema]) -> Self {
        assert!(
            schema.len() <= MAX_ATTRIBUTES,
            "a span has at most 128 attributes"
        );
        let mut items = [""; MAX_ATTRIBUTES];
        let mut len = 0;
        while len < schema.len() {
            items[len] = schema[len].key;
            len += 1;
        }
        Self { items, len }
    }

    /// The list.
    pub(crate) const fn as_slice(&self) -> &[&'static str] {
        self.items.split_at(self.len).0
    }
}

#[track_caller]
#[expect(clippy::panic, reason = "it is the message of the compiler")]
const fn given_twice(key: &str) -> ! {
    let message = Text::<256>::new()
        .push("key `")
        .push(key)
        .push("` is given twice");
    panic!("{}", message.as_str())
}
