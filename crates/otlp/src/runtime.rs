//! What drives connections: a runtime of tokio on a thread of the library, or the thread of the program that flushes.

mod caller;

use std::future::{Future, poll_fn};
use std::io;
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::Duration;

use tokio::runtime;

use self::caller::Caller;
pub(super) use self::caller::{Connector, Spawner};
use crate::config;
use floe_telemetry_sdk::Error;

/// A runtime for the connections of one exporter. It belongs to the exporter, so a flush never depends on a runtime of
/// the host.
#[derive(Debug)]
pub(super) enum Runtime {
    Tokio(runtime::Runtime),
    Caller(Caller),
}

impl Runtime {
    pub(super) fn new(of: config::Runtime) -> Result<Self, Error> {
        let created = if of.is_caller() {
            Caller::new().map(Self::Caller)
        } else {
            let tokio = runtime::Builder::new_current_thread().enable_all().build();
            tokio.map(Self::Tokio)
        };
        created.map_err(|error| Error::thread("otlp", &error))
    }

    /// What connections need of the thread of the program; `None` if tokio drives them.
    #[cfg_attr(not(feature = "http"), expect(dead_code, reason = "only HTTP has no thread"))]
    pub(super) fn spawner(&self) -> Option<&Spawner> {
        match self {
            Self::Tokio(_) => None,
            Self::Caller(caller) => Some(caller.spawner()),
        }
    }

    /// Creates something that needs the runtime.
    pub(super) fn enter<T>(&self, create: impl FnOnce() -> T) -> T {
        match self {
            Self::Tokio(runtime) => {
                let _entered = runtime.enter();
                create()
            }
            Self::Caller(_) => create(),
        }
    }

    /// Waits for a future.
    ///
    /// # Errors
    ///
    /// The system does not report events.
    pub(super) fn block_on<T>(&mut self, future: impl Future<Output = T>) -> io::Result<T> {
        match self {
            Self::Tokio(runtime) => Ok(runtime.block_on(future)),
            Self::Caller(caller) => caller.block_on(future),
        }
    }

    /// Ends without waiting. A DNS lookup of tokio cannot be cancelled, and a drop would block on it, which panics on a
    /// thread of a runtime of the host.
    pub(super) fn shutdown(self) {
        if let Self::Tokio(runtime) = self {
            runtime.shutdown_background();
        }
    }
}

/// Waits for a time, in a future that a [`Runtime`] drives.
pub(super) fn sleep(time: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
    if caller::is_driving() {
        Box::pin(caller::Sleep::new(time))
    } else {
        Box::pin(tokio::time::sleep(time))
    }
}

/// Returns the output of a future, or `None` after a time.
pub(super) async fn timeout<T>(time: Duration, future: impl Future<Output = T>) -> Option<T> {
    unless(future, sleep(time)).await
}

/// Returns the output of `future`, or `None` if `other` is ready before.
pub(super) async fn unless<T>(future: impl Future<Output = T>, other: impl Future) -> Option<T> {
    let (mut future, mut other) = (pin!(future), pin!(other));
    poll_fn(|context| match future.as_mut().poll(context) {
        Poll::Ready(output) => Poll::Ready(Some(output)),
        Poll::Pending => other.as_mut().poll(context).map(|_| None),
    })
    .await
}
