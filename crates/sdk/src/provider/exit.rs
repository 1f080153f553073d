//! What runs when the process ends: the shutdown at exit, and the flush after a panic.

use std::io::{self, Write};
use std::panic;
use std::sync::{Arc, Mutex, Once, PoisonError, Weak};
use std::thread;
use std::time::Duration;

use opentelemetry::Context;
use tracing::dispatcher::{Dispatch, get_default, has_been_set, with_default};

use super::{Inner, is_on_telemetry_thread};
use crate::caught::caught;
use crate::channel::channel;
use crate::error::Error;
use crate::internal_log::internal_log;
use crate::program_signals::{self, Unsignalled};

/// How long the message about a failure may take. It is written by a subscriber of the program, which may
/// wait for a lock of the thread that ends the process.
const MESSAGE_TIMEOUT: Duration = Duration::from_secs(1);

/// The provider that is shut down at exit, and the timeout.
static AT_EXIT: Mutex<Option<(Weak<Inner>, Duration)>> = Mutex::new(None);

/// Shuts the provider down when the process exits.
pub(super) fn at_exit(provider: &Arc<Inner>, timeout: Duration) {
    static REGISTERED: Once = Once::new();

    let mut at_exit = AT_EXIT.lock().unwrap_or_else(PoisonError::into_inner);
    *at_exit = Some((Arc::downgrade(provider), timeout));
    REGISTERED.call_once(register);
}

/// Flushes the provider after the current panic hook.
pub(super) fn on_panic(provider: &Arc<Inner>, timeout: Duration) {
    let provider = Arc::downgrade(provider);
    let previous = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        previous(panic);
        // The flush would wait for this thread, which catches the panics of exporters.
        if is_on_telemetry_thread() {
            return;
        }
        if let Some(provider) = provider.upgrade() {
            run(timeout, move || provider.force_flush(timeout));
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
        run(timeout, move || provider.shut_down_unheard(timeout));
    }
}

/// Runs `finish`, which ends within `timeout`, on a thread of its own: the thread-local values of this one may be
/// destroyed, and its stack may be almost full.
pub(super) fn run(timeout: Duration, finish: impl FnOnce() -> Result<(), Error> + Send + 'static) {
    run_on(program_signals::thread("floe-exit"), timeout, finish, Unsignalled(io::stderr()));
}

/// Logs that a shutdown has failed, on a thread of its own: this one may hold a lock that the subscriber waits for.
pub(super) fn warn(error: &Error) {
    let error = error.to_string();
    let log = move || {
        internal_log!(warn, error = error, "the telemetry provider could not be shut down cleanly");
    };
    let is_seen = has_been_set();
    let subscriber = get_default(Dispatch::clone);
    let (running, ended) = channel::<()>();
    let thread = program_signals::thread("floe-warning");
    let started = program_signals::spawn(thread, move || {
        let _running = running;
        let _quiet = Context::enter_telemetry_suppressed_scope();
        if is_seen {
            with_default(&subscriber, log);
        } else {
            log();
        }
    });
    if started.is_ok() {
        let _ = ended.recv_timeout(MESSAGE_TIMEOUT);
    }
}

/// Runs `finish` on `thread`. If it cannot be started, this thread runs it and writes its error to `output`: a
/// subscriber may wait for a lock of this thread.
fn run_on(
    thread: thread::Builder,
    timeout: Duration,
    finish: impl FnOnce() -> Result<(), Error> + Send + 'static,
    mut output: impl Write,
) {
    let (running, ended) = channel::<()>();
    let finish = Arc::new(Mutex::new(Some(finish)));
    let take = |finish: &Mutex<Option<_>>| {
        let mut finish = finish.lock().unwrap_or_else(PoisonError::into_inner);
        finish.take()
    };
    let own = Arc::clone(&finish);
    let work = move || {
        // Dropped at the end, also by a panic.
        let _running = running;
        if let Some(Err(error)) = take(&own).map(|finish| finish()) {
            // If the subscriber panics, the panic hook does not flush again.
            let _quiet = Context::enter_telemetry_suppressed_scope();
            let error = error.to_string();
            internal_log!(
                warn,
                error = error,
                "telemetry was not delivered before the process ended"
            );
        }
    };
    let Err(cause) = program_signals::spawn(thread, work) else {
        let _ = ended.recv_timeout(timeout.saturating_add(MESSAGE_TIMEOUT));
        return;
    };
    let finished = caught(|| take(&finish).map_or(Ok(()), |finish| finish()));
    let error = match finished {
        Ok(Ok(())) => return,
        Ok(Err(error)) => error,
        Err(_) => Error::thread("floe-exit", &cause),
    };
    let _ = writeln!(output, "telemetry was not delivered before the process ended: {error}");
}

#[cfg(all(unix, not(miri)))]
#[expect(unsafe_code, reason = "the standard library has no handler for the exit")]
fn register() {
    use std::ffi::c_int;

    // SAFETY: this is the declaration of the C standard. The function stores the handler, which is a function
    // that lives as long as the process, and has no other requirement.
    unsafe extern "C" {
        safe fn atexit(handler: extern "C" fn()) -> c_int;
    }
    // It fails only without memory.
    let _ = atexit(exiting);
}

#[cfg(not(all(unix, not(miri))))]
fn register() {
    let _: extern "C" fn() = exiting;
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A thread that cannot be started, because there is no memory for its stack.
    fn impossible() -> thread::Builder {
        thread::Builder::new().stack_size(usize::MAX / 4)
    }

    #[test]
    fn what_ends_the_process_runs_without_a_thread_too() {
        let (sender, ran) = channel();
        let finish = move || {
            let _ = sender.send(thread::current().id());
            Ok(())
        };
        let mut output = Vec::new();
        run_on(impossible(), Duration::MAX, finish, &mut output);
        assert_eq!(ran.try_recv(), Ok(thread::current().id()));
        assert!(output.is_empty());

        let failed = || Err(Error::export("no receiver"));
        run_on(impossible(), Duration::MAX, failed, &mut output);
        run_on(impossible(), Duration::MAX, || panic!("a test"), &mut output);
        let output = String::from_utf8(output).unwrap();
        let lines: Vec<_> = output.lines().collect();
        assert!(lines[0].ends_with(" ended: no receiver"), "{output}");
        let cause = "the thread of `floe-exit` could not be started: ";
        assert!(lines[1].contains(cause), "{output}");
        assert_eq!(lines.len(), 2, "{output}");
    }
}
