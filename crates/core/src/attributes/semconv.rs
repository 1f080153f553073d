//! The types that the values of an attribute have, for `semconv = strict`.
//!
//! A type that is not listed here is not checked, such as one that implements [`ToAttributeValue`] itself.
//!
//! [`ToAttributeValue`]: super::ToAttributeValue

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use std::rc::Rc;
use std::sync::Arc;

use opentelemetry::Key;

/// What the values of a type are recorded as.
pub trait RecordedAs {
    /// One of the types of this module.
    type Type;
}

/// That one type of values is another, as which a key is defined.
#[diagnostic::on_unimplemented(
    message = "the values of this key are of the type `{T}`, found one of the type `{Self}`",
    label = "expected `{T}`, found `{Self}`"
)]
pub trait DefinedAs<T> {}

/// The type of a key without one.
#[derive(Clone, Copy, Debug)]
pub struct Anything;

macro_rules! types {
    ($($name:ident: $($ty:ty),*;)*) => {$(
        #[derive(Clone, Copy, Debug)]
        pub struct $name;
        #[diagnostic::do_not_recommend]
        impl DefinedAs<$name> for $name {}
        #[diagnostic::do_not_recommend]
        impl DefinedAs<Anything> for $name {}
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

/// A key whose values have a type, made by `registry!`. It is used where a key is: `attributes(keys::ACME_ID = id)`,
/// `set_attribute(keys::ACME_ID, id)`.
///
/// ```
/// # use floe_telemetry::attributes::TypedKey;
/// const ACME_ID: TypedKey<()> = TypedKey::new("acme.id");
/// assert_eq!(ACME_ID.as_str(), "acme.id");
/// ```
pub struct TypedKey<T> {
    key: &'static str,
    of: PhantomData<fn() -> T>,
}

impl<T> TypedKey<T> {
    /// Creates a key.
    #[must_use]
    pub const fn new(key: &'static str) -> Self {
        Self { key, of: PhantomData }
    }

    /// Returns the text of the key.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.key
    }
}

impl<T> Clone for TypedKey<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for TypedKey<T> {}

impl<T> fmt::Debug for TypedKey<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TypedKey").field(&self.key).finish()
    }
}

impl<T> From<TypedKey<T>> for Key {
    fn from(key: TypedKey<T>) -> Self {
        Self::from_static_str(key.key)
    }
}

/// A type of keys.
#[derive(Debug)]
pub struct Of<K>(PhantomData<fn() -> K>);

/// A constant with a key.
#[derive(Debug)]
pub struct Named<'a, T: ?Sized>(pub &'a T);

/// A value that is recorded.
#[derive(Debug)]
pub struct Recorded<'a, T: ?Sized>(pub &'a T);

/// The method is found by the type of the value: that of a known type is before that of any.
pub mod prelude {
    use std::marker::PhantomData;

    use super::{Anything, DefinedAs, Named, Of, Recorded, RecordedAs, TypedKey};

    pub trait Known {
        type Type;

        fn __floe_is<K>(&self)
        where
            Self::Type: DefinedAs<K>,
        {
        }

        fn __floe_is_of<K>(&self, _: Of<K>)
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

        fn __floe_is_of<K>(&self, _: Of<K>) {}
    }

    pub trait Typed {
        type Type;

        fn __floe_type(&self) -> Of<Self::Type> {
            Of(PhantomData)
        }
    }

    impl<T> Typed for Named<'_, TypedKey<T>> {
        type Type = T;
    }

    pub trait Untyped {
        fn __floe_type(&self) -> Of<Anything> {
            Of(PhantomData)
        }
    }

    impl<T: ?Sized> Untyped for &Named<'_, T> {}

    impl<T: ?Sized> Unknown for &Recorded<'_, T> {}
}
