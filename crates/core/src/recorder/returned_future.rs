//! Functions that are not `async` and may return a future or a stream.
//!
//! The span starts with the call and is current while the function runs. It ends when the returned
//! future is ready, the stream has ended, or either is dropped.
//!
//! Method lookup determines for a value of any type whether it is a future or a stream, as in
//! [`outcome`](super::outcome). The type of a boxed future or stream does not
//! change inside a span, also if the signature uses a type alias for it. The type of any other future
//! does change. Where the signature says `impl` or `dyn`, a span that ends before the future would be misleading, so
//! such a function does not compile. A concrete type, such as the handle of a task, is a value, whose span ends with the
//! call, and so is a type that is not known to be a future, such as a type parameter without bounds.

use std::alloc::Layout;
use std::ffi::OsString;
use std::fmt::{self, Debug};
use std::future::Future;
use std::marker::PhantomData;
use std::path::PathBuf;
use std::pin::Pin;
use std::task::{Context as TaskContext, Poll};
use std::time::{Duration, Instant, SystemTime};

use futures_core::Stream;

use super::call::{end, run, run_opening};
use super::declared::Never;
use super::future::{OutcomeOf, Phase, Traced};
use super::open::Opened;
use super::outcome::Classifier;

/// The value an annotated function returned.
#[derive(Debug)]
pub struct Returned<'a, V>(pub &'a V);

impl<V> Clone for Returned<'_, V> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<V> Copy for Returned<'_, V> {}

/// Required of futures and streams whose span would end before them. Nothing implements it.
#[diagnostic::on_unimplemented(
    message = "the span would end before what this function returns, which is a future or a stream",
    label = "this is `{Self}`",
    note = "return `impl Future`, or a boxed future: `Pin<Box<dyn Future<Output = …> + Send>>`; likewise for a `Stream`",
    note = "or put `#[traced]` on the `async fn` that creates it, and remove it here, or write `#[traced(skip)]`",
    note = "if the span should cover only the call: `#[traced(call_only)]`"
)]
pub trait EndsWithTheCall {}

/// A type that inference has not resolved, or that has a mistake in it.
///
/// Method lookup takes the first trait that may apply, and any may apply to such a type: this one comes
/// first, so that it is not reported as a future. It has several implementations, so the compiler infers
/// nothing from it, and two of them are for the types that an expression like `panic!()` falls back to.
#[diagnostic::on_unimplemented(
    message = "the type of the returned value is inferred too late for `#[traced]`",
    note = "write it where the value is made, as in `collect::<Vec<_>>()`"
)]
pub trait IsUnresolved<V> {
    /// The result of the lookup.
    fn __floe_returned(&self) -> Found<Value, V>;
    /// The result of the lookup.
    fn __floe_concrete(&self) -> Found<Value, V>;
}

macro_rules! unresolved {
    ([$($parameter:ident)?] $ty:ty) => {
        impl<$($parameter)?> IsUnresolved<$ty> for &&&&Returned<'_, $ty> {
            fn __floe_returned(&self) -> Found<Value, $ty> {
                found()
            }

            fn __floe_concrete(&self) -> Found<Value, $ty> {
                found()
            }
        }
    };
    ($($ty:ty)*) => {$(
        unresolved! { [] $ty }
        unresolved! { [] Option<$ty> }
        unresolved! { [] Vec<$ty> }
        unresolved! { [E] Result<$ty, E> }
    )*};
}

// At least ten: of fewer, the compiler reports that it cannot choose, beside the cause.
unresolved! {
    () Never bool char String OsString PathBuf Duration Instant SystemTime Layout
}

/// A boxed future or stream.
pub trait IsPointer {
    /// The type that was returned.
    type Type;
    /// The result of the lookup.
    fn __floe_returned(&self) -> Found<Boxed, Self::Type>;
    /// The result of the lookup.
    fn __floe_concrete(&self) -> Found<Boxed, Self::Type>;
}

impl<V: Pointer> IsPointer for &&&Returned<'_, V> {
    type Type = V;

    fn __floe_returned(&self) -> Found<Boxed, V> {
        found()
    }

    fn __floe_concrete(&self) -> Found<Boxed, V> {
        found()
    }
}

/// A future or stream, or a container of some. The compiler infers `As`, which separates the implementations.
pub trait LivesOn<As> {}

/// A future.
#[derive(Debug)]
pub struct AsFuture;

/// A stream.
#[derive(Debug)]
pub struct AsStream;

/// A box of a future or a stream that must be pinned first.
#[derive(Debug)]
pub struct AsBox;

/// Inside another type, at an index.
#[derive(Debug)]
pub struct Inside<const AT: usize, As>(PhantomData<As>);

/// Inside a box.
#[derive(Debug)]
pub struct InBox<As>(PhantomData<As>);

impl<F: Future + ?Sized> LivesOn<AsFuture> for F {}
impl<S: Stream + ?Sized> LivesOn<AsStream> for S {}
impl<T: LivesOn<As>, As> LivesOn<Inside<0, As>> for Option<T> {}
impl<T: LivesOn<As>, E, As> LivesOn<Inside<0, As>> for Result<T, E> {}
impl<T: LivesOn<As>, As> LivesOn<Inside<0, As>> for Vec<T> {}
impl<T: LivesOn<As>, As, const N: usize> LivesOn<Inside<0, As>> for [T; N] {}
impl<A: LivesOn<As>, B, As> LivesOn<Inside<0, As>> for (A, B) {}
impl<A, B: LivesOn<As>, As> LivesOn<Inside<1, As>> for (A, B) {}
impl<A: LivesOn<As>, B, C, As> LivesOn<Inside<0, As>> for (A, B, C) {}
impl<A, B: LivesOn<As>, C, As> LivesOn<Inside<1, As>> for (A, B, C) {}
impl<A, B, C: LivesOn<As>, As> LivesOn<Inside<2, As>> for (A, B, C) {}

/// A container of futures or streams, or a box of a trait object of the user's that is one.
pub trait Contains<As> {}

impl<V: LivesOn<Inside<AT, As>>, As, const AT: usize> Contains<Inside<AT, As>> for V {}
impl<V: LivesOn<As> + ?Sized, As> Contains<InBox<As>> for Box<V> {}

/// Any container of futures or streams.
pub trait IsContainer<As> {
    /// The type that was returned.
    type Type;
    /// Does not compile.
    fn __floe_returned(&self) -> Found<Value, Self::Type>
    where
        Self::Type: EndsWithTheCall;
}

impl<V: Contains<As>, As> IsContainer<As> for &&Returned<'_, V> {
    type Type = V;

    fn __floe_returned(&self) -> Found<Value, V>
    where
        V: EndsWithTheCall,
    {
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
        Self::Type: EndsWithTheCall;
    /// The result of the lookup.
    fn __floe_opaque(&self) -> Found<OpaqueFuture, Self::Type>;
}

impl<V: Future> IsFuture for &Returned<'_, V> {
    type Type = V;

    fn __floe_returned(&self) -> Found<Value, V>
    where
        V: EndsWithTheCall,
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
        Self::Type: EndsWithTheCall;
    /// The result of the lookup.
    fn __floe_opaque(&self) -> Found<OpaqueStream, Self::Type>;
}

impl<V: Stream> IsStream for Returned<'_, V> {
    type Type = V;

    fn __floe_returned(&self) -> Found<Value, V>
    where
        V: EndsWithTheCall,
    {
        found()
    }

    fn __floe_opaque(&self) -> Found<OpaqueStream, V> {
        found()
    }
}

/// Any type that can be made a future.
pub trait IsIntoFuture {
    /// The type that was returned.
    type Type;
    /// Does not compile.
    fn __floe_into_future(&self) -> Found<Value, Self::Type>
    where
        Self::Type: EndsWithTheCall;
}

impl<V: IntoFuture> IsIntoFuture for Returned<'_, V> {
    type Type = V;

    fn __floe_into_future(&self) -> Found<Value, V>
    where
        V: EndsWithTheCall,
    {
        found()
    }
}

/// Any value.
pub trait IsValue {
    /// The type that was returned.
    type Type;
    /// The result of the lookup.
    fn __floe_returned(self) -> Found<Value, Self::Type>;
    /// The result of the lookup, where the signature has a concrete type.
    fn __floe_concrete(self) -> Found<Value, Self::Type>;
    /// The result of the lookup.
    fn __floe_into_future(self) -> Found<Value, Self::Type>;
    /// A value, although the signature promises a future or a stream.
    fn __floe_opaque(self) -> Found<OpaqueValue, Self::Type>;
}

// By value, which method lookup tries after everything behind a reference.
impl<V> IsValue for Returned<'_, V> {
    type Type = V;

    fn __floe_returned(self) -> Found<Value, V> {
        found()
    }

    fn __floe_concrete(self) -> Found<Value, V> {
        found()
    }

    fn __floe_into_future(self) -> Found<Value, V> {
        found()
    }

    fn __floe_opaque(self) -> Found<OpaqueValue, V> {
        found()
    }
}

/// The kind `K` of a returned value: [`Value`], [`Boxed`] or one of the opaque kinds.
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
    /// Adds the output that the signature declares.
    #[must_use]
    pub const fn of<T>(self) -> Declared<K, V, T> {
        Declared(PhantomData)
    }
}

/// A [`Found`] with the output `T` that the signature declares. With it the compiler infers types that the
/// body does not determine, such as the error type of an `Ok(…)`.
pub struct Declared<K, V, T>(PhantomData<fn(K, V, T)>);

impl<K, V, T> Debug for Declared<K, V, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Declared")
    }
}

impl<V: Future<Output = T>, T> Declared<OpaqueFuture, V, T> {
    /// The output is the declared one.
    #[must_use]
    pub const fn __floe_found(self) -> Found<OpaqueFuture, V> {
        found()
    }
}

/// A future whose output is not the declared one. The compiler reports that at the signature, and
/// would report it here again.
pub trait DeclaredTypeMismatch {
    /// The result of [`__floe_found`](Self::__floe_found).
    type Found;
    /// The result of the lookup.
    fn __floe_found(self) -> Self::Found;
}

impl<K, V, T> DeclaredTypeMismatch for Declared<K, V, T> {
    type Found = Found<K, V>;

    fn __floe_found(self) -> Found<K, V> {
        found()
    }
}

/// Not a future or stream.
#[derive(Debug)]
pub struct Value;

/// A boxed future or stream, which keeps its type inside a span.
#[derive(Debug)]
pub struct Boxed;

/// A future that is `impl Future` in the signature.
#[derive(Debug)]
pub struct OpaqueFuture;

/// A stream that is `impl Stream` in the signature.
#[derive(Debug)]
pub struct OpaqueStream;

/// Neither, although the signature promises it.
#[derive(Debug)]
pub struct OpaqueValue;

impl<V> Found<Value, V> {
    /// Compiles if the span can end with the call.
    pub const fn ends_with_the_call(self) {}

    /// Ends the span.
    pub fn finish(self, span: &mut Opened, value: V, outcome: Classifier<V>) -> V {
        end(span, value, outcome)
    }
}

impl<V: Pointer> Found<Boxed, V> {
    /// Does not compile.
    pub const fn ends_with_the_call(self)
    where
        V: EndsWithTheCall,
    {
    }

    /// Moves the span to the future or stream.
    pub fn finish(self, span: &mut Opened, value: V, outcome: Classifier<V::Output>) -> V {
        value.in_span(span, outcome)
    }
}

impl<V: Future> Found<OpaqueFuture, V> {
    /// Moves the span to the future.
    pub fn finish(
        self,
        span: &mut Opened,
        value: V,
        outcome: Classifier<V::Output>,
    ) -> Traced<V, OutcomeOf<V>> {
        in_future(span, value, outcome)
    }
}

impl<V: Stream> Found<OpaqueStream, V> {
    /// Moves the span to the stream.
    pub fn finish(
        self,
        span: &mut Opened,
        value: V,
        _: Classifier<AStreamEndsWithoutAValue>,
    ) -> Traced<V, StreamEnded> {
        in_stream(span, value)
    }
}

impl<V> Found<OpaqueValue, V> {
    /// Ends the span.
    pub fn finish(self, span: &mut Opened, value: V, outcome: Classifier<V>) -> V {
        end(span, value, outcome)
    }
}

/// The traits, without their names.
pub mod prelude {
    pub use super::{
        DeclaredTypeMismatch as _, IsContainer as _, IsFuture as _, IsIntoFuture as _,
        IsPointer as _, IsStream as _, IsUnresolved as _, IsValue as _,
    };
}

/// Runs a function that returns `impl Future` or `impl Stream`, according to its signature. `finish`
/// determines which, and returns it inside the span.
#[inline]
pub fn call_opaque<V, W>(
    mut span: Opened,
    body: impl FnOnce() -> V,
    finish: impl FnOnce(&mut Opened, V) -> W,
) -> W {
    let value = run(&mut span, body);
    finish(&mut span, value)
}

/// Runs a function whose return type may be a future or a stream. `finish` determines that, and either
/// ends the span or leaves it to the future. Without a span the value is returned unchanged.
#[inline]
pub fn call_by_type<V>(
    mut span: Opened,
    body: impl FnOnce() -> V,
    finish: impl FnOnce(&mut Opened, V) -> V,
) -> V {
    if span.is_off() {
        return body();
    }
    recorded(&mut span, body, finish)
}

/// Runs a function like [`call_opaque`], with a body that opens its span itself, in its first statement.
#[inline]
pub fn call_opaque_opening<V, W>(
    body: impl FnOnce(&mut Opened) -> V,
    finish: impl FnOnce(&mut Opened, V) -> W,
) -> W {
    let mut span = Opened::OFF;
    let value = run_opening(&mut span, body);
    finish(&mut span, value)
}

/// A function of its own, whose variables a call without a span has no stack for.
#[inline]
fn recorded<V>(
    span: &mut Opened,
    body: impl FnOnce() -> V,
    finish: impl FnOnce(&mut Opened, V) -> V,
) -> V {
    let value = run(span, body);
    finish(span, value)
}

/// Moves `span` to a future that was returned.
#[inline]
pub(super) fn in_future<F: Future>(
    span: &mut Opened,
    future: F,
    outcome: Classifier<F::Output>,
) -> Traced<F, OutcomeOf<F>> {
    Traced::new(Phase::Open(span.park()), future, OutcomeOf(outcome))
}

/// Moves `span` to a stream that was returned.
#[inline]
pub(super) fn in_stream<S: Stream>(span: &mut Opened, stream: S) -> Traced<S, StreamEnded> {
    Traced::new(Phase::Open(span.park()), stream, StreamEnded)
}

/// Replaces the classifier for a stream, which has no outcome.
#[derive(Debug)]
pub struct StreamEnded;

impl<S: Stream> Stream for Traced<S, StreamEnded> {
    type Item = S::Item;

    fn poll_next(self: Pin<&mut Self>, task: &mut TaskContext<'_>) -> Poll<Option<S::Item>> {
        let this = self.project();
        let Some(entered) = this.span.begin() else {
            return this.inner.poll_next(task);
        };
        // The context was stored when the stream was returned.
        let polled = (this.span).run(entered, task, |task| this.inner.poll_next(task));
        if matches!(polled, Poll::Ready(None))
            && let Some(recording) = this.span.take().recording()
        {
            recording.complete();
        }
        polled
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.inner.size_hint()
    }
}

/// In place of the result of a stream, which has none for an `error_if` to test.
#[derive(Debug)]
pub struct AStreamEndsWithoutAValue;

/// A boxed future or stream.
pub trait Pointer: Sized {
    /// The output of the future; [`AStreamEndsWithoutAValue`] for a stream.
    type Output;

    /// Moves the span into the future or stream.
    #[must_use]
    fn in_span(self, span: &mut Opened, outcome: Classifier<Self::Output>) -> Self;
}

macro_rules! pointers {
    ($($($bound:ident)*;)*) => {$(
        impl<'a, T: 'a> Pointer for Pin<Box<dyn Future<Output = T> $(+ $bound)* + 'a>> {
            type Output = T;

            fn in_span(self, span: &mut Opened, outcome: Classifier<T>) -> Self {
                Box::pin(in_future(span, self, outcome))
            }
        }

        impl<'a, T: 'a> Pointer for Box<dyn Future<Output = T> $(+ $bound)* + Unpin + 'a> {
            type Output = T;

            fn in_span(self, span: &mut Opened, outcome: Classifier<T>) -> Self {
                Box::new(in_future(span, self, outcome))
            }
        }

        // A future that is not `Unpin` must be pinned before it is polled.
        impl<'a, T: 'a> Pointer for Box<dyn Future<Output = T> $(+ $bound)* + 'a> {
            type Output = T;

            fn in_span(self, span: &mut Opened, outcome: Classifier<T>) -> Self {
                Box::new(in_future(span, Self::into_pin(self), outcome))
            }
        }

        impl<T> LivesOn<AsBox> for Box<dyn Future<Output = T> $(+ $bound)* + '_> {}
        impl<T> LivesOn<AsBox> for Box<dyn Stream<Item = T> $(+ $bound)* + '_> {}

        impl<'a, T: 'a> Pointer for Pin<Box<dyn Stream<Item = T> $(+ $bound)* + 'a>> {
            type Output = AStreamEndsWithoutAValue;

            fn in_span(self, span: &mut Opened, _: Classifier<AStreamEndsWithoutAValue>) -> Self {
                Box::pin(in_stream(span, self))
            }
        }

        impl<'a, T: 'a> Pointer for Box<dyn Stream<Item = T> $(+ $bound)* + Unpin + 'a> {
            type Output = AStreamEndsWithoutAValue;

            fn in_span(self, span: &mut Opened, _: Classifier<AStreamEndsWithoutAValue>) -> Self {
                Box::new(in_stream(span, self))
            }
        }

        impl<'a, T: 'a> Pointer for Box<dyn Stream<Item = T> $(+ $bound)* + 'a> {
            type Output = AStreamEndsWithoutAValue;

            fn in_span(self, span: &mut Opened, _: Classifier<AStreamEndsWithoutAValue>) -> Self {
                Box::new(in_stream(span, Self::into_pin(self)))
            }
        }
    )*};
}

pointers! {
    ;
    Send;
    Sync;
    Send Sync;
}
