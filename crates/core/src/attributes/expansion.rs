//! The functions and traits that expansions of `#[derive(FloeAttributes)]` call. They let the type
//! checker decide what depends on a field's type, which the macro cannot see.

use std::borrow::Cow;
use std::fmt::{Debug, Display};
use std::marker::PhantomData;

use super::schema::{AttributeSchema, AttributeType, Requirement};
use super::{AttributeList, AttributeValue, FloeAttributes, ToAttributeValue};

/// Replaces a value that must not be recorded. Equal to that of `floe-redact`, which is not available
/// here: a library that only annotates is compiled without redaction.
const REDACTED: &str = "<REDACTED>";

/// The schema of a field of type `T`.
///
/// An inherent constant takes precedence over the same constant of the trait [`Fallback`]. A type
/// that lacks the trait its field needs therefore still has a schema, and the compiler reports the
/// error once, where the field is recorded.
#[derive(Debug)]
pub struct Describe<T: ?Sized>(PhantomData<T>);

/// The schema of a type that is neither a value nor a group of attributes.
pub trait Fallback {
    /// The value of the field.
    const VALUE: AttributeSchema = AttributeSchema::new("", AttributeType::Anything);
    /// The field formatted as text.
    const TEXT: AttributeSchema = AttributeSchema::new("", AttributeType::Text);
    /// The attributes of the field.
    const NESTED: &'static [AttributeSchema] = &[];
}

impl<T: ?Sized> Fallback for Describe<T> {}

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
    /// The content of the `Option` formatted as text.
    pub const TEXT: AttributeSchema = AttributeSchema::new("", AttributeType::Text).optional();
}

impl<T: FloeAttributes + ?Sized> Describe<T> {
    /// The attributes of the field.
    pub const NESTED: &'static [AttributeSchema] = T::SCHEMA;
}

/// A field that is formatted as text. Of an `Option`, the content is formatted, and `None` is not
/// recorded.
#[derive(Debug)]
pub struct Field<'a, T: ?Sized>(pub &'a T);

/// Fields that always have a value. For an `Option`, the inherent method of [`Field`] takes
/// precedence.
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

/// Records `value` unless it is `None`.
#[inline]
pub fn record(list: &mut AttributeList, key: &'static str, value: Option<AttributeValue>) {
    if let Some(value) = value {
        list.push(key.into(), value);
    }
}

/// Formats a value with `Display`.
pub fn display<T: Display + ?Sized>(value: Option<&T>) -> Option<AttributeValue> {
    value.map(|value| AttributeValue::Text(value.to_string().into()))
}

/// Formats a value with `Debug`.
pub fn debug<T: Debug + ?Sized>(value: Option<&T>) -> Option<AttributeValue> {
    value.map(|value| AttributeValue::Text(format!("{value:?}").into()))
}

/// Replaces a value by the redaction mark, so that only its presence is recorded.
pub fn redact<T: ?Sized>(value: Option<&T>) -> Option<AttributeValue> {
    value.map(|_| AttributeValue::Static(REDACTED))
}

/// Records the attributes of a nested type under the prefixed keys of `schema`.
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
            // A manual implementation may record keys that its schema does not list.
            None => Cow::Owned(format!("{prefix}.{key}")),
        }
    });
}

fn is_prefixed(known: &str, prefix: &str, key: &str) -> bool {
    let suffix = known.strip_prefix(prefix).and_then(|suffix| suffix.strip_prefix('.'));
    suffix == Some(key)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_mark_is_that_of_redaction() {
        assert_eq!(super::REDACTED, crate::redaction::REDACTED);
    }
}
