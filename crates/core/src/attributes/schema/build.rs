//! Constructors and setters of the schema types, usable in constants.

use super::text::same;
use super::{AttributeGroup, AttributeMember, AttributeSchema, AttributeType, Requirement};

impl AttributeMember {
    /// Creates a member without documentation.
    #[must_use]
    pub const fn new(id: &'static str, value: &'static str) -> Self {
        Self { id, value, brief: "", note: "", deprecated: None }
    }

    pub(super) const fn same(a: &[Self], b: &[Self]) -> bool {
        let mut index = 0;
        while index < a.len() && index < b.len() && same(a[index].value, b[index].value) {
            index += 1;
        }
        index == a.len() && index == b.len()
    }
}

impl AttributeSchema {
    /// Creates a required attribute without documentation.
    #[must_use]
    pub const fn new(key: &'static str, value_type: AttributeType) -> Self {
        Self {
            key,
            value_type,
            requirement: Requirement::Required,
            brief: "",
            note: "",
            examples: &[],
            deprecated: None,
            redacted: false,
        }
    }

    /// Sets the key.
    #[must_use]
    pub const fn under(mut self, key: &'static str) -> Self {
        self.key = key;
        self
    }

    /// Makes the attribute optional.
    #[must_use]
    pub const fn optional(mut self) -> Self {
        self.requirement = Requirement::Optional;
        self
    }

    /// Sets the example values.
    #[must_use]
    pub const fn with_examples(mut self, examples: &'static [&'static str]) -> Self {
        self.examples = examples;
        self
    }

    /// Marks the value as always redacted.
    #[must_use]
    pub const fn redacted(mut self) -> Self {
        self.redacted = true;
        self
    }
}

impl AttributeGroup {
    /// Creates a group without documentation.
    #[must_use]
    pub const fn new(id: &'static str, attributes: &'static [AttributeSchema]) -> Self {
        Self { id, brief: "", note: "", deprecated: None, attributes }
    }
}

macro_rules! documented {
    ($($ty:ty)*) => {$(
        impl $ty {
            /// Sets the documentation: the first paragraph and the other ones.
            #[must_use]
            pub const fn with_docs(mut self, brief: &'static str, note: &'static str) -> Self {
                self.brief = brief;
                self.note = note;
                self
            }

            /// Marks the item as deprecated, with the reason.
            #[must_use]
            pub const fn deprecated(mut self, reason: &'static str) -> Self {
                self.deprecated = Some(reason);
                self
            }
        }
    )*};
}
documented!(AttributeGroup AttributeSchema AttributeMember);
