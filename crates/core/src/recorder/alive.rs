//! The destructor of a user's thread-local value may call an annotated function while the thread ends.
//! OpenTelemetry's `Context` may be destroyed by then, and accessing it panics, which aborts the process.
//! The value of this module is initialized after the `Context`, and thread-local values are destroyed in reverse
//! order. As long as it is alive, the `Context` is alive, too, and so is the storage of the recorder.

use std::sync::OnceLock;

use opentelemetry::Context;

/// Called at the end of a thread. Set by the recorder.
pub(super) static LEAVE: OnceLock<fn()> = OnceLock::new();

struct Alive;

impl Drop for Alive {
    fn drop(&mut self) {
        // Not the value of an initialization within this one, by an allocator of the program.
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
