//! Whether a returned value lives on after the call, for any type: as a future or a stream.
//!
//! As in [`outcome`](super::outcome), method lookup finds it out. A boxed future or stream keeps its
//! type when it is put into its span, whatever the signature calls it. Any other future does not,
//! and a span that ends before it would say nothing, so that is an error of the compiler. What
//! nobody can know to be a future, such as a type parameter without bounds, is a value.

mod found;

use std::future::Future;

use futures_core::Stream;

use self::found::found;
pub use self::found::{
    Found, IsSaidOtherwise, Lasting, OpaqueFuture, OpaqueStream, OpaqueValue, Said, Value,
};
use super::pointer::Pointer;

/// The value an annotated function returned.
#[derive(Debug)]
pub struct Returned<'a, V>(pub &'a V);

impl<V> Clone for Returned<'_, V> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<V> Copy for Returned<'_, V> {}

/// A future or stream that cannot be put into its span. Nothing implements it.
#[diagnostic::on_unimplemented(
    message = "the span would end before what this function returns, which is a future or a stream",
    label = "this is `{Self}`",
    note = "return `impl Future`, or a box of one: `Pin<Box<dyn Future<Output = …> + Send>>`; the same for a `Stream`",
    note = "or put `#[traced]` on the `async fn` that it comes from, and none or `#[traced(skip)]` here",
    note = "if the span is to be that of the call alone, as for the handle of a task: `#[traced(call_only)]`"
)]
pub trait OverWithTheCall {}

/// One future or more in what usually holds values.
pub trait IsAround {
    /// The type that was returned.
    type Type;
    /// Does not compile.
    fn __floe_returned(&self) -> Found<Value, Self::Type>
    where
        Self::Type: OverWithTheCall;
}

macro_rules! around {
    ($($ty:ident<$($other:ident)?>)*) => {$(
        impl<F: Future, $($other)?> IsAround for &&&Returned<'_, $ty<F, $($other)?>> {
            type Type = $ty<F, $($other)?>;

            fn __floe_returned(&self) -> Found<Value, Self::Type>
            where
                Self::Type: OverWithTheCall,
            {
                found()
            }
        }
    )*};
}

around!(Option<> Result<E> Vec<>);

/// A pointer to a future or a stream.
pub trait IsPointer {
    /// The type that was returned.
    type Type;
    /// Says that.
    fn __floe_returned(&self) -> Found<Lasting, Self::Type>;
}

impl<V: Pointer> IsPointer for &&Returned<'_, V> {
    type Type = V;

    fn __floe_returned(&self) -> Found<Lasting, V> {
        found()
    }
}

/// Any future.
pub trait IsFuture {
    /// The type that was returned.
    type Type;
    /// Does not compile.
    fn __floe_returned(&self) -> Found<Value, Self::Type>
    where
        Self::Type: OverWithTheCall;
    /// Says that.
    fn __floe_opaque(&self) -> Found<OpaqueFuture, Self::Type>;
}

impl<V: Future> IsFuture for &Returned<'_, V> {
    type Type = V;

    fn __floe_returned(&self) -> Found<Value, V>
    where
        V: OverWithTheCall,
    {
        found()
    }

    fn __floe_opaque(&self) -> Found<OpaqueFuture, V> {
        found()
    }
}

/// Any stream.
pub trait IsStream {
    /// The type that was returned.
    type Type;
    /// Does not compile.
    fn __floe_returned(&self) -> Found<Value, Self::Type>
    where
        Self::Type: OverWithTheCall;
    /// Says that.
    fn __floe_opaque(&self) -> Found<OpaqueStream, Self::Type>;
}

impl<V: Stream> IsStream for Returned<'_, V> {
    type Type = V;

    fn __floe_returned(&self) -> Found<Value, V>
    where
        V: OverWithTheCall,
    {
        found()
    }

    fn __floe_opaque(&self) -> Found<OpaqueStream, V> {
        found()
    }
}

/// Any value.
pub trait IsValue {
    /// The type that was returned.
    type Type;
    /// Says that.
    fn __floe_returned(self) -> Found<Value, Self::Type>;
    /// Says that, where the signature sounds otherwise.
    fn __floe_opaque(self) -> Found<OpaqueValue, Self::Type>;
}

// By value, which method lookup tries after everything behind a reference.
impl<V> IsValue for Returned<'_, V> {
    type Type = V;

    fn __floe_returned(self) -> Found<Value, V> {
        found()
    }

    fn __floe_opaque(self) -> Found<OpaqueValue, V> {
        found()
    }
}

/// The traits, without their names.
pub mod prelude {
    pub use super::{
        IsAround as _, IsFuture as _, IsPointer as _, IsSaidOtherwise as _, IsStream as _,
        IsValue as _,
    };
}
