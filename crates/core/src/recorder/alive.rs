//! A thread that ends runs the destructors of the user's thread-local values, which may call an annotated function.
//! OpenTelemetry's `Context` may be destroyed by then, and accessing it panics, which aborts the process. The value of
//! this module is initialized after the `Context`, and thread-local values are destroyed in reverse order. So while
//! this value exists, the `Context` and the recorder's storage exist, too.

use std::sync::OnceLock;

use opentelemetry::Context;

/// The function that the recorder sets, called at the end of a thread.
pub(super) static LEAVE: OnceLock<fn()> = OnceLock::new();

struct Alive;

impl Drop for Alive {
    fn drop(&mut self) {
        // Ignores a second value, which an allocator of the program may create while the first one is initialized.
        if !context_is_alive()
            && let Some(leave) = LEAVE.get()
        {
            leave();
        }
    }
}

thread_local! {
    static CONTEXT_IS_ALIVE: Alive = {
        Context::map_current(|_| ());
        Alive
    };
}

/// Whether OpenTelemetry's current `Context` may be accessed.
#[inline]
pub fn context_is_alive() -> bool {
    CONTEXT_IS_ALIVE.try_with(|_| ()).is_ok()
}
