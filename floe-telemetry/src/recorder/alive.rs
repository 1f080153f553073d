//! Whether the thread can still have a current `Context`.
//!
//! A thread-local value of the user may call an annotated function when it is dropped, at the end
//! of its thread. OpenTelemetry's `Context` may be gone by then, and panics if it is asked, which
//! aborts the process.

use opentelemetry::Context;

/// Goes before the `Context` does, because it came after: destructors run in reverse.
struct Canary;

impl Drop for Canary {
    fn drop(&mut self) {}
}

thread_local! {
    static CANARY: Canary = {
        Context::map_current(|_| ());
        Canary
    };
}

/// Whether OpenTelemetry's current `Context` may be asked for.
#[inline]
pub(crate) fn context_is_alive() -> bool {
    CANARY.try_with(|_| ()).is_ok()
}
