//! The pointers to a future or a stream that have the same type inside of a span.

use std::future::Future;
use std::pin::Pin;

use futures_core::Stream;

use super::outcome::Classifier;
use super::returned::{in_future, in_stream};
use super::state::OpenSpan;

/// A pointer to any future or stream.
pub trait Pointer: Sized {
    /// What there is to look at when it has ended.
    type Output;

    /// The same, inside of a span.
    fn in_span(self, span: OpenSpan, outcome: Classifier<Self::Output>) -> Self;
}

macro_rules! pointers {
    ($($($bound:ident)*;)*) => {$(
        impl<'a, T: 'a> Pointer for Pin<Box<dyn Future<Output = T> $(+ $bound)* + 'a>> {
            type Output = T;

            fn in_span(self, span: OpenSpan, outcome: Classifier<T>) -> Self {
                Box::pin(in_future(span, self, outcome))
            }
        }

        impl<'a, T: 'a> Pointer for Box<dyn Future<Output = T> $(+ $bound)* + Unpin + 'a> {
            type Output = T;

            fn in_span(self, span: OpenSpan, outcome: Classifier<T>) -> Self {
                Box::new(in_future(span, self, outcome))
            }
        }

        // Whoever awaits this one has to pin it first.
        impl<'a, T: 'a> Pointer for Box<dyn Future<Output = T> $(+ $bound)* + 'a> {
            type Output = T;

            fn in_span(self, span: OpenSpan, outcome: Classifier<T>) -> Self {
                Box::new(in_future(span, Self::into_pin(self), outcome))
            }
        }

        impl<'a, T: 'a> Pointer for Pin<Box<dyn Stream<Item = T> $(+ $bound)* + 'a>> {
            type Output = ();

            fn in_span(self, span: OpenSpan, _: Classifier<()>) -> Self {
                Box::pin(in_stream(span, self))
            }
        }

        impl<'a, T: 'a> Pointer for Box<dyn Stream<Item = T> $(+ $bound)* + Unpin + 'a> {
            type Output = ();

            fn in_span(self, span: OpenSpan, _: Classifier<()>) -> Self {
                Box::new(in_stream(span, self))
            }
        }

        impl<'a, T: 'a> Pointer for Box<dyn Stream<Item = T> $(+ $bound)* + 'a> {
            type Output = ();

            fn in_span(self, span: OpenSpan, _: Classifier<()>) -> Self {
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
