//! The end of the process: the shutdown at exit or by a signal, and the flush after a panic.

use std::io::{self, Write as _};
use std::panic;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use super::{Inner, is_on_telemetry_thread, standby};
use crate::caught::caught;
use crate::channel::on_thread;
use crate::error::Error;
use crate::internal_log::{is_shown, write_line};
use crate::program_signals::Unsignalled;

/// The time limit for writing a message, because standard error may wait for its reader.
const MESSAGE_TIMEOUT: Duration = Duration::from_secs(1);

const LOST: &str = "telemetry was not delivered after a panic";

/// The provider to shut down at the exit, and the timeout.
static AT_EXIT: Mutex<Option<(Weak<Inner>, Duration)>> = Mutex::new(None);

/// Shuts the provider down at the exit.
///
/// # Errors
///
/// The thread that waits for the exit cannot be started.
pub(super) fn at_exit(provider: &Arc<Inner>, timeout: Duration) -> io::Result<()> {
    let mut at_exit = AT_EXIT.lock().unwrap_or_else(PoisonError::into_inner);
    *at_exit = Some((Arc::downgrade(provider), timeout));
    // `finish` takes up to one message longer than the shutdown, and the thread must have time to answer.
    let limit = timeout.saturating_add(2 * MESSAGE_TIMEOUT);
    standby::start(finish, limit)
}

/// Shuts the provider down on the thread that waits for the end of the process, and returns whether that came to its end.
fn finish() -> bool {
    let at_exit = AT_EXIT.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some((provider, timeout)) = at_exit
        && let Some(provider) = provider.upgrade()
        && !provider.is_inherited()
    {
        let limit = timeout.saturating_add(MESSAGE_TIMEOUT);
        // On a separate thread, because code of the program, such as a subscriber, may block it. The shutdown reports the
        // losses.
        return run_on(
            |shutdown| on_thread("floe-exit", limit, shutdown).map(|ended| ended.is_ok()),
            move || _ = provider.shutdown(timeout),
        );
    }
    true
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
        let Some(provider) = provider.upgrade() else { return };
        let flush = move || {
            if let Err(error) = provider.force_flush(timeout) {
                say(format!("{LOST}: {error}"), MESSAGE_TIMEOUT);
            }
        };
        // The stack of this thread may be almost full, and it may hold locks of the program, so it does not flush itself.
        if let Err(error) = on_thread("floe-exit", timeout.saturating_add(MESSAGE_TIMEOUT), flush) {
            write_line("error", &format!("{LOST}: {}", Error::thread("exit", &error)));
        }
    }));
}

/// Writes an error to standard error on a separate thread, because standard error may have no reader, and waits for it
/// at most for `timeout`, within limits of 0.1 and 1 second. If the thread cannot be started, nothing is written.
pub(super) fn say(error: String, timeout: Duration) {
    let limit = timeout.clamp(MESSAGE_TIMEOUT / 10, MESSAGE_TIMEOUT);
    let _ = on_thread("floe-message", limit, move || {
        if is_shown("error") {
            let _ = Unsignalled(io::stderr()).write_all(format!("error: {error}\n").as_bytes());
        }
    });
}

/// Runs `finish` on the thread that `run` starts, or on this thread if no thread is started. Returns whether it came to its
/// end.
fn run_on(
    run: impl FnOnce(Box<dyn FnOnce() + Send>) -> io::Result<bool>,
    finish: impl Fn() + Send + Sync + 'static,
) -> bool {
    let finish = Arc::new(finish);
    let own = Arc::clone(&finish);
    run(Box::new(move || own())).unwrap_or_else(|_| caught(|| finish()).is_ok())
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;
    use crate::channel::channel;

    fn impossible(_: Box<dyn FnOnce() + Send>) -> io::Result<bool> {
        Err(io::Error::other("no memory for its stack"))
    }

    #[test]
    fn the_end_of_the_process_needs_no_thread() {
        let (sender, ran) = channel();
        let finish = move || {
            let _ = sender.send(thread::current().id());
        };
        assert!(run_on(impossible, finish));
        assert_eq!(ran.recv_timeout(Duration::ZERO), Ok(thread::current().id()));
        assert!(!run_on(impossible, || panic!("a test")));
        assert!(!run_on(|_| Ok(false), || ()));
    }
}
