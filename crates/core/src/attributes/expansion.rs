//! The functions and traits that expansions of `#[derive(FloeAttributes)]` call. With them, the type checker decides
//! everything that depends on the type of a field, which the macro cannot see.

use std::fmt::{Debug, Display};
use std::marker::PhantomData;

use super::{AttributeList, AttributeValue, FloeAttributes};

/// Replaces a value that must not be recorded. Equal to the mark of `floe-redact`, which is not available here: a
/// library that only annotates is compiled without redaction.
const REDACTED: &str = "<REDACTED>";

/// The keys of a flattened field of type `T`.
///
/// An inherent constant takes precedence over the same constant of the trait [`Fallback`]. So the constant exists even
/// if `T` does not implement `FloeAttributes`, and the compiler reports the missing implementation only once, where
/// the field is recorded.
#[derive(Debug)]
pub struct Describe<T: ?Sized>(PhantomData<T>);

/// The keys of a type that does not have attributes.
pub trait Fallback {
    /// The keys of the field.
    const KEYS: &'static [&'static str] = &[];
}

impl<T: ?Sized> Fallback for Describe<T> {}

impl<T: FloeAttributes + ?Sized> Describe<T> {
    /// The keys of the field.
    pub const KEYS: &'static [&'static str] = T::KEYS;
}

/// A field that is formatted as text. The content of an `Option` is formatted, and `None` is not recorded.
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

/// Records the `Display` text of a value.
pub fn display<T: Display + ?Sized>(
    list: &mut AttributeList,
    key: &'static str,
    value: Option<&T>,
) {
    if let Some(value) = value {
        list.push(key.into(), AttributeValue::Text(value.to_string().into()));
    }
}

/// Records the `Debug` text of a value.
pub fn debug<T: Debug + ?Sized>(list: &mut AttributeList, key: &'static str, value: Option<&T>) {
    if let Some(value) = value {
        list.push(key.into(), AttributeValue::Text(format!("{value:?}").into()));
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
