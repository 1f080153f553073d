//! Waits for futures of OpenTelemetry SDK exporters on a thread without an async runtime.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::Duration;

use opentelemetry_sdk::error::OTelSdkResult;

use super::export_failure::ExportFailure;
use crate::clock::{Instant, monotonic_now};

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Waits at most `timeout` for the result of an export, and drops the future if it is not ready by then.
pub(crate) fn export_within(
    timeout: Duration,
    export: impl Future<Output = OTelSdkResult>,
) -> Result<(), ExportFailure> {
    match block_on_until(monotonic_now().checked_add(timeout), export) {
        Some(exported) => Ok(exported?),
        None => Err(ExportFailure::timeout(format!("not exported within {timeout:?}"))),
    }
}

/// Waits until the future is ready. Returns `None` if it is not ready at `deadline`.
fn block_on_until<T>(deadline: Option<Instant>, future: impl Future<Output = T>) -> Option<T> {
    let mut future = pin!(future);
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut cx = Context::from_waker(&waker);
    loop {
        if let Poll::Ready(result) = future.as_mut().poll(&mut cx) {
            return Some(result);
        }
        let Some(deadline) = deadline else {
            thread::park();
            continue;
        };
        let rest = deadline.saturating_duration_since(monotonic_now());
        if rest.is_zero() {
            return None;
        }
        thread::park_timeout(rest);
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, poll_fn, ready};

    use super::*;

    #[test]
    fn a_future_that_is_never_ready_is_dropped_at_the_deadline() {
        assert_eq!(block_on_until(Some(monotonic_now()), ready(1)), Some(1));
        assert_eq!(block_on_until(Some(monotonic_now()), pending::<()>()), None);
    }

    #[test]
    fn a_wake_from_another_thread_continues_the_future() {
        let mut polls = 0;
        let future = poll_fn(|cx| {
            polls += 1;
            if polls == 2 {
                return Poll::Ready(());
            }
            let waker = cx.waker().clone();
            thread::spawn(move || waker.wake());
            Poll::Pending
        });
        assert_eq!(block_on_until(None, future), Some(()));
    }
}
