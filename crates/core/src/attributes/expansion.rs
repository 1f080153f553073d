//! The functions and traits that expansions of `#[derive(FloeAttributes)]` use. They leave to the type checker whatever
//! depends on the type of a field, because the macro does not know types.

use std::fmt::{Debug, Display};
use std::marker::PhantomData;

use super::{AttributeList, AttributeValue, FloeAttributes, ToAttributeValue};
use crate::bounded_text::bounded;

/// The text that is recorded instead of a redacted field. It is the same text as in `floe-redact`. A library that only
/// annotates functions does not depend on that crate.
const REDACTED: &str = "<REDACTED>";

/// The keys of a flattened field of type `T`.
///
/// The constant `KEYS` is inherent if `T` implements `FloeAttributes`, and that of the trait [`Fallback`] otherwise. So
/// it always exists, and the compiler reports a missing implementation only once, where the field is recorded.
#[derive(Debug)]
pub struct Describe<T: ?Sized>(PhantomData<T>);

/// Provides the keys of a type that does not implement `FloeAttributes`: none.
pub trait Fallback {
    /// The keys of the field.
    const KEYS: &'static [&'static str] = &[];
}

impl<T: ?Sized> Fallback for Describe<T> {}

impl<T: FloeAttributes + ?Sized> Describe<T> {
    /// The keys of the field.
    pub const KEYS: &'static [&'static str] = T::KEYS;
}

/// A field that is recorded as text or as the redaction mark. Of an `Option`, the content is recorded, but not `None`.
#[derive(Debug)]
pub struct Field<'a, T: ?Sized>(pub &'a T);

/// A field that always has a value. For a field of type `Option`, the inherent method of [`Field`] takes precedence.
pub trait Present {
    /// The type of the value.
    type Value: ?Sized;

    /// Returns the value.
    fn __floe_present(&self) -> Option<&Self::Value>;
}

/// A returned value that is no `Result`. Of a `Result`, the content of `Ok` is recorded, by the inherent method of
/// [`Field`].
pub trait Succeeded {
    /// The type of the value.
    type Value: ?Sized;

    /// Returns the value.
    fn __floe_returned(&self) -> Option<&Self::Value>;
}

impl<T: ?Sized> Succeeded for Field<'_, T> {
    type Value = T;

    fn __floe_returned(&self) -> Option<&T> {
        Some(self.0)
    }
}

impl<T, E> Field<'_, Result<T, E>> {
    /// Returns the value, unless the function has failed.
    pub fn __floe_returned(&self) -> Option<&T> {
        self.0.as_ref().ok()
    }
}

impl<T: ?Sized> Present for Field<'_, T> {
    type Value = T;

    #[inline]
    fn __floe_present(&self) -> Option<&T> {
        Some(self.0)
    }
}

impl<T> Field<'_, Option<T>> {
    /// Returns the value, if there is one.
    #[inline]
    pub fn __floe_present(&self) -> Option<&T> {
        self.0.as_ref()
    }
}

/// Records a value.
pub fn attribute<T: ToAttributeValue + ?Sized>(
    list: &mut AttributeList,
    key: &'static str,
    value: Option<&T>,
) {
    if let Some(value) = value {
        value.set_in(list, key);
    }
}

/// Records the `Display` text of a value.
pub fn display<T: Display + ?Sized>(
    list: &mut AttributeList,
    key: &'static str,
    value: Option<&T>,
) {
    if let Some(value) = value {
        list.push(key.into(), AttributeValue::Text(bounded(&value).into()));
    }
}

/// Records the `Debug` text of a value.
pub fn debug<T: Debug + ?Sized>(list: &mut AttributeList, key: &'static str, value: Option<&T>) {
    if let Some(value) = value {
        list.push(key.into(), AttributeValue::Text(bounded(&format_args!("{value:?}")).into()));
    }
}

/// Records the redaction mark in place of a value.
pub fn redact<T: ?Sized>(list: &mut AttributeList, key: &'static str, value: Option<&T>) {
    if value.is_some() {
        list.push(key.into(), AttributeValue::Static(REDACTED));
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_mark_is_that_of_redaction() {
        assert_eq!(super::REDACTED, crate::redaction::REDACTED);
    }
}
