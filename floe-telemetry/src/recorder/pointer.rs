//! Boxed futures and streams, whose type does not change when they are moved into a span.

use std::future::Future;
use std::pin::Pin;

use futures_core::Stream;

use super::open::Opened;
use super::outcome::Classifier;
use super::returned::{in_future, in_stream};

/// A boxed future or stream.
pub trait Pointer: Sized {
    /// The output of the future; `()` for a stream.
    type Output;

    /// Moves the span into the future or stream.
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

        impl<'a, T: 'a> Pointer for Pin<Box<dyn Stream<Item = T> $(+ $bound)* + 'a>> {
            type Output = ();

            fn in_span(self, span: &mut Opened, _: Classifier<()>) -> Self {
                Box::pin(in_stream(span, self))
            }
        }

        impl<'a, T: 'a> Pointer for Box<dyn Stream<Item = T> $(+ $bound)* + Unpin + 'a> {
            type Output = ();

            fn in_span(self, span: &mut Opened, _: Classifier<()>) -> Self {
                Box::new(in_stream(span, self))
            }
        }

        impl<'a, T: 'a> Pointer for Box<dyn Stream<Item = T> $(+ $bound)* + 'a> {
            type Output = ();

            fn in_span(self, span: &mut Opened, _: Classifier<()>) -> Self {
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
