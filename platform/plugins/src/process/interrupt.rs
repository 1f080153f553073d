//! Signals that end the program: SIGINT, SIGTERM and SIGHUP.
//!
//! After a signal, the running command stops at the next [`check`], its drafts are removed and its telemetry is
//! delivered; then the program ends by the same signal. If the command does not stop within [`STOP_TIMEOUT`], another
//! thread ends the program.

use std::process;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use floe_plugin::ErrorKind;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use signal_hook::low_level::{emulate_default_handler, exit};

use crate::error::Error;

/// The time for a command to stop after a signal. Together with the delivery of telemetry, it is less than the 10
/// seconds after which container runtimes send SIGKILL.
pub const STOP_TIMEOUT: Duration = Duration::from_secs(4);

/// The received signal; 0 for none.
static RECEIVED: AtomicI32 = AtomicI32::new(0);

/// Whether the command has stopped, so that only the delivery of its telemetry is awaited.
static HAS_STOPPED: AtomicBool = AtomicBool::new(false);

/// Whether a signal was received.
pub fn is_requested() -> bool {
    RECEIVED.load(Ordering::Relaxed) != 0
}

/// Returns an error if a signal was received.
///
/// # Errors
/// A signal was received.
pub fn check() -> Result<(), Error> {
    match RECEIVED.load(Ordering::Relaxed) {
        0 => Ok(()),
        signal => Err(Error::Interrupted { signal }),
    }
}

/// Creates the error of a plugin's operation that a signal interrupted.
pub fn interrupted(message: String) -> floe_plugin::Error {
    let error = floe_plugin::Error::new(ErrorKind::Interrupted, message);
    match check() {
        Err(signal) => error.with_source(signal),
        Ok(()) => error,
    }
}

/// Records that the command has stopped and its telemetry is being delivered.
pub fn command_stopped() {
    HAS_STOPPED.store(true, Ordering::Release);
}

/// Starts to handle signals. If the command does not stop within [`STOP_TIMEOUT`], another thread calls `overdue` and
/// ends the program. `delivery` is the maximum duration of delivering telemetry.
pub fn listen(delivery: Duration, overdue: impl FnOnce() + Send + 'static) {
    let (ready, is_ready) = mpsc::channel::<()>();
    let thread = thread::Builder::new().name("floe-signals".to_owned());
    let spawned = thread.spawn(move || {
        let signals = Signals::new(not_ignored(&[SIGHUP, SIGINT, SIGTERM]));
        drop(ready);
        // Without a handler, a signal ends the program at once.
        if let Ok(mut signals) = signals
            && let Some(signal) = signals.forever().next()
        {
            RECEIVED.store(signal, Ordering::Relaxed);
            thread::sleep(STOP_TIMEOUT);
            if HAS_STOPPED.load(Ordering::Acquire) {
                thread::sleep(delivery);
            } else {
                overdue();
            }
            end(signal);
        }
    });
    if spawned.is_ok() {
        // Waits until the handlers are installed or their installation has failed: in both cases, the thread drops
        // the sender.
        let _ = is_ready.recv();
    }
}

/// Ends the program by the signal, so that its parent learns the cause.
pub fn end(signal: i32) -> ! {
    // The kernel ignores a signal that the first process of a container does not handle.
    if process::id() != 1 {
        let _ = emulate_default_handler(signal);
    }
    exit(128 + signal)
}

/// Returns the given signals, except those that this process ignores because its parent chose it: `nohup` protects a
/// program from SIGHUP, and a shell protects a background job from SIGINT.
pub fn not_ignored(signals: &[i32]) -> Vec<i32> {
    let ignored = ignored();
    let mut signals = signals.to_vec();
    signals.retain(|signal| ignored & (1 << (signal - 1)) == 0);
    signals
}

/// Returns the ignored signals, one bit each; none on systems without `/proc`.
fn ignored() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.map(|mask| u64::from_str_radix(mask.trim(), 16));
    mask.and_then(Result::ok).unwrap_or(0)
}
