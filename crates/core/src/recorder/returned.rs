//! The end of an annotated function's call: its span ends, too, or follows the returned future or stream.
//!
//! A macro does not know types, so the expansion asks the compiler: method lookup takes the first of the types below
//! that has the method `__floe_kind`.

use std::future::Future;
use std::marker::PhantomData;
use std::ops::Deref;
use std::pin::Pin;

use futures_core::Stream;

use super::call::{call_then, end};
use super::future::{InSpan, unclassified};
use super::open::Opened;
use super::outcome::{Classifier, IsStatus, MayFail, derefs, probe};
use super::stream::StreamInSpan;

/// The type of an annotated function's value, together with the output `T` of its signature. It lets the compiler infer
/// the types that the body leaves open, such as the error type of an `Ok(…)`.
#[derive(Debug)]
pub struct Returned<T, V>(PhantomData<fn(T, V)>);

impl<T, V> Returned<T, V> {
    /// Infers `V` from a reference to the function's value, which is not used.
    #[inline]
    pub const fn new(_: &V) -> Self {
        Self(PhantomData)
    }
}

impl<T, F: Future<Output = T>> Returned<T, F> {
    /// Moves `span` to the future.
    #[inline]
    pub fn __floe_in_span(self, span: &mut Opened, future: F, outcome: Classifier<T>) -> InSpan<F> {
        InSpan::following(span, future, outcome)
    }
}

impl<T, S: Stream<Item = T>> Returned<T, S> {
    /// Moves `span` to the stream.
    #[inline]
    pub fn __floe_stream_in_span(
        self,
        span: &mut Opened,
        stream: S,
        outcome: Classifier<T>,
    ) -> StreamInSpan<S> {
        StreamInSpan::following(span, stream, outcome)
    }
}

/// The content of a box that the body returns, together with the output `T` of the declared type. Method lookup takes the
/// first of the types below that has the method.
#[derive(Debug)]
pub struct Boxed<T, V>(BoxedStream<T, V>);

/// The content of a box, which is no future.
#[derive(Debug)]
pub struct BoxedStream<T, V>(BoxedValue<T, V>);

/// The content of a box, which is neither a future nor a stream.
#[derive(Debug)]
pub struct BoxedValue<T, V>(Returned<T, V>);

impl<T, V> Boxed<T, V> {
    /// Infers `V` from a reference to the content, which is not used.
    #[inline]
    pub const fn new(_: PhantomData<fn(T)>, content: &V) -> Self {
        Self(BoxedStream(BoxedValue(Returned::new(content))))
    }
}

impl<T, F: Future<Output = T>> Boxed<T, F> {
    /// Moves `span` to the future.
    #[inline]
    pub fn __floe_in_box(&self, span: &mut Opened, future: F, outcome: Classifier<T>) -> InSpan<F> {
        InSpan::following(span, future, outcome)
    }
}

#[expect(clippy::unused_self, reason = "only the type of the receiver matters")]
impl<T, S: Stream<Item = T>> BoxedStream<T, S> {
    /// Moves `span` to the stream.
    #[inline]
    pub fn __floe_in_box(
        &self,
        span: &mut Opened,
        stream: S,
        outcome: Classifier<T>,
    ) -> StreamInSpan<S> {
        StreamInSpan::following(span, stream, outcome)
    }
}

#[expect(clippy::unused_self, reason = "only the type of the receiver matters")]
impl<T, V> BoxedValue<T, V> {
    /// Ends the span with the call.
    #[inline]
    pub fn __floe_in_box(&self, span: &mut Opened, value: V, _: Classifier<T>) -> V {
        end(span, value, unclassified)
    }
}

/// A value that is not the declared future or stream. Thanks to this trait, the compiler reports the mismatch only at
/// the signature.
pub trait DeclaredTypeMismatch<T, V>: Sized {
    /// Returns the value.
    fn __floe_in_span(self, _: &mut Opened, value: V, _: Classifier<T>) -> V {
        value
    }

    /// Returns the value.
    fn __floe_stream_in_span(self, _: &mut Opened, value: V, _: Classifier<T>) -> V {
        value
    }
}

impl<T, V> DeclaredTypeMismatch<T, V> for Returned<T, V> {}

/// A future or stream that takes a span without a change of its type: in a box, or in an `InSpan`.
#[diagnostic::on_unimplemented(
    message = "the argument `future` declares a boxed future or stream, or an `InSpan`, but this is `{Self}`",
    label = "no future or stream that the span can follow",
    note = "without `future`, the compiler finds out what the function returns"
)]
pub trait Followed: Sized {
    /// The output of the future, or the item of the stream.
    type Output;

    /// Moves the span into the box.
    #[must_use]
    fn in_span(self, span: &mut Opened, outcome: Classifier<Self::Output>) -> Self;
}

macro_rules! boxed {
    ($($trait:ident $output:ident $wrapper:ident [$($bound:ident)*];)*) => {$(
        #[diagnostic::do_not_recommend]
        impl<'a, T: 'a> Followed for Pin<Box<dyn $trait<$output = T> $(+ $bound)* + 'a>> {
            type Output = T;

            fn in_span(self, span: &mut Opened, outcome: Classifier<T>) -> Self {
                Box::pin($wrapper::following(span, self, outcome))
            }
        }
    )*};
}

boxed! {
    Future Output InSpan [];
    Future Output InSpan [Send];
    Future Output InSpan [Sync];
    Future Output InSpan [Send Sync];
    Stream Item StreamInSpan [];
    Stream Item StreamInSpan [Send];
    Stream Item StreamInSpan [Sync];
    Stream Item StreamInSpan [Send Sync];
}

#[diagnostic::do_not_recommend]
#[doc(hidden)] // the trait has no page
impl<F: Future> Followed for InSpan<F> {
    type Output = F::Output;

    fn in_span(self, span: &mut Opened, outcome: Classifier<F::Output>) -> Self {
        self.followed_by(span, outcome)
    }
}

#[diagnostic::do_not_recommend]
#[doc(hidden)] // the trait has no page
impl<S: Stream> Followed for StreamInSpan<S> {
    type Output = S::Item;

    fn in_span(self, span: &mut Opened, outcome: Classifier<S::Item>) -> Self {
        self.followed_by(span, outcome)
    }
}

/// A value of type `V`, whose kind method lookup determines: each type dereferences to the next.
#[derive(Debug)]
pub struct Kind<V: ?Sized>(IsFuture<V>);

/// A value that no span can follow.
#[derive(Debug)]
pub struct IsFuture<V: ?Sized>(IsStream<V>);

/// A value that is no future.
#[derive(Debug)]
pub struct IsStream<V: ?Sized>(IsAround<V>);

/// A value that is no stream.
#[derive(Debug)]
pub struct IsAround<V: ?Sized>(IsValue<V>);

/// A value that neither is a future or stream nor contains one.
#[derive(Debug)]
pub struct IsValue<V: ?Sized>(PhantomData<fn(&V)>);

impl<V: ?Sized> Kind<V> {
    /// Starts the method lookup for a type.
    pub const OF_TYPE: Self = Self(IsFuture(IsStream(IsAround(IsValue(PhantomData)))));
}

impl<V> Kind<V> {
    /// Starts the method lookup for the type of a value, which is not used.
    #[inline]
    pub const fn of(_: &V) -> Self {
        Self::OF_TYPE
    }
}

macro_rules! unbounded {
    ($(#[doc = $doc:literal] $name:ident: $note:literal;)*) => {$(
        #[doc = $doc]
        #[derive(Debug)]
        pub struct $name<V>(Kind<V>);

        derefs! { [V] $name<V> => Kind<V>; }

        impl<V> $name<V> {
            /// Starts the method lookup for the type of a value, which is not used.
            #[inline]
            pub const fn of(_: &V) -> Self {
                Self(Kind::OF_TYPE)
            }
        }

        impl<V: Followed> $name<V> {
            /// Returns the kind.
            #[deprecated(note = $note)]
            pub const fn __floe_kind(&self) -> Ends<V> {
                Ends(PhantomData)
            }
        }
    )*};
}

unbounded! {
    #[doc = "A boxed future whose output need not live as long as the box. A second box around it would have another lifetime."]
    Unbounded: "the span covers only the call: a type parameter in this future's output need not be `'static`, so no box \
                around it has its type. Write `call_only`, or `future` if the parameter is `'static`";
    #[doc = "A boxed future whose output may contain a type parameter of a block that the attribute does not see."]
    PossiblyUnbounded: "the span covers only the call: if the capital letter in this future's output is a type parameter of \
                        the block, it need not be `'static`, so no box around it has its type. Write `future` if it is no \
                        parameter or is `'static`, else `call_only`, or put `#[traced]` on the block";
}

derefs! {
    [T, V] Boxed<T, V> => BoxedStream<T, V>;
    [T, V] BoxedStream<T, V> => BoxedValue<T, V>;
    [V: ?Sized] Kind<V> => IsFuture<V>;
    [V: ?Sized] IsFuture<V> => IsStream<V>;
    [V: ?Sized] IsStream<V> => IsAround<V>;
    [V: ?Sized] IsAround<V> => IsValue<V>;
}

/// The span follows a value of type `V`.
#[derive(Debug)]
pub struct Follows<V: ?Sized>(PhantomData<fn(&V)>);

impl<V: Followed> Follows<V> {
    /// Returns the kind that the argument `future` declares for a value, which is not used.
    #[inline]
    pub const fn of(_: &V) -> Self {
        Self(PhantomData)
    }
}

/// The value, or a part of it, is a future or stream that cannot contain a span.
#[derive(Debug)]
pub struct FutureWithAName(PhantomData<()>);

/// The span ends with the call, which returns a value of type `V`.
#[derive(Debug)]
pub struct Ends<V: ?Sized>(PhantomData<fn(&V)>);

macro_rules! outcomes {
    ($([$($parameters:tt)*] $kind:ty => $output:ty;)*) => {$(
        impl<$($parameters)*> $kind {
            /// Starts the method lookup for the outcome.
            #[inline]
            pub const fn __floe_probe(&self) -> MayFail<$output, IsStatus<$output>> {
                probe()
            }

            /// Returns the outcome, whose type it determines.
            #[inline]
            pub const fn __floe_outcome(&self, outcome: Classifier<$output>) -> Classifier<$output> {
                outcome
            }
        }
    )*};
}

outcomes! {
    [V: Followed] Follows<V> => V::Output;
    // A type that has every trait that it may need, so that the kind is the only mistake.
    [] FutureWithAName => bool;
    [V] Ends<V> => V;
}

macro_rules! kinds {
    ($([$($parameters:tt)*] $level:ident $ty:ty => $kind:ident $(<$of:ident>)?;)*) => {$(
        impl<$($parameters)*> $level<$ty> {
            /// Returns the kind.
            #[inline]
            pub const fn __floe_kind(&self) -> $kind $(<$of>)? {
                $kind(PhantomData)
            }
        }
    )*};
}

kinds! {
    [V: Followed] Kind V => Follows<V>;
    [V: Future + ?Sized] IsFuture V => FutureWithAName;
    [V: Stream + ?Sized] IsStream V => FutureWithAName;
    [F: Future] IsAround Option<F> => FutureWithAName;
    [F: Future, E] IsAround Result<F, E> => FutureWithAName;
    [F: Future + ?Sized] IsAround Box<F> => FutureWithAName;
    [F: Future] IsAround Vec<F> => FutureWithAName;
    [V: ?Sized] IsValue V => Ends<V>;
}

macro_rules! outputs {
    ($([$($bound:tt)*] $level:ident => $output:ty;)*) => {$(
        impl<V: $($bound)* ?Sized> $level<V> {
            /// Returns the output of the future or the item of the stream, as a type.
            #[inline]
            pub const fn __floe_output(&self) -> PhantomData<fn($output)> {
                PhantomData
            }
        }
    )*};
}

outputs! {
    [Future +] IsFuture => V::Output;
    [Stream +] IsStream => V::Item;
    [] IsValue => ();
}

/// Ends the span of a call that has returned a value of type `V`, or makes it follow the value. `T` is the type whose
/// outcome is recorded.
#[diagnostic::on_unimplemented(
    message = "a future or stream of this type would outlive the span",
    label = "the span follows `impl Future`, `Pin<Box<dyn Future>>`, `InSpan<…>`, and streams alike",
    note = "to follow a future with a name, declare `InSpan<…>` of it, or `StreamInSpan<…>` of a stream, and call \
            `in_current_span` on it in the body: see \"Futures with a name\" in the documentation of `traced`",
    note = "if the span should cover only the call, write `#[traced(call_only)]` on the function or the block"
)]
pub trait CoveredBySpan<T, V> {
    /// Ends the span or moves it.
    fn __floe_end(&self, span: &mut Opened, value: V, outcome: Classifier<T>) -> V;

    /// Runs the body, and ends the span or moves it.
    #[inline]
    fn __floe_call(&self, span: Opened, body: impl FnOnce() -> V, outcome: Classifier<T>) -> V {
        call_then(span, body, |span, value| self.__floe_end(span, value, outcome))
    }
}

#[diagnostic::do_not_recommend]
impl<V> CoveredBySpan<V, V> for Ends<V> {
    #[inline]
    fn __floe_end(&self, span: &mut Opened, value: V, outcome: Classifier<V>) -> V {
        end(span, value, outcome)
    }
}

#[diagnostic::do_not_recommend]
impl<V: Followed> CoveredBySpan<V::Output, V> for Follows<V> {
    /// Without a span, the value is not boxed again.
    #[inline]
    fn __floe_end(&self, span: &mut Opened, value: V, outcome: Classifier<V::Output>) -> V {
        if span.is_off() { value } else { value.in_span(span, outcome) }
    }
}

/// A part of a returned value.
#[diagnostic::on_unimplemented(
    message = "this part of the returned value is a future or stream, and would outlive the span",
    label = "the span follows only the value itself",
    note = "put `#[traced]` on the function that creates it, or call its `in_span`",
    note = "if the span should cover only the call, write `#[traced(call_only)]` on the function or the block"
)]
pub trait EndsWithTheCall: Sized {
    /// Does nothing.
    #[inline]
    fn __floe_is_value(self) {}
}

#[diagnostic::do_not_recommend]
impl<V: ?Sized> EndsWithTheCall for Ends<V> {}
