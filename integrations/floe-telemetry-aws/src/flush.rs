//! A flush that a task waits for, on a thread of its own.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;

use floe_telemetry::TelemetryProvider;

#[derive(Debug)]
pub(crate) struct Flush(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    is_done: bool,
    waker: Option<Waker>,
}

impl Flush {
    /// Starts a flush. The provider reports what cannot be delivered.
    pub(crate) fn start(telemetry: Arc<TelemetryProvider>, timeout: Duration) -> Self {
        let state = Arc::new(Mutex::new(State::default()));
        let done = Done(Arc::clone(&state));
        let flush = move || {
            let _ = telemetry.force_flush(timeout);
            drop(done);
        };
        // Without a thread, the closure is dropped, and so the flush is over.
        let _ = thread::Builder::new().name("floe-flush".to_owned()).spawn(flush);
        Self(state)
    }
}

/// Wakes the task, also after a panic.
struct Done(Arc<Mutex<State>>);

impl Drop for Done {
    fn drop(&mut self) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.is_done = true;
        let waker = state.waker.take();
        drop(state);
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl Future for Flush {
    type Output = ();

    fn poll(self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<()> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if state.is_done {
            return Poll::Ready(());
        }
        state.waker = Some(task.waker().clone());
        Poll::Pending
    }
}
