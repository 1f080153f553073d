//! The end of the process: the shutdown at exit, and the flush after a panic.

use std::io;
use std::panic;
use std::sync::{Arc, Mutex, Once, PoisonError, Weak};
use std::time::Duration;

use super::{Inner, is_on_telemetry_thread};
use crate::caught::caught;
use crate::channel::on_thread;
use crate::internal_log::write_line;

/// The time limit for writing a message, because standard error may wait for its reader.
const MESSAGE_TIMEOUT: Duration = Duration::from_secs(1);

/// The provider to shut down at the exit, and the timeout.
static AT_EXIT: Mutex<Option<(Weak<Inner>, Duration)>> = Mutex::new(None);

pub(super) fn at_exit(provider: &Arc<Inner>, timeout: Duration) {
    static REGISTERED: Once = Once::new();

    let mut at_exit = AT_EXIT.lock().unwrap_or_else(PoisonError::into_inner);
    *at_exit = Some((Arc::downgrade(provider), timeout));
    REGISTERED.call_once(register);
}

/// Adds a panic hook that flushes the provider after the current hook.
pub(super) fn on_panic(provider: &Arc<Inner>, timeout: Duration) {
    let provider = Arc::downgrade(provider);
    let previous = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        previous(panic);
        // On a thread of the library, the flush would wait for this thread, and panics of exporters are caught there.
        if is_on_telemetry_thread() {
            return;
        }
        if let Some(provider) = provider.upgrade() {
            run_apart(timeout, move || {
                if let Err(error) = provider.force_flush(timeout) {
                    let lost = "telemetry was not delivered after a panic";
                    say(format!("{lost}: {error}"), MESSAGE_TIMEOUT);
                }
            });
        }
    }));
}

extern "C" fn exiting() {
    // Another thread may have been stopped while it held the lock.
    let Ok(mut at_exit) = AT_EXIT.try_lock() else {
        return;
    };
    if let Some((provider, timeout)) = at_exit.take()
        && let Some(provider) = provider.upgrade()
        && !provider.is_inherited()
    {
        // The shutdown reports the losses.
        run_apart(timeout, move || _ = provider.shutdown(timeout));
    }
}

/// Runs `finish`, which ends within `timeout`, on a separate thread, because the thread-local values of this thread may
/// be destroyed, and its stack may be almost full.
pub(super) fn run_apart(timeout: Duration, finish: impl Fn() + Send + Sync + 'static) {
    let limit = timeout.saturating_add(MESSAGE_TIMEOUT);
    run_on(|work| on_thread("floe-exit", limit, work).map(drop), finish);
}

/// Writes an error to standard error on a separate thread, because standard error may have no reader, and waits for it
/// at most for `timeout`, within limits of 0.1 and 1 second. If the thread cannot be started, nothing is written.
pub(super) fn say(error: String, timeout: Duration) {
    let limit = timeout.clamp(MESSAGE_TIMEOUT / 10, MESSAGE_TIMEOUT);
    let _ = on_thread("floe-message", limit, move || write_line("error", &error));
}

/// Runs `finish` on the thread that `run` starts, or on this thread if no thread is started.
fn run_on(
    run: impl FnOnce(Box<dyn FnOnce() + Send>) -> io::Result<()>,
    finish: impl Fn() + Send + Sync + 'static,
) {
    let finish = Arc::new(finish);
    let own = Arc::clone(&finish);
    if run(Box::new(move || own())).is_err() {
        let _ = caught(|| finish());
    }
}

#[cfg(all(unix, not(miri)))]
#[expect(unsafe_code, reason = "the standard library cannot register exit handlers")]
fn register() {
    use std::ffi::c_int;

    // SAFETY: this is the declaration of the C standard. The function stores the handler, which is a function
    // that lives as long as the process, and has no other requirement.
    unsafe extern "C" {
        safe fn atexit(handler: extern "C" fn()) -> c_int;
    }
    // `atexit` fails only if there is no memory.
    let _ = atexit(exiting);
}

#[cfg(not(all(unix, not(miri))))]
fn register() {
    let _: extern "C" fn() = exiting;
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;
    use crate::channel::channel;

    fn impossible(_: Box<dyn FnOnce() + Send>) -> io::Result<()> {
        Err(io::Error::other("no memory for its stack"))
    }

    #[test]
    fn the_end_of_the_process_needs_no_thread() {
        let (sender, ran) = channel();
        let finish = move || {
            let _ = sender.send(thread::current().id());
        };
        run_on(impossible, finish);
        assert_eq!(ran.recv_timeout(Duration::ZERO), Ok(thread::current().id()));
        run_on(impossible, || panic!("a test"));
    }
}
