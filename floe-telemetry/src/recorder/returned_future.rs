//! Whether a returned value lives on after the call, for any type: as a future or a stream.
//!
//! As in [`outcome`](super::outcome), method lookup finds it out. A boxed future or stream keeps its
//! type when it is put into its span, whatever the signature calls it. Any other future does not,
//! and a span that ends before it would say nothing, so that is an error of the compiler. What
//! nobody can know to be a future, such as a type parameter without bounds, is a value.

use std::fmt::{self, Debug};
use std::future::Future;
use std::marker::PhantomData;

use futures_core::Stream;

use super::call::conclude;
use super::future::Traced;
use super::outcome::Classifier;
use super::pointer::Pointer;
use super::returned::{Ended, in_future, in_stream};
use super::state::OpenSpan;

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
    /// ErrorView that.
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
    /// ErrorView that.
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
    /// ErrorView that.
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
    /// ErrorView that.
    fn __floe_returned(self) -> Found<Value, Self::Type>;
    /// ErrorView that, where the signature sounds otherwise.
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

/// What a returned value was found to be. Each goes on in its own way once its function returned.
pub struct Found<K, V>(PhantomData<fn(K, V)>);

impl<K, V> Debug for Found<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Found")
    }
}

const fn found<K, V>() -> Found<K, V> {
    Found(PhantomData)
}

impl<K, V> Found<K, V> {
    /// With what the signature says that it will become.
    #[must_use]
    pub const fn of<T>(self) -> Declared<K, V, T> {
        Declared(PhantomData)
    }
}

/// The same, with what the signature says that it will become: that leaves the compiler to find out
/// what the body left open, such as the error of an `Ok(…)`.
pub struct Declared<K, V, T>(PhantomData<fn(K, V, T)>);

impl<K, V, T> Debug for Declared<K, V, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Declared")
    }
}

impl<V: Future<Output = T>, T> Declared<OpaqueFuture, V, T> {
    /// It becomes that, or may.
    #[must_use]
    pub const fn __floe_found(self) -> Found<OpaqueFuture, V> {
        found()
    }
}

/// What becomes something else, about which the compiler has an error at the signature, and would
/// have another one here.
pub trait DeclaredTypeMismatch {
    /// What was found.
    type Found;
    /// ErrorView that.
    fn __floe_found(self) -> Self::Found;
}

impl<K, V, T> DeclaredTypeMismatch for Declared<K, V, T> {
    type Found = Found<K, V>;

    fn __floe_found(self) -> Found<K, V> {
        found()
    }
}

/// Does not live on.
#[derive(Debug)]
pub struct Value;

/// Lives on, and keeps its type inside of a span.
#[derive(Debug)]
pub struct Lasting;

/// A future that the signature only calls `impl Future`.
#[derive(Debug)]
pub struct OpaqueFuture;

/// A stream that the signature only calls `impl Stream`.
#[derive(Debug)]
pub struct OpaqueStream;

/// What is called like a future or a stream, and is neither.
#[derive(Debug)]
pub struct OpaqueValue;

impl<V> Found<Value, V> {
    /// Ends the span with what `outcome` tells.
    pub fn go_on(self, span: OpenSpan, value: V, outcome: Classifier<V>) -> V {
        conclude(span, Ok(value), outcome)
    }
}

impl<V: Pointer> Found<Lasting, V> {
    /// Leaves the span to the future or stream.
    pub fn go_on(self, span: OpenSpan, value: V, outcome: Classifier<V::Output>) -> V {
        value.in_span(span, outcome)
    }
}

impl<V: Future> Found<OpaqueFuture, V> {
    /// Leaves the span to the future.
    pub fn go_on(
        self,
        span: OpenSpan,
        value: V,
        outcome: Classifier<V::Output>,
    ) -> Traced<V, Classifier<V::Output>> {
        in_future(span, value, outcome)
    }
}

impl<V: Stream> Found<OpaqueStream, V> {
    /// Leaves the span to the stream.
    pub fn go_on(self, span: OpenSpan, value: V, _: Classifier<()>) -> Traced<V, Ended> {
        in_stream(span, value)
    }
}

impl<V> Found<OpaqueValue, V> {
    /// Ends the span.
    pub fn go_on(self, span: OpenSpan, value: V, _: Classifier<()>) -> V {
        conclude(span, Ok(value), |_, _| ())
    }
}

/// The traits, without their names.
pub mod prelude {
    pub use super::{
        DeclaredTypeMismatch as _, IsAround as _, IsFuture as _, IsPointer as _, IsStream as _,
        IsValue as _,
    };
}
