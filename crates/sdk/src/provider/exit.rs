//! The end of the process: the shutdown at exit or by a signal, and the flush after a panic.

use std::panic;
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use super::{Inner, is_on_telemetry_thread, standby};
use crate::caught::caught;
use crate::channel::on_thread;
use crate::error::Error;
use crate::internal_log::{write_line, write_line_within};
use crate::lock::lock;
use crate::recorder::context::is_expected_panic;
use crate::unheard::without_subscriber;

/// The longest wait for the reader of standard error.
const MESSAGE_TIMEOUT: Duration = Duration::from_secs(1);

const LOST: &str = "telemetry was not delivered after a panic";

/// The provider to shut down at the exit, and the timeout.
static AT_EXIT: Mutex<Option<(Weak<Inner>, Duration)>> = Mutex::new(None);

/// Shuts the provider down at the exit.
///
/// # Errors
///
/// The thread that waits for the exit cannot be started, or the exit cannot be noticed.
pub(super) fn at_exit(provider: &Arc<Inner>, timeout: Duration) -> Result<(), Error> {
    let mut at_exit = lock(&AT_EXIT);
    *at_exit = Some((Arc::downgrade(provider), timeout));
    // `finish` takes up to one message longer than the shutdown, and the thread must have time to answer.
    let limit = timeout.saturating_add(2 * MESSAGE_TIMEOUT);
    standby::start(finish, limit)
}

/// Shuts the provider down on the thread that waits for the end of the process. The shutdown reports the losses.
fn finish() {
    let at_exit = lock(&AT_EXIT).take();
    if let Some((provider, timeout)) = at_exit
        && let Some(provider) = provider.upgrade()
        && !provider.is_inherited()
    {
        // A subscriber of the program may block the thread.
        without_subscriber(|| _ = caught(|| provider.shutdown(timeout)));
    }
}

/// Adds a panic hook that flushes the provider after the current hook.
pub(super) fn on_panic(provider: &Arc<Inner>, timeout: Duration) {
    let provider = Arc::downgrade(provider);
    let previous = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        if is_expected_panic() {
            return;
        }
        previous(panic);
        // On a thread of the library, the flush would wait for this thread, and panics of exporters are caught there.
        if is_on_telemetry_thread() {
            return;
        }
        let Some(provider) = provider.upgrade() else { return };
        let flush = move || {
            if let Err(error) = provider.force_flush(timeout) {
                say(&format!("{LOST}: {error}"), MESSAGE_TIMEOUT);
            }
        };
        // The stack of this thread may be almost full, and it may hold locks of the program, so it does not flush itself.
        let limit = timeout.saturating_add(2 * MESSAGE_TIMEOUT);
        let error = match on_thread("floe-exit", limit, flush) {
            Ok(Ok(())) => return,
            Ok(Err(_)) => Error::timeout("flush", limit, "its thread has not ended"),
            Err(error) => Error::thread("exit", &error),
        };
        write_line("error", &format!("{LOST}: {error}"));
    }));
}

/// Writes an error to standard error, and waits for room in a pipe at most for `timeout`, within limits of 0.1 and 1 second.
pub(super) fn say(error: &str, timeout: Duration) {
    write_line_within("error", error, timeout.clamp(MESSAGE_TIMEOUT / 10, MESSAGE_TIMEOUT));
}
