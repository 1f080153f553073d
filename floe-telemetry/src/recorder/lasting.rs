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
use super::open::OpenSpan;
use super::outcome::Look;
use super::pointer::Pointer;
use super::returned::{Ended, in_future, in_stream};

/// The value an annotated function returned.
#[derive(Debug)]
pub struct Returned<'a, V>(pub &'a V);

impl<V> Clone for Returned<'_, V> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<V> Copy for Returned<'_, V> {}

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
    pub fn go_on(self, span: OpenSpan, value: V, outcome: Look<V>) -> V {
        conclude(span.recording(), Ok(value), outcome)
    }
}

impl<V: Pointer> Found<Lasting, V> {
    /// Leaves the span to the future or stream.
    pub fn go_on(self, span: OpenSpan, value: V, outcome: Look<V::Output>) -> V {
        value.in_span(span, outcome)
    }
}

impl<V: Future> Found<OpaqueFuture, V> {
    /// Says what the signature says that it will become.
    #[must_use]
    pub const fn of<T>(self) -> Self
    where
        V: Future<Output = T>,
    {
        self
    }

    /// Leaves the span to the future.
    pub fn go_on(
        self,
        span: OpenSpan,
        value: V,
        outcome: Look<V::Output>,
    ) -> Traced<V, Look<V::Output>> {
        in_future(span, value, outcome)
    }
}

impl<V: Stream> Found<OpaqueStream, V> {
    /// Has no result.
    #[must_use]
    pub const fn of<T>(self) -> Self {
        self
    }

    /// Leaves the span to the stream.
    pub fn go_on(self, span: OpenSpan, value: V, _: Look<()>) -> Traced<V, Ended> {
        in_stream(span, value)
    }
}

impl<V> Found<OpaqueValue, V> {
    /// Has no result.
    #[must_use]
    pub const fn of<T>(self) -> Self {
        self
    }

    /// Ends the span.
    pub fn go_on(self, span: OpenSpan, value: V, _: Look<()>) -> V {
        conclude(span.recording(), Ok(value), |_, _| ())
    }
}

/// A future or stream that cannot be put into its span. Nothing implements it.
#[diagnostic::on_unimplemented(
    message = "the span would end before what this function returns, which is a future or a stream",
    label = "this is `{Self}`",
    note = "return `impl Future`, or a box of one: `Pin<Box<dyn Future<Output = …> + Send>>`; the same for a `Stream`",
    note = "or put `#[traced]` on the `async fn` that it comes from, and none or `#[traced(skip)]` here",
    note = "if the span is to be that of the call alone, as for the handle of a task: `#[traced(call_only)]`"
)]
pub trait OverWithTheCall {}

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
    pub use super::{IsFuture as _, IsPointer as _, IsStream as _, IsValue as _};
}
