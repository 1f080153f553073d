//! The types that the values of an attribute have, for `semconv = strict`.
//!
//! A type that is not listed here is not checked, such as one that implements [`ToAttributeValue`] itself.
//!
//! [`ToAttributeValue`]: super::ToAttributeValue

use std::borrow::Cow;
use std::rc::Rc;
use std::sync::Arc;

/// What the values of a type are recorded as.
pub trait RecordedAs {
    /// One of the types of this module.
    type Type;
}

/// That one type of values is another, as which a key is defined.
#[diagnostic::on_unimplemented(
    message = "the semantic conventions define this key as `{T}`, found a value that is recorded as `{Self}`",
    label = "expected `{T}`, found `{Self}`"
)]
pub trait DefinedAs<T> {}

impl<T> DefinedAs<T> for T {}

macro_rules! types {
    ($($name:ident: $($ty:ty),*;)*) => {$(
        #[derive(Clone, Copy, Debug)]
        pub struct $name;
        $(
            impl RecordedAs for $ty {
                type Type = $name;
            }
        )*
    )*};
}
types! {
    Text: str, String, char;
    Integer: i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize;
    Double: f32, f64;
    Boolean: bool;
    ArrayOfTexts: ;
    ArrayOfIntegers: ;
    ArrayOfDoubles: ;
    ArrayOfBooleans: ;
}

/// What an array of such values is.
pub trait InArray {
    /// One of the types of this module.
    type Type;
}

macro_rules! arrays {
    ($($item:ident $array:ident;)*) => {$(
        impl InArray for $item {
            type Type = $array;
        }
    )*};
}
arrays! {
    Text ArrayOfTexts;
    Integer ArrayOfIntegers;
    Double ArrayOfDoubles;
    Boolean ArrayOfBooleans;
}

macro_rules! the_same {
    ($($ty:ty),*) => {$(
        impl<T: RecordedAs + ?Sized> RecordedAs for $ty {
            type Type = T::Type;
        }
    )*};
}
the_same!(&T, &mut T, Box<T>, Rc<T>, Arc<T>);

impl<T: RecordedAs> RecordedAs for Option<T> {
    type Type = T::Type;
}

impl<T: RecordedAs + ToOwned + ?Sized> RecordedAs for Cow<'_, T> {
    type Type = T::Type;
}

impl<T: RecordedAs<Type: InArray>> RecordedAs for [T] {
    type Type = <T::Type as InArray>::Type;
}

impl<T: RecordedAs<Type: InArray>> RecordedAs for Vec<T> {
    type Type = <T::Type as InArray>::Type;
}

impl<T: RecordedAs<Type: InArray>, const N: usize> RecordedAs for [T; N] {
    type Type = <T::Type as InArray>::Type;
}

/// A value that is recorded.
#[derive(Debug)]
pub struct Recorded<'a, T: ?Sized>(pub &'a T);

/// The method is found by the type of the value: that of a known type is before that of any.
pub mod prelude {
    use super::{DefinedAs, Recorded, RecordedAs};

    pub trait Known {
        type Type;

        fn __floe_is<K>(&self)
        where
            Self::Type: DefinedAs<K>,
        {
        }
    }

    impl<T: RecordedAs + ?Sized> Known for Recorded<'_, T> {
        type Type = T::Type;
    }

    pub trait Unknown {
        fn __floe_is<K>(&self) {}
    }

    impl<T: ?Sized> Unknown for &Recorded<'_, T> {}
}
