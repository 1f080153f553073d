//! Spans of shapes of functions that have caused a defect in this or another library. `tests/shapes` has those that
//! are compared with the bare function. The package `edition-2021` compiles all of them too.

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

/// The future never waits for a waker.
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
