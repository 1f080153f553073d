//! What a returned value was found to be, and how it goes on in its span.

use std::fmt::{self, Debug};
use std::future::Future;
use std::marker::PhantomData;

use futures_core::Stream;

use crate::recorder::call::conclude;
use crate::recorder::future::Traced;
use crate::recorder::outcome::Look;
use crate::recorder::pointer::Pointer;
use crate::recorder::returned::{Ended, in_future, in_stream};
use crate::recorder::state::OpenSpan;

/// What a returned value was found to be. Each goes on in its own way once its function returned.
pub struct Found<K, V>(PhantomData<fn(K, V)>);

impl<K, V> Debug for Found<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Found")
    }
}

pub(super) const fn found<K, V>() -> Found<K, V> {
    Found(PhantomData)
}

impl<K, V> Found<K, V> {
    /// With what the signature says that it will become.
    #[must_use]
    pub const fn of<T>(self) -> Said<K, V, T> {
        Said(PhantomData)
    }
}

/// The same, with what the signature says that it will become: that leaves the compiler to find out
/// what the body left open, such as the error of an `Ok(…)`.
pub struct Said<K, V, T>(PhantomData<fn(K, V, T)>);

impl<K, V, T> Debug for Said<K, V, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Said")
    }
}

impl<V: Future<Output = T>, T> Said<OpaqueFuture, V, T> {
    /// It becomes that, or may.
    #[must_use]
    pub const fn __floe_found(self) -> Found<OpaqueFuture, V> {
        found()
    }
}

/// What becomes something else, about which the compiler has an error at the signature, and would
/// have another one here.
pub trait IsSaidOtherwise {
    /// What was found.
    type Found;
    /// Says that.
    fn __floe_found(self) -> Self::Found;
}

impl<K, V, T> IsSaidOtherwise for Said<K, V, T> {
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
    pub fn go_on(self, span: OpenSpan, value: V, outcome: Look<V>) -> V {
        conclude(span, Ok(value), outcome)
    }
}

impl<V: Pointer> Found<Lasting, V> {
    /// Leaves the span to the future or stream.
    pub fn go_on(self, span: OpenSpan, value: V, outcome: Look<V::Output>) -> V {
        value.in_span(span, outcome)
    }
}

impl<V: Future> Found<OpaqueFuture, V> {
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
    /// Leaves the span to the stream.
    pub fn go_on(self, span: OpenSpan, value: V, _: Look<()>) -> Traced<V, Ended> {
        in_stream(span, value)
    }
}

impl<V> Found<OpaqueValue, V> {
    /// Ends the span.
    pub fn go_on(self, span: OpenSpan, value: V, _: Look<()>) -> V {
        conclude(span, Ok(value), |_, _| ())
    }
}
