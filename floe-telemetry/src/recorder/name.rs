//! The types that can be the name of a span.

use std::borrow::Cow;
use std::rc::Rc;
use std::sync::Arc;

/// A type that can be the name of a span.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the name of a span",
    label = "not text",
    note = "write for example `name = format!(\"stage.{{number}}\")`"
)]
pub trait ToName {
    /// Returns a copy of the text.
    fn to_name(&self) -> String;

    /// Returns the text, without copying it if it is owned.
    fn into_name(self) -> String
    where
        Self: Sized,
    {
        self.to_name()
    }
}

impl ToName for str {
    fn to_name(&self) -> String {
        self.to_owned()
    }
}

impl ToName for String {
    fn to_name(&self) -> String {
        self.clone()
    }

    fn into_name(self) -> String {
        self
    }
}

impl ToName for Cow<'_, str> {
    fn to_name(&self) -> String {
        self.as_ref().to_owned()
    }

    fn into_name(self) -> String {
        self.into_owned()
    }
}

/// Implements `ToName` for pointers to text.
macro_rules! pointers {
    ($($pointer:ty),+) => {$(
        impl<T: ToName + ?Sized> ToName for $pointer {
            fn to_name(&self) -> String {
                T::to_name(self)
            }
        }
    )+};
}

pointers!(&T, &mut T, Box<T>, Rc<T>, Arc<T>);
