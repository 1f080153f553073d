//! The thread that shuts telemetry down when the process ends. It waits from the start, because `exit` and signals may
//! interrupt a thread of the program while that thread allocates or holds a lock, and a sandbox may forbid new threads.
//!
//! A plugin may contain another copy of this library. Its handler calls the handler that was there before, so a signal
//! reaches all copies. The process ends when the last of them has finished: each marks its handlers, and hands on to the
//! copy below.
//!
//! The functions that run on the interrupted thread neither allocate nor take a lock: they store a number, wake the
//! waiting thread, and sleep.

use std::ffi::c_int;
use std::process;
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicPtr, AtomicU32, AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock};
use std::thread::{self, Thread};
use std::time::Duration;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::low_level::{emulate_default_handler, exit, register};

use super::{IN_USE_BY, this_process};
use crate::clock::{Instant, monotonic_now};
use crate::error::Error;
use crate::internal_log::is_shown;
use crate::lock::lock;
use crate::program_signals::{self, SignalAction};
use floe_telemetry_core::__sdk::standard_error::write_if_room;

const NOT_IN_TIME: &str = "error: telemetry was not delivered at the exit: its thread did not finish in time; if a signal \
                           handler called `exit` while a thread held a lock, call \
                           `TelemetryProvider::shutdown_on_signals` instead\n";

const INTERRUPTED: &str = "error: telemetry was not delivered: another signal ends the process before the \
                           shutdown has ended\n";

/// The time after a signal in which others do not count, because one stop may send several: the end of a session sends
/// SIGHUP and SIGTERM, and a runner may forward the SIGINT that its whole group gets.
const BURST: Duration = Duration::from_millis(500);

/// Whether `OTEL_LOG_LEVEL` includes errors.
static IS_SHOWN: AtomicBool = AtomicBool::new(true);

/// The pause between two looks of the exiting thread.
const PAUSE: Duration = Duration::from_millis(1);

/// The end that was requested: `NOTHING`, `EXIT` or the number of a signal.
static REQUEST: AtomicI32 = AtomicI32::new(NOTHING);
const NOTHING: c_int = 0;
const EXIT: c_int = -1;

/// The time of the last signal that has counted, in milliseconds since `START`; 0 before the first.
static COUNTED: AtomicU64 = AtomicU64::new(0);
static START: OnceLock<Instant> = OnceLock::new();

/// Whether another signal has counted after the first.
static IS_HURRIED: AtomicBool = AtomicBool::new(false);

static HAS_FINISHED: AtomicBool = AtomicBool::new(false);

/// Whether telemetry is shut down, or its loss is reported, so that another signal loses nothing.
static IS_SHUT_DOWN: AtomicBool = AtomicBool::new(false);

/// The time for which `exit` and other copies of the library are waited for, in milliseconds.
static LIMIT: AtomicU64 = AtomicU64::new(0);

/// The process whose thread waits, see [`this_process`]. The thread does not exist in a fork.
static PROCESS: AtomicU32 = AtomicU32::new(0);

/// The waiting thread. Never freed, because a signal handler may be reading it.
static THREAD: AtomicPtr<Thread> = AtomicPtr::new(ptr::null_mut());

/// The reactions to the signals that this copy of the library handles.
static HANDLED: Mutex<[Option<Handled>; 3]> = Mutex::new([None; 3]);
const SIGNALS: [c_int; 3] = [SIGTERM, SIGINT, SIGHUP];

#[derive(Clone, Copy)]
struct Handled {
    before: SignalAction,
    own: SignalAction,
}

/// Starts the thread, unless it waits already. `finish` shuts telemetry down; `exit` waits for it at most for `limit`.
/// Calls must not overlap.
pub(super) fn start(finish: fn(), limit: Duration) -> Result<(), Error> {
    let limit = u64::try_from(limit.as_millis()).unwrap_or(u64::MAX);
    LIMIT.store(limit, Ordering::Relaxed);
    IS_SHOWN.store(is_shown("error"), Ordering::Relaxed);
    START.get_or_init(monotonic_now);
    let this = this_process();
    let previous = PROCESS.load(Ordering::Acquire);
    if previous == this {
        return Ok(());
    }
    // A fork inherits the registration.
    if previous == 0 {
        register_exit()?;
    }
    REQUEST.store(NOTHING, Ordering::Relaxed);
    COUNTED.store(0, Ordering::Relaxed);
    IS_HURRIED.store(false, Ordering::Relaxed);
    HAS_FINISHED.store(false, Ordering::Relaxed);
    IS_SHUT_DOWN.store(false, Ordering::Relaxed);
    let waiting = program_signals::spawn("floe-exit", move || wait(finish))
        .map_err(|error| Error::thread("exit", &error))?;
    let thread = Box::new(waiting.thread().clone());
    THREAD.store(Box::into_raw(thread), Ordering::Release);
    PROCESS.store(this, Ordering::Release);
    Ok(())
}

fn wait(finish: fn()) {
    let request = loop {
        match REQUEST.load(Ordering::Acquire) {
            NOTHING => thread::park(),
            request => break request,
        }
    };
    finish();
    IS_SHUT_DOWN.store(true, Ordering::Release);
    if request != EXIT {
        leave(request);
    }
    HAS_FINISHED.store(true, Ordering::Release);
}

fn say(line: &str) {
    if IS_SHOWN.load(Ordering::Relaxed) {
        write_if_room(line);
    }
}

fn limit() -> Duration {
    Duration::from_millis(LIMIT.load(Ordering::Relaxed))
}

/// The other copies of the library that handle a signal.
enum Others {
    None,
    /// A copy that this one calls. It was there before, with this reaction.
    Below(SignalAction),
    /// A copy that calls this one.
    Above,
}

fn others(signal: c_int) -> Others {
    // Only tried, because a signal may interrupt the thread that holds it.
    let Ok(handled) = HANDLED.try_lock().map(|handled| *handled) else { return Others::None };
    let of_signal = SIGNALS.into_iter().zip(handled).find(|(handled, _)| *handled == signal);
    let Some((_, Some(Handled { before, own }))) = of_signal else { return Others::None };
    let now = SignalAction::of(signal);
    if !now.has_handler_of(&own) {
        if now.is_of_library() { Others::Above } else { Others::None }
    } else if before.is_of_library() && !before.has_handler_of(&own) {
        Others::Below(before)
    } else {
        Others::None
    }
}

/// Ends the process by the signal, or leaves that to another copy of the library. A copy above this one hands on when it
/// has finished, at the latest after its own limit.
fn leave(signal: c_int) {
    let deadline = monotonic_now().checked_add(limit());
    loop {
        match others(signal) {
            Others::Below(before) => return before.restore(signal),
            Others::Above if deadline.is_none_or(|at| monotonic_now() < at) => {
                thread::park_timeout(PAUSE);
            }
            _ => return end_by(signal),
        }
    }
}

fn end_by(signal: c_int) {
    // The kernel ignores a signal that the first process of a container does not handle.
    if process::id() == 1 {
        exit(128 + signal);
    }
    let _ = emulate_default_handler(signal);
}

/// Wakes the waiting thread, and returns whether this is the first request of the process that has the thread.
#[expect(unsafe_code, reason = "a lock could be held by the interrupted thread")]
fn is_first(request: c_int) -> bool {
    if PROCESS.load(Ordering::Acquire) != this_process() {
        return false;
    }
    let success = Ordering::AcqRel;
    let failure = Ordering::Acquire;
    if REQUEST.compare_exchange(NOTHING, request, success, failure).is_err() {
        return false;
    }
    // SAFETY: the pointer is null or comes from a box that is never freed.
    if let Some(thread) = unsafe { THREAD.load(Ordering::Acquire).as_ref() } {
        thread.unpark();
    }
    true
}

/// Whether this process ends, by `exit` or by a signal. Its other threads work on meanwhile.
pub(super) fn is_ending() -> bool {
    REQUEST.load(Ordering::Acquire) != NOTHING
}

/// Whether another signal has counted after the first one, so that nothing is waited for.
pub(super) fn is_hurried() -> bool {
    IS_HURRIED.load(Ordering::Acquire)
}

pub(super) fn is_signalled() -> bool {
    REQUEST.load(Ordering::Acquire) > NOTHING
}

extern "C" fn exiting() {
    let this = this_process();
    // After a signal, an exit waits for the end by that signal, so that the parent process sees the cause.
    let is_needed = is_signalled() || IN_USE_BY.load(Ordering::Acquire) == this;
    if !is_needed || PROCESS.load(Ordering::Acquire) != this {
        return;
    }
    is_first(EXIT);
    let deadline = monotonic_now().checked_add(limit());
    while !HAS_FINISHED.load(Ordering::Acquire) {
        if deadline.is_some_and(|deadline| monotonic_now() >= deadline) {
            if !IS_SHUT_DOWN.load(Ordering::Acquire) {
                say(NOT_IN_TIME);
            }
            return HAS_FINISHED.store(true, Ordering::Release);
        }
        thread::sleep(PAUSE);
    }
}

#[expect(unsafe_code, reason = "the standard library cannot register exit handlers")]
fn register_exit() -> Result<(), Error> {
    // SAFETY: this is the declaration of the C standard. The function stores the handler, which is a function
    // that lives as long as the process, and has no other requirement.
    unsafe extern "C" {
        safe fn atexit(handler: extern "C" fn()) -> c_int;
    }
    match atexit(exiting) {
        0 => Ok(()),
        _ => Err(Error::state("no function can be registered for the exit: `atexit` has failed")),
    }
}

/// Lets SIGTERM, SIGINT and SIGHUP shut telemetry down and then end the process, unless they are ignored.
#[expect(unsafe_code, reason = "a signal handler must not allocate or lock")]
pub(super) fn end_at_signals() -> Result<(), Error> {
    let mut handled = lock(&HANDLED);
    for (signal, handled) in SIGNALS.into_iter().zip(&mut *handled) {
        let before = SignalAction::of(signal);
        match handled {
            // The program has reset its handlers, as servers do in a fork.
            Some(Handled { own, .. }) if before.is_default() => own.restore(signal),
            None if !before.is_ignored() => {
                // SAFETY: the handler uses atomic values, and system calls that wake a thread, write, raise the signal or
                // end.
                let registered = unsafe { register(signal, move || received(signal)) };
                registered.map_err(|error| {
                    Error::state(format!("signal {signal} cannot be handled: {error}"))
                })?;
                let own = SignalAction::of(signal).of_library();
                own.restore(signal);
                *handled = Some(Handled { before, own });
            }
            _ => {}
        }
    }
    Ok(())
}

/// Whether a signal counts: it is the first, or comes later than [`BURST`] after the last one that has counted.
fn counts() -> bool {
    let since = START.get().map(|start| monotonic_now().saturating_duration_since(*start));
    let now = since.map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX)) + 1;
    let last = COUNTED.load(Ordering::Acquire);
    let is_later = last == 0 || Duration::from_millis(now.saturating_sub(last)) > BURST;
    let (success, failure) = (Ordering::AcqRel, Ordering::Acquire);
    is_later && COUNTED.compare_exchange(last, now, success, failure).is_ok()
}

fn received(signal: c_int) {
    if PROCESS.load(Ordering::Acquire) != this_process() {
        return end_by(signal);
    }
    if !counts() || is_first(signal) {
        return;
    }
    if REQUEST.load(Ordering::Acquire) == EXIT {
        // The process ends already, in the way that it has chosen.
        let is_last = matches!(others(signal), Others::None);
        if !HAS_FINISHED.load(Ordering::Acquire) || !is_last {
            return;
        }
    } else {
        // The waiting thread reports the loss, and ends the process.
        if !IS_HURRIED.swap(true, Ordering::AcqRel) {
            return;
        }
        if !IS_SHUT_DOWN.load(Ordering::Acquire) {
            say(INTERRUPTED);
        }
    }
    end_by(signal);
}
