//! What a span says about itself: typed values under keys.

mod identity;
mod into;
mod list;
mod value;

pub use self::identity::{FloeSpanAttributes, Mode};
pub use self::into::{FloeAttributes, IntoAttributes};
pub use self::list::{Attribute, AttributeList};
pub use self::value::{AttributeValue, ToAttributeValue};
