//! What expansions of the derive call. Everything that a macro cannot know of a type is found out
//! here, by the type checker.

use std::borrow::Cow;
use std::fmt::{Debug, Display};
use std::marker::PhantomData;

use super::schema::{AttributeSchema, AttributeType, Requirement};
use super::{AttributeList, AttributeValue, FloeAttributes, ToAttributeValue};

/// What stands for a value that is not to be seen. The same as the sanitizer writes, which is not
/// compiled into a library that only annotates.
const REDACTED: &str = "<REDACTED>";

/// What is recorded for a field of type `T`.
///
/// A constant of this type itself comes before one of the trait [`Otherwise`], so a type without
/// the trait that its field needs has a description all the same: the error is where the field is
/// recorded, once.
#[derive(Debug)]
pub struct Describe<T: ?Sized>(PhantomData<T>);

/// What is left when nothing better is known.
pub trait Otherwise {
    /// The value of the field.
    const VALUE: AttributeSchema = AttributeSchema::new("", AttributeType::Anything);
    /// Text that is made of the field.
    const TEXT: AttributeSchema = AttributeSchema::new("", AttributeType::Text);
    /// The attributes of the field.
    const NESTED: &'static [AttributeSchema] = &[];
}

impl<T: ?Sized> Otherwise for Describe<T> {}

impl<T: ToAttributeValue + ?Sized> Describe<T> {
    /// The value of the field.
    pub const VALUE: AttributeSchema = {
        let schema = AttributeSchema::new("", T::TYPE);
        match T::REQUIREMENT {
            Requirement::Required => schema,
            Requirement::Optional => schema.optional(),
        }
    };
}

impl<T> Describe<Option<T>> {
    /// Text that is made of what is in the `Option`.
    pub const TEXT: AttributeSchema = AttributeSchema::new("", AttributeType::Text).optional();
}

impl<T: FloeAttributes + ?Sized> Describe<T> {
    /// The attributes of the field.
    pub const NESTED: &'static [AttributeSchema] = T::SCHEMA;
}

/// A field that becomes text. What is in an `Option` does, and nothing does not.
#[derive(Debug)]
pub struct Field<'a, T: ?Sized>(pub &'a T);

/// Fields that always have a value. The method of [`Field`] itself comes before this one.
pub trait Present {
    /// The type of the value.
    type Value: ?Sized;

    /// The value.
    fn __floe_present(&self) -> Option<&Self::Value>;
}

impl<T: ?Sized> Present for Field<'_, T> {
    type Value = T;

    #[inline]
    fn __floe_present(&self) -> Option<&T> {
        Some(self.0)
    }
}

impl<T> Field<'_, Option<T>> {
    /// The value, if there is one.
    #[inline]
    #[must_use]
    pub fn __floe_present(&self) -> Option<&T> {
        self.0.as_ref()
    }
}

/// Records a value that may not be there.
#[inline]
pub fn record(list: &mut AttributeList, key: &'static str, value: Option<AttributeValue>) {
    if let Some(value) = value {
        list.push(key.into(), value);
    }
}

/// The `Display` text.
pub fn display<T: Display + ?Sized>(value: Option<&T>) -> Option<AttributeValue> {
    value.map(|value| AttributeValue::Text(value.to_string().into()))
}

/// The `Debug` text.
pub fn debug<T: Debug + ?Sized>(value: Option<&T>) -> Option<AttributeValue> {
    value.map(|value| AttributeValue::Text(format!("{value:?}").into()))
}

/// That there is a value, but not which.
pub fn redact<T: ?Sized>(value: Option<&T>) -> Option<AttributeValue> {
    value.map(|_| AttributeValue::Static(REDACTED))
}

/// Records the attributes of a nested type under their keys with the prefix, which are in `schema`.
pub fn record_prefixed<A: FloeAttributes + ?Sized>(
    list: &mut AttributeList,
    prefix: &str,
    schema: &'static [AttributeSchema],
    value: &A,
) {
    let mut nested = AttributeList::default();
    value.record(&mut nested);
    list.append_renamed(nested, |key| {
        let mut keys = schema.iter().map(|attribute| attribute.key);
        match keys.find(|known| is_prefixed(known, prefix, key)) {
            Some(known) => Cow::Borrowed(known),
            // Of a type that does not know its keys.
            None => Cow::Owned(format!("{prefix}.{key}")),
        }
    });
}

fn is_prefixed(known: &str, prefix: &str, key: &str) -> bool {
    let rest = known
        .strip_prefix(prefix)
        .and_then(|rest| rest.strip_prefix('.'));
    rest == Some(key)
}

#[cfg(all(test, feature = "provider"))]
mod tests {
    #[test]
    fn redacted_is_the_same_everywhere() {
        assert_eq!(super::REDACTED, crate::sanitizer::REDACTED);
    }
}
