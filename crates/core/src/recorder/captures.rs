//! The spans of `testing::capture`.

use std::cell::Cell;
use std::collections::HashMap;
use std::sync::{LazyLock, Mutex};

use opentelemetry::Context;

use super::fork::lock;
use super::last_panic;
use super::listeners::{self, CAPTURE_BOUNDARIES, CAPTURES, Listeners};

/// Identifies a running `testing::capture` in the `Context`. A capture collects spans independently of the provider's
/// sampling.
#[derive(Clone, Copy, Debug)]
pub struct CaptureScope(pub u64);

thread_local! {
    /// The capture that runs on this thread. It also collects spans in contexts not derived from the current one.
    static RUNNING: Cell<Option<u64>> = const { Cell::new(None) };
}

impl CaptureScope {
    /// Runs `code` on this thread as part of the capture.
    pub fn run<T>(self, code: impl FnOnce() -> T) -> T {
        struct Restore(Option<u64>);
        impl Drop for Restore {
            fn drop(&mut self) {
                RUNNING.set(self.0);
            }
        }

        let _restore = Restore(RUNNING.replace(Some(self.0)));
        code()
    }

    /// Stops recording for captures.
    pub fn stop_all() {
        listeners::clear(CAPTURES | CAPTURE_BOUNDARIES);
    }

    /// Returns the functions called outside the captures so far, with the numbers of calls.
    pub fn missed() -> HashMap<&'static str, u64> {
        lock(&MISSED).clone()
    }
}

pub(super) fn start_captures(has_boundaries: bool) {
    last_panic::observe();
    let boundaries = if has_boundaries { CAPTURE_BOUNDARIES } else { 0 };
    listeners::set(CAPTURES | boundaries);
}

/// The functions called outside the running captures, with the numbers of calls. A failed assertion names them, because
/// their threads or tasks lack the context of the capture.
static MISSED: LazyLock<Mutex<HashMap<&'static str, u64>>> = LazyLock::new(Mutex::default);

pub(super) fn miss(name: &'static str) {
    *lock(&MISSED).entry(name).or_default() += 1;
}

#[inline]
pub(super) fn capture(listeners: Listeners, cx: &Context) -> Option<u64> {
    if listeners::has_captures(listeners) {
        return capture_of(cx);
    }
    None
}

/// Returns the capture of a context. Not inlined, to keep the code of every span small.
#[cold]
#[inline(never)]
fn capture_of(cx: &Context) -> Option<u64> {
    let scope = cx.get::<CaptureScope>().map(|scope| scope.0);
    scope.or_else(|| RUNNING.try_with(Cell::get).ok().flatten())
}
