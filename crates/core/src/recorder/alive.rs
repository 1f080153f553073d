//! A thread that ends runs the destructors of the user's thread-local values, which may call an annotated function.
//! OpenTelemetry's `Context` may be destroyed by then, and accessing it panics, which aborts the process. The value of
//! this module is initialized after the `Context`, and thread-local values are destroyed in reverse order. So while
//! this value exists, the `Context` and the recorder's storage exist, too.
//!
//! `exit` destroys the thread-local values of its thread, too, and a signal handler may call it while the thread that it
//! has interrupted allocates or holds a lock of the recorder. So on Linux, the rings of a thread are left by a destructor of
//! POSIX, which only the end of a thread calls.

use std::sync::OnceLock;

use opentelemetry::Context;

/// The function that the recorder sets, called at the end of a thread.
pub(super) static LEAVE: OnceLock<fn()> = OnceLock::new();

struct Alive {
    /// Whether the end of the thread is noticed in another way.
    is_watched: bool,
}

impl Drop for Alive {
    fn drop(&mut self) {
        // Ignores a second value, which an allocator of the program may create while the first one is initialized.
        if !self.is_watched && !context_is_alive() {
            leave();
        }
    }
}

thread_local! {
    static CONTEXT_IS_ALIVE: Alive = {
        Context::map_current(|_| ());
        Alive { is_watched: thread_end::watch() }
    };
}

/// Whether OpenTelemetry's current `Context` may be accessed.
#[inline]
pub fn context_is_alive() -> bool {
    CONTEXT_IS_ALIVE.try_with(|_| ()).is_ok()
}

fn leave() {
    if let Some(leave) = LEAVE.get() {
        leave();
    }
}

#[cfg(all(target_os = "linux", not(miri)))]
#[expect(unsafe_code, reason = "the standard library calls destructors at `exit`, too")]
mod thread_end {
    use std::ffi::c_void;
    use std::ptr;
    use std::sync::OnceLock;

    /// Lets the end of this thread call `leave`, and returns whether it will.
    pub(super) fn watch() -> bool {
        static KEY: OnceLock<Option<libc::pthread_key_t>> = OnceLock::new();

        let key = KEY.get_or_init(|| {
            let mut key = 0;
            // SAFETY: the pointer is to a value that is exclusively borrowed, and the destructor lives as long as the
            // code of this crate, which thread-local values with destructors keep loaded.
            let created = unsafe { libc::pthread_key_create(&raw mut key, Some(ended)) };
            (created == 0).then_some(key)
        });

        // The system calls the destructor only if the value is not null.
        let value = ptr::from_ref(&KEY).cast::<c_void>();
        // SAFETY: the key exists as long as the process, and nothing reads the value.
        key.is_some_and(|key| unsafe { libc::pthread_setspecific(key, value) } == 0)
    }

    extern "C" fn ended(_: *mut c_void) {
        super::leave();
    }
}

#[cfg(not(all(target_os = "linux", not(miri))))]
mod thread_end {
    pub(super) const fn watch() -> bool {
        false
    }
}
