//! Forks of the process.
//!
//! The child has a copy of the memory, but only the forking thread, and neither the collector nor the exporters. It
//! must not export spans of the parent, and no call may wait for a missing thread. So recording ends in the child, and
//! starts again with a provider of its own.
//!
//! The locks that every process with telemetry needs are taken before a fork, and released after it in both processes.

use std::cell::RefCell;
use std::sync::Once;

use super::{buffer, fork, listeners, measure, memory, recording};

pub(super) fn watch() {
    static REGISTERED: Once = Once::new();
    REGISTERED.call_once(register);
}

type Locks = (buffer::Locks, measure::Locks, recording::Lock);

thread_local! {
    static LOCKED: RefCell<Option<Locks>> = const { RefCell::new(None) };
}

extern "C" fn before() {
    // On an ending thread, the locks are not taken.
    let _ = LOCKED.try_with(|locked| {
        if let Ok(mut locked) = locked.try_borrow_mut() {
            *locked = Some((buffer::locks(), measure::locks(), recording::lock()));
        }
    });
}

/// Runs in the parent before `fork` returns, and in the child.
extern "C" fn after() {
    let _ = LOCKED.try_with(|locked| {
        if let Ok(mut locked) = locked.try_borrow_mut() {
            *locked = None;
        }
    });
}

/// Runs in the child before `fork` returns. After a fork of a process with several threads, only functions that are
/// safe in a signal handler may be called here, such as atomics.
extern "C" fn in_child() {
    fork::count_fork();
    listeners::forked();
    memory::forked();
    after();
}

#[cfg(all(unix, not(miri)))]
#[expect(unsafe_code, reason = "the standard library cannot register fork handlers")]
fn register() {
    use std::ffi::c_int;

    type Handler = Option<extern "C" fn()>;

    // SAFETY: this is the declaration of POSIX. The function stores the handlers, which are functions that
    // live as long as the process, and has no other requirement.
    unsafe extern "C" {
        safe fn pthread_atfork(prepare: Handler, parent: Handler, child: Handler) -> c_int;
    }

    // The registration fails only without memory. Forks are then not detected.
    let _ = pthread_atfork(Some(before), Some(after), Some(in_child));
}

#[cfg(not(all(unix, not(miri))))]
fn register() {
    let _: [extern "C" fn(); 3] = [before, after, in_child];
}
