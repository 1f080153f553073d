//! SIGTERM and SIGINT: the provider is shut down, then the process ends by the same signal.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock, Mutex, PoisonError, Weak};
use std::time::Duration;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag::register_conditional_default;
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;

use super::{Inner, exit, this_process};
use crate::error::Error;
use crate::program_signals;
use crate::recorder;

#[derive(Debug)]
struct OnSignal {
    /// The provider that a signal shuts down, and the timeout.
    provider: (Weak<Inner>, Duration),
    /// The process with the thread that waits for signals.
    process: u32,
}

static ON_SIGNAL: Mutex<Option<OnSignal>> = Mutex::new(None);

/// Whether a signal ends the process at once: after the first signal, and in a fork, where no thread waits for signals.
static ENDS_AT_ONCE: LazyLock<Arc<AtomicBool>> = LazyLock::new(Arc::default);

pub(super) fn shut_down(provider: &Arc<Inner>, timeout: Duration) -> Result<(), Error> {
    let mut on_signal = ON_SIGNAL.lock().unwrap_or_else(PoisonError::into_inner);
    let process = this_process();
    let is_waiting = on_signal.as_ref().is_some_and(|it| it.process == process);
    if !is_waiting {
        wait_for_signals().map_err(|error| {
            ENDS_AT_ONCE.store(true, Ordering::Relaxed);
            Error::thread("signals", &error)
        })?;
    }
    *on_signal = Some(OnSignal { provider: (Arc::downgrade(provider), timeout), process });
    Ok(())
}

fn wait_for_signals() -> io::Result<()> {
    let handled = not_ignored();
    ENDS_AT_ONCE.store(false, Ordering::Relaxed);
    recorder::set_in_forks(&ENDS_AT_ONCE);
    for signal in &handled {
        register_conditional_default(*signal, Arc::clone(&ENDS_AT_ONCE))?;
    }
    let mut signals = Signals::new(handled)?;
    program_signals::spawn("floe-signals", move || {
        if let Some(signal) = signals.forever().next() {
            ENDS_AT_ONCE.store(true, Ordering::Relaxed);
            received();
            let _ = emulate_default_handler(signal);
        }
    })?;
    Ok(())
}

fn received() {
    // The lock is released before the shutdown.
    let on_signal = ON_SIGNAL.lock().unwrap_or_else(PoisonError::into_inner);
    let provider = on_signal.as_ref().map(|it| it.provider.clone());
    drop(on_signal);
    if let Some((provider, timeout)) = provider
        && let Some(provider) = provider.upgrade()
    {
        // The shutdown runs on another thread, because code of the user, such as a subscriber, may panic or block. The
        // process ends by the signal in any case.
        exit::run_apart(timeout, move || _ = provider.shutdown(timeout));
    }
}

/// The signals that the process does not ignore. A shell makes background jobs ignore SIGINT.
fn not_ignored() -> Vec<i32> {
    let ignored = ignored();
    [SIGINT, SIGTERM].into_iter().filter(|signal| ignored & (1 << (signal - 1)) == 0).collect()
}

/// The ignored signals, one bit each.
#[cfg(target_os = "linux")]
fn ignored() -> u64 {
    crate::this_process::ignored_signals().unwrap_or(0)
}

/// Returns no signal, because no safe function of these systems tells how a signal is handled.
#[cfg(not(target_os = "linux"))]
const fn ignored() -> u64 {
    0
}
