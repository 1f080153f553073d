//! The end of a thread, at which it leaves its rings to other threads.
//!
//! `exit` destroys the thread-local values of its thread, too, and a signal handler may call it while the thread that it
//! has interrupted allocates or holds a lock of the recorder. So on Linux, the rings of a thread are left by a destructor of
//! POSIX, which only the end of a thread calls.

use std::sync::OnceLock;

/// The function that the recorder sets, called at the end of a thread.
pub(super) static LEAVE: OnceLock<fn()> = OnceLock::new();

/// Calls [`LEAVE`].
pub(super) fn leave() {
    if let Some(leave) = LEAVE.get() {
        leave();
    }
}

#[cfg(all(target_os = "linux", not(miri)))]
#[expect(unsafe_code, reason = "the standard library calls destructors at `exit`, too")]
mod posix {
    use std::ffi::c_void;
    use std::ptr;
    use std::sync::OnceLock;

    /// Lets the end of this thread call `leave`, and returns whether it will.
    pub(crate) fn watch() -> bool {
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
mod posix {
    pub(crate) const fn watch() -> bool {
        false
    }
}

pub(super) use self::posix::watch;
