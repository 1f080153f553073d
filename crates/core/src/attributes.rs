//! Span attributes: typed values under keys, and the types that become attributes.

mod array;
pub(crate) mod distinct;
pub(crate) mod expansion;
pub(crate) mod identity;
pub(crate) mod into;
pub(crate) mod key_list;
pub(crate) mod list;
pub(crate) mod text;
mod value;

pub(crate) use self::distinct::keep_distinct;
pub(crate) use self::identity::FloeSpanAttributes;
pub use self::identity::ParseModeError;
pub(crate) use self::into::FloeAttributes;
pub use self::into::IntoAttributes;
pub(crate) use self::list::MAX_ATTRIBUTES;
pub use self::list::{Attribute, AttributeList};
pub use self::text::Text;
pub(crate) use self::value::array_bytes;
pub use self::value::{AttributeValue, ToAttributeValue};
