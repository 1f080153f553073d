//! The work inside the spans, which is as little as possible.

use std::future::{Future, poll_fn};
use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

#[inline(never)]
pub(crate) fn work(n: i64) -> i64 {
    black_box(n)
}

/// Works in every asynchronous span, and is pending once.
pub(crate) async fn work_async(n: i64) -> i64 {
    let mut paused = false;
    let pause =
        poll_fn(
            |_| {
                if std::mem::replace(&mut paused, true) { Poll::Ready(()) } else { Poll::Pending }
            },
        );
    pause.await;
    work(n)
}

/// Returns an owned string of 14 bytes, which is allocated on each call.
#[inline]
pub(crate) fn text() -> String {
    black_box("orders_by_city").to_owned()
}

/// Executes a future by polling it until it is ready.
pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    let mut task = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut task) {
            return value;
        }
    }
}
