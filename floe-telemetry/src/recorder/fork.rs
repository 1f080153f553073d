//! Forks of the process.
//!
//! The child has a copy of the memory and only the thread that has forked: neither the collector nor the
//! exporters. It must not export what the parent has recorded, and no call may wait for a thread that does
//! not exist. So recording ends in the child, and begins again with a provider of its own.

use std::sync::Once;
use std::sync::atomic::{AtomicU32, Ordering};
#[cfg(all(unix, feature = "signals"))]
use std::sync::{Arc, OnceLock, atomic::AtomicBool};

use super::listeners;

/// How often this process and its ancestors have forked since the first provider started.
static FORKS: AtomicU32 = AtomicU32::new(0);

/// The number of forks between the process that started the first provider and this one. Threads and
/// buffers with another number belong to an ancestor.
#[inline]
pub(crate) fn forks() -> u32 {
    FORKS.load(Ordering::Relaxed)
}

/// Detects forks from now on.
pub(super) fn watch() {
    static REGISTERED: Once = Once::new();
    REGISTERED.call_once(register);
}

/// A flag that is true in forks of this process.
#[cfg(all(unix, feature = "signals"))]
static IN_FORKS: OnceLock<Arc<AtomicBool>> = OnceLock::new();

/// Sets the flag in each fork of this process from now on. Later calls have no effect.
#[cfg(all(unix, feature = "signals"))]
pub(crate) fn set_in_forks(flag: &Arc<AtomicBool>) {
    let _ = IN_FORKS.set(Arc::clone(flag));
}

/// Called in the child before `fork` returns. In a process that had several threads, only functions that are
/// safe in a signal handler may be called here; atomics are.
extern "C" fn in_child() {
    FORKS.fetch_add(1, Ordering::Relaxed);
    listeners::forked();
    #[cfg(all(unix, feature = "signals"))]
    if let Some(flag) = IN_FORKS.get() {
        flag.store(true, Ordering::Relaxed);
    }
}

#[cfg(all(unix, not(miri)))]
#[expect(unsafe_code, reason = "the standard library has no handler for forks")]
fn register() {
    use std::ffi::c_int;

    type Handler = Option<extern "C" fn()>;

    // SAFETY: this is the declaration of POSIX. The function stores the handlers, which are functions that
    // live as long as the process, and has no other requirement.
    unsafe extern "C" {
        safe fn pthread_atfork(prepare: Handler, parent: Handler, child: Handler) -> c_int;
    }
    // It fails only without memory. Then forks are not detected.
    let _ = pthread_atfork(None, None, Some(in_child));
}

#[cfg(not(all(unix, not(miri))))]
fn register() {
    let _: extern "C" fn() = in_child;
}
