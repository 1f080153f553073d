//! Making parts of a schema, in constants.

use super::text::same;
use super::{AttributeGroup, AttributeMember, AttributeSchema, AttributeType, Requirement};

impl AttributeMember {
    /// A member that nothing more is said about.
    #[must_use]
    pub const fn new(id: &'static str, value: &'static str) -> Self {
        Self {
            id,
            value,
            brief: "",
            note: "",
            deprecated: None,
        }
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
    /// A required attribute that nothing more is said about.
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

    /// The same under another key.
    #[must_use]
    pub const fn under(mut self, key: &'static str) -> Self {
        self.key = key;
        self
    }

    /// The same, but not always there.
    #[must_use]
    pub const fn optional(mut self) -> Self {
        self.requirement = Requirement::Optional;
        self
    }

    /// With values for example.
    #[must_use]
    pub const fn with_examples(mut self, examples: &'static [&'static str]) -> Self {
        self.examples = examples;
        self
    }

    /// The value is never shown.
    #[must_use]
    pub const fn redacted(mut self) -> Self {
        self.redacted = true;
        self
    }
}

impl AttributeGroup {
    /// A group that nothing more is said about.
    #[must_use]
    pub const fn new(id: &'static str, attributes: &'static [AttributeSchema]) -> Self {
        Self {
            id,
            brief: "",
            note: "",
            deprecated: None,
            attributes,
        }
    }
}

macro_rules! documented {
    ($($ty:ty)*) => {$(
        impl $ty {
            /// With a description: one line, and what else there is to say.
            #[must_use]
            pub const fn with_docs(mut self, brief: &'static str, note: &'static str) -> Self {
                self.brief = brief;
                self.note = note;
                self
            }

            /// Deprecated, and why.
            #[must_use]
            pub const fn deprecated(mut self, reason: &'static str) -> Self {
                self.deprecated = Some(reason);
                self
            }
        }
    )*};
}
documented!(AttributeGroup AttributeSchema AttributeMember);
