//! The scope of a `testing::capture`, which collects spans independently of the provider's sampling.

use opentelemetry::Context;

#[cfg(feature = "testing")]
use crate::recorder::listeners::CAPTURES;
use crate::recorder::listeners::Listeners;

/// Identifies a running capture; stored in the `Context`.
#[cfg(feature = "testing")]
#[derive(Clone, Copy, Debug)]
pub(crate) struct CaptureScope(pub(crate) u64);

#[cfg(feature = "testing")]
thread_local! {
    /// The capture that this thread runs, for contexts that are not derived from the current one.
    static RUNNING: std::cell::Cell<Option<u64>> = const { std::cell::Cell::new(None) };
}

#[cfg(feature = "testing")]
impl CaptureScope {
    /// Runs `code` on this thread as part of the capture.
    pub(crate) fn run<T>(self, code: impl FnOnce() -> T) -> T {
        struct Restore(Option<u64>);
        impl Drop for Restore {
            fn drop(&mut self) {
                RUNNING.set(self.0);
            }
        }
        let _restore = Restore(RUNNING.replace(Some(self.0)));
        code()
    }
}

/// Returns the id of the capture that `cx` belongs to.
#[cfg(feature = "testing")]
#[inline]
pub(super) fn capture(listeners: Listeners, cx: &Context) -> Option<u64> {
    if listeners & CAPTURES == 0 {
        return None;
    }
    let scope = cx.get::<CaptureScope>().map(|scope| scope.0);
    scope.or_else(|| RUNNING.try_with(std::cell::Cell::get).ok().flatten())
}

#[cfg(not(feature = "testing"))]
#[inline]
pub(super) fn capture(_: Listeners, _: &Context) -> Option<u64> {
    None
}
