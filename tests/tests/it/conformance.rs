//! Spans of functions with shapes that have caused a defect in this or another library. `tests/shapes` compares
//! functions with and without the macro. The package `edition-2021` compiles all these shapes, too.

#![allow(
    clippy::needless_lifetimes,
    clippy::panic,
    clippy::ptr_arg,
    clippy::unwrap_used,
    reason = "the shapes are tested"
)]

mod arguments;
mod futures;
mod hygiene;
mod methods;
mod table;

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

/// Polls a future until it is ready. The future must not wait for its waker.
fn ready<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    for _ in 0..100 {
        let polled = future.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        if let Poll::Ready(value) = polled {
            return value;
        }
    }

    panic!("not ready");
}
