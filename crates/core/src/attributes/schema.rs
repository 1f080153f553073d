//! Descriptions of attributes, from which documentation and registries are generated.
//!
//! A [`FloeAttributes`](super::FloeAttributes) type is one [`AttributeGroup`], which has the fields of a
//! group in an OpenTelemetry semantic-convention registry: `id`, `brief`, and for each attribute `id`
//! (the key), `type`, `requirement_level`, `brief`, `note`, `examples` and `deprecated`. A registry that
//! contains a key in several groups must define it once and `ref` to it elsewhere, which is the task of
//! the code that writes the registry.

mod build;
mod list;
mod prefixed;
mod text;

pub(crate) use self::list::KeyList;
pub use self::list::SchemaList;
pub use self::prefixed::Prefixed;
use self::text::same;

/// The attributes of one type.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub struct AttributeGroup {
    /// The prefix of the keys, or the name of the type in `snake_case`.
    pub id: &'static str,
    /// The first paragraph of the type's documentation.
    pub brief: &'static str,
    /// The other paragraphs.
    pub note: &'static str,
    /// The reason of a deprecation, empty if none is given; `None` if the type is not deprecated.
    pub deprecated: Option<&'static str>,
    /// The attributes.
    pub attributes: &'static [AttributeSchema],
}

/// One attribute that a type can write.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub struct AttributeSchema {
    /// The key.
    pub key: &'static str,
    /// The type of the value.
    pub value_type: AttributeType,
    /// Whether the attribute is always recorded.
    pub requirement: Requirement,
    /// The first paragraph of the field's documentation.
    pub brief: &'static str,
    /// The other paragraphs.
    pub note: &'static str,
    /// Example values in Rust syntax, strings without quotes.
    pub examples: &'static [&'static str],
    /// The reason of a deprecation, empty if none is given; `None` if the field is not deprecated.
    pub deprecated: Option<&'static str>,
    /// Whether the value is always `<REDACTED>`.
    pub redacted: bool,
}

/// The type of an attribute's values.
///
/// No variant has the name of a standard library type: the compiler would then print that type with
/// its full path in every message for users of this crate.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum AttributeType {
    /// Any of the other types.
    Anything,
    /// `true` or `false`.
    Boolean,
    /// A signed 64-bit integer.
    Int,
    /// A floating point number.
    Double,
    /// Text.
    Text,
    /// An array of booleans.
    Booleans,
    /// An array of integers.
    Ints,
    /// An array of floating point numbers.
    Doubles,
    /// An array of text.
    Texts,
    /// One of these members, recorded as text.
    Enum(&'static [AttributeMember]),
}

/// One of the values of an [`AttributeType::Enum`].
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub struct AttributeMember {
    /// The name of the variant in `snake_case`.
    pub id: &'static str,
    /// The value that is recorded.
    pub value: &'static str,
    /// The first paragraph of the variant's documentation.
    pub brief: &'static str,
    /// The other paragraphs.
    pub note: &'static str,
    /// The reason of a deprecation, empty if none is given; `None` if the variant is not deprecated.
    pub deprecated: Option<&'static str>,
}

/// Whether an attribute is always recorded.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Requirement {
    /// Always recorded: `required` in a registry.
    Required,
    /// Recorded if there is a value: `recommended` in a registry.
    Optional,
}

impl Requirement {
    /// Returns the requirement level as a registry writes it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Required => "required",
            Self::Optional => "recommended",
        }
    }
}

impl AttributeType {
    /// Returns the type as a registry writes it. For an [`Enum`](Self::Enum), where a registry lists
    /// the members, this is the type of the members.
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

    /// Returns the type of an array of values of this type. OpenTelemetry has no nested arrays, so
    /// inner arrays become text.
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

    /// The type that covers the values of both types.
    const fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Enum(a), Self::Enum(b)) if AttributeMember::same(a, b) => self,
            (Self::Enum(_) | Self::Text, Self::Enum(_) | Self::Text) => Self::Text,
            _ if same(self.as_str(), other.as_str()) => self,
            _ => Self::Anything,
        }
    }
}
