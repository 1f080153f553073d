//! The runtime where no transport is compiled: requests go to writers, whose futures are ready at once.

use std::future::{Future, pending};
use std::io;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use crate::config;
use floe_telemetry_sdk::Error;

#[derive(Debug)]
pub(super) struct Runtime;

#[expect(clippy::unnecessary_wraps, clippy::unused_self, reason = "as with a transport")]
impl Runtime {
    pub(super) const fn new(_: config::Runtime) -> Result<Self, Error> {
        Ok(Self)
    }

    pub(super) fn enter<T>(&self, create: impl FnOnce() -> T) -> T {
        create()
    }

    /// Returns the output of a future that is ready.
    ///
    /// # Errors
    ///
    /// It is not.
    pub(super) fn block_on<T>(&mut self, future: impl Future<Output = T>) -> io::Result<T> {
        match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(output) => Ok(output),
            Poll::Pending => Err(io::ErrorKind::WouldBlock.into()),
        }
    }

    pub(super) const fn shutdown(self) {}
}

/// No writer asks for a pause.
pub(super) async fn sleep(_: Duration) {
    pending::<()>().await;
}

/// Returns the output of a future.
pub(super) async fn timeout<T>(_: Duration, future: impl Future<Output = T>) -> Option<T> {
    Some(future.await)
}

/// Returns the output of `future`.
pub(super) async fn unless<T>(future: impl Future<Output = T>, _: impl Future) -> Option<T> {
    Some(future.await)
}
