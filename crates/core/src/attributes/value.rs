//! Typed attribute values, and the types that convert to them.

use std::borrow::Cow;
use std::rc::Rc;
use std::sync::Arc;

use opentelemetry::{Array, Key, Value};

use super::{AttributeList, Text};

/// The value of an attribute: one of OpenTelemetry's types.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum AttributeValue {
    /// A boolean.
    Bool(bool),
    /// A signed 64-bit integer.
    I64(i64),
    /// A floating point number.
    F64(f64),
    /// Text known at compile time.
    Static(&'static str),
    /// Any other text.
    Text(Text),
    /// An array of booleans, integers, floats or text.
    Array(Box<Array>),
}

impl AttributeValue {
    #[inline]
    pub(crate) const fn owns_memory(&self) -> bool {
        match self {
            Self::Bool(_) | Self::I64(_) | Self::F64(_) | Self::Static(_) => false,
            Self::Text(text) => text.is_long(),
            Self::Array(_) => true,
        }
    }

    /// Returns the size of the memory that the value owns, in bytes.
    #[doc(hidden)]
    pub fn heap_bytes(&self) -> usize {
        match self {
            Self::Text(text) if text.is_long() => text.as_bytes().len(),
            Self::Array(array) => size_of::<Array>() + array_bytes(array),
            _ => 0,
        }
    }
}

pub(crate) fn array_bytes(array: &Array) -> usize {
    match array {
        Array::Bool(items) => size_of_val(&items[..]),
        Array::I64(items) => size_of_val(&items[..]),
        Array::F64(items) => size_of_val(&items[..]),
        Array::String(items) => {
            let texts = items.iter().map(|text| text.as_str().len());
            size_of_val(&items[..]) + texts.sum::<usize>()
        }
        _ => 0,
    }
}

impl From<AttributeValue> for Value {
    fn from(value: AttributeValue) -> Self {
        match value {
            AttributeValue::Bool(value) => Self::Bool(value),
            AttributeValue::I64(value) => Self::I64(value),
            AttributeValue::F64(value) => Self::F64(value),
            AttributeValue::Static(value) => Self::String(value.into()),
            AttributeValue::Text(value) => Self::String(String::from(value).into()),
            AttributeValue::Array(value) => Self::Array(*value),
        }
    }
}

/// A type whose values can be attributes.
///
/// - `None` is not recorded.
/// - Integers that do not fit into OpenTelemetry's `i64` (a `u64` above `i64::MAX`, most of `i128`)
///   become text instead of wrapping around.
/// - Floats are recorded unchanged, including `NaN` and the infinities.
/// - The elements of an array have one type. If their types differ, for example because a `u64` is above `i64::MAX`,
///   all of them become text. Elements that are `None` are omitted. A nested array becomes text.
///
/// For a type of your own, derive [`FloeAttributes`](macro@crate::FloeAttributes) on an enum without data, or implement
/// this trait.
///
/// ```
/// use floe_telemetry::attributes::{AttributeValue, ToAttributeValue};
///
/// assert_eq!(12_u32.to_attribute_value(), Some(AttributeValue::I64(12)));
/// assert_eq!(None::<bool>.to_attribute_value(), None);
/// assert_eq!(
///     u64::MAX.to_attribute_value(),
///     Some(AttributeValue::Text("18446744073709551615".into())),
/// );
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the value of an attribute",
    label = "not a boolean, an integer, a float, text, or an array or `Option` of these",
    note = "if it is secret, leave it out, with `#[floe(skip)]` on a field, or show only that it is there: `token_present = token.is_some()` in `attributes(…)`, `#[floe(redact)]` on a field",
    note = "if it is not secret, record its `Display` or `Debug` text: `%value` or `?value` in `attributes(…)`, `ret = %` or `ret = ?`, `#[floe(display)]` or `#[floe(debug)]` on a field",
    note = "for a type of your own, derive `FloeAttributes` on an enum without data, or implement `ToAttributeValue`"
)]
pub trait ToAttributeValue {
    /// Converts to an attribute value, or to `None` if there is nothing to record.
    fn to_attribute_value(&self) -> Option<AttributeValue>;

    /// Sets `key` in `list` to the value, if there is one. Text is written directly into the list.
    #[inline]
    fn set_in(&self, list: &mut AttributeList, key: impl Into<Key>) {
        if let Some(value) = self.to_attribute_value() {
            list.push(key.into(), value);
        }
    }

    /// Sets `key` in `list` to the value, if there is one. Long text is moved instead of copied.
    #[inline]
    fn move_into(self, list: &mut AttributeList, key: impl Into<Key>)
    where
        Self: Sized,
    {
        self.set_in(list, key);
    }
}

macro_rules! plain {
    ($($variant:ident: $($ty:ty)*;)*) => {$($(
        impl ToAttributeValue for $ty {
            #[inline]
            fn to_attribute_value(&self) -> Option<AttributeValue> {
                Some(AttributeValue::$variant((*self).into()))
            }

            #[inline]
            fn set_in(&self, list: &mut AttributeList, key: impl Into<Key>) {
                list.push_with(key, || AttributeValue::$variant((*self).into()));
            }
        }
    )*)*};
}
plain! {
    Bool: bool;
    I64: i8 i16 i32 i64 u8 u16 u32;
    F64: f32 f64;
}

macro_rules! wide_integers {
    ($($ty:ty)*) => {$(
        impl ToAttributeValue for $ty {
            #[inline]
            fn to_attribute_value(&self) -> Option<AttributeValue> {
                Some(match i64::try_from(*self) {
                    Ok(value) => AttributeValue::I64(value),
                    Err(_) => AttributeValue::Text(self.to_string().into()),
                })
            }

            #[inline]
            fn set_in(&self, list: &mut AttributeList, key: impl Into<Key>) {
                match i64::try_from(*self) {
                    Ok(value) => list.push_with(key, || AttributeValue::I64(value)),
                    Err(_) => self.to_string().move_into(list, key),
                }
            }
        }
    )*};
}
wide_integers!(i128 isize u64 u128 usize);

impl<T: ToAttributeValue> ToAttributeValue for Option<T> {
    #[inline]
    fn to_attribute_value(&self) -> Option<AttributeValue> {
        self.as_ref().and_then(T::to_attribute_value)
    }

    #[inline]
    fn set_in(&self, list: &mut AttributeList, key: impl Into<Key>) {
        if let Some(value) = self {
            value.set_in(list, key);
        }
    }

    #[inline]
    fn move_into(self, list: &mut AttributeList, key: impl Into<Key>) {
        if let Some(value) = self {
            value.move_into(list, key);
        }
    }
}

impl<T: ToAttributeValue + ToOwned + ?Sized> ToAttributeValue for Cow<'_, T> {
    fn to_attribute_value(&self) -> Option<AttributeValue> {
        self.as_ref().to_attribute_value()
    }
}

macro_rules! pointers {
    ($($ty:ty)*) => {$(
        impl<T: ToAttributeValue + ?Sized> ToAttributeValue for $ty {
            #[inline]
            fn to_attribute_value(&self) -> Option<AttributeValue> {
                (**self).to_attribute_value()
            }

            #[inline]
            fn set_in(&self, list: &mut AttributeList, key: impl Into<Key>) {
                (**self).set_in(list, key);
            }
        }
    )*};
}
pointers!(&T &mut T Box<T> Rc<T> Arc<T>);

impl ToAttributeValue for Value {
    fn to_attribute_value(&self) -> Option<AttributeValue> {
        Some(match self {
            Self::Bool(value) => AttributeValue::Bool(*value),
            Self::I64(value) => AttributeValue::I64(*value),
            Self::F64(value) => AttributeValue::F64(*value),
            Self::String(value) => AttributeValue::Text(value.as_str().into()),
            Self::Array(value) => AttributeValue::Array(Box::new(value.clone())),
            other => AttributeValue::Text((*other.as_str()).into()),
        })
    }
}

impl ToAttributeValue for AttributeValue {
    fn to_attribute_value(&self) -> Option<AttributeValue> {
        Some(self.clone())
    }
}
