//! Span attributes: typed values under keys, and the types that become attributes.

mod array;
pub(crate) mod expansion;
mod identity;
mod into;
mod list;
pub(crate) mod schema;
mod text;
mod value;

pub use self::identity::{FloeSpanAttributes, Mode, ParseModeError};
pub use self::into::{FloeAttributes, IntoAttributes};
pub use self::list::{Attribute, AttributeList};
pub use self::schema::{
    AttributeGroup, AttributeMember, AttributeSchema, AttributeType, Requirement,
};
pub use self::text::Text;
pub use self::value::{AttributeValue, ToAttributeValue};
