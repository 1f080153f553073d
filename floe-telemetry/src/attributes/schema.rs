//! What is known of attributes before any is recorded, for documentation and for registries.
//!
//! A [`FloeAttributes`](super::FloeAttributes) type is one [`AttributeGroup`], which has what a
//! group of an OpenTelemetry semantic-convention registry has: `id`, `brief`, and for each
//! attribute `id` (the key), `type`, `requirement_level`, `brief`, `note`, `examples` and
//! `deprecated`. Writing a registry is a loop over the fields. One thing is left to its writer: a
//! key that several groups have is defined in one of them, and the others `ref` to it.

mod build;
mod list;
mod prefixed;
mod text;

pub(crate) use self::list::KeyList;
pub use self::list::SchemaList;
pub use self::prefixed::Prefixed;
use self::text::same;

/// The attributes of one type.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct AttributeGroup {
    /// The prefix of the keys, or the name of the type in `snake_case`.
    pub id: &'static str,
    /// The first paragraph of the type's documentation.
    pub brief: &'static str,
    /// The rest of it.
    pub note: &'static str,
    /// Why not to use it, if it is deprecated; without a reason, empty.
    pub deprecated: Option<&'static str>,
    /// The attributes.
    pub attributes: &'static [AttributeSchema],
}

/// One attribute that a type can write.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct AttributeSchema {
    /// The key.
    pub key: &'static str,
    /// What the value is.
    pub value_type: AttributeType,
    /// Whether it is always there.
    pub requirement: Requirement,
    /// The first paragraph of the field's documentation.
    pub brief: &'static str,
    /// The rest of it.
    pub note: &'static str,
    /// Values as they are written in Rust, but text without its quotes.
    pub examples: &'static [&'static str],
    /// Why not to use it, if it is deprecated; without a reason, empty.
    pub deprecated: Option<&'static str>,
    /// The value is always `<REDACTED>`.
    pub redacted: bool,
}

/// The type of an attribute's values.
///
/// No variant is called like a type of the standard library, because the compiler would then write
/// that one with its whole path in every message it has for a user of this crate.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum AttributeType {
    /// Any of the others.
    Anything,
    /// `true` or `false`.
    Boolean,
    /// A signed 64-bit integer.
    Int,
    /// A floating point number.
    Double,
    /// Text.
    Text,
    /// Booleans.
    Booleans,
    /// Integers.
    Ints,
    /// Floating point numbers.
    Doubles,
    /// Texts.
    Texts,
    /// One of these texts.
    Enum(&'static [AttributeMember]),
}

/// One of the values of an [`AttributeType::Enum`].
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct AttributeMember {
    /// The name of the variant in `snake_case`.
    pub id: &'static str,
    /// What is recorded.
    pub value: &'static str,
    /// The first paragraph of the variant's documentation.
    pub brief: &'static str,
    /// The rest of it.
    pub note: &'static str,
    /// Why not to use it, if it is deprecated; without a reason, empty.
    pub deprecated: Option<&'static str>,
}

/// Whether an attribute is always there.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Requirement {
    /// Always: `required`.
    Required,
    /// When there is a value: `recommended`.
    Optional,
}

impl Requirement {
    /// The word for it in a registry.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Required => "required",
            Self::Optional => "recommended",
        }
    }
}

impl AttributeType {
    /// The word for it in a registry. An [`Enum`](Self::Enum) has its members there instead, and
    /// this is their type.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Anything => "any",
            Self::Boolean => "boolean",
            Self::Int => "int",
            Self::Double => "double",
            Self::Text | Self::Enum(_) => "string",
            Self::Booleans => "boolean[]",
            Self::Ints => "int[]",
            Self::Doubles => "double[]",
            Self::Texts => "string[]",
        }
    }

    /// The type of an array of these. OpenTelemetry has no arrays of arrays: those become text.
    #[must_use]
    pub const fn array(self) -> Self {
        match self {
            Self::Anything => Self::Anything,
            Self::Boolean => Self::Booleans,
            Self::Int => Self::Ints,
            Self::Double => Self::Doubles,
            _ => Self::Texts,
        }
    }

    /// What both are.
    const fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Enum(a), Self::Enum(b)) if AttributeMember::same(a, b) => self,
            (Self::Enum(_) | Self::Text, Self::Enum(_) | Self::Text) => Self::Text,
            _ if same(self.as_str(), other.as_str()) => self,
            _ => Self::Anything,
        }
    }
}
