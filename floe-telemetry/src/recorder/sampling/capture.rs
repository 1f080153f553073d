//! The code whose spans `testing::capture` collects, whatever the provider samples.

use opentelemetry::Context;

#[cfg(feature = "testing")]
use crate::recorder::listeners::CAPTURES;
use crate::recorder::listeners::Listeners;

/// In the `Context` while a capture runs.
#[cfg(feature = "testing")]
#[derive(Clone, Copy, Debug)]
pub(crate) struct CaptureScope(pub(crate) u64);

#[cfg(feature = "testing")]
thread_local! {
    /// The capture whose code this thread runs, for contexts that do not derive from the current one.
    static RUNNING: std::cell::Cell<Option<u64>> = const { std::cell::Cell::new(None) };
}

#[cfg(feature = "testing")]
impl CaptureScope {
    /// Runs the capture's code on this thread.
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

/// The capture that `cx` is in.
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
