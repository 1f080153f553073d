//! The thread that shuts telemetry down when the process ends. It waits from the start, because `exit` and signals may
//! interrupt a thread of the program while that thread allocates or holds a lock, and a sandbox may forbid new threads.
//!
//! A plugin may contain another copy of this library. Its handler calls the copy's handler that was there before, so a
//! signal reaches all copies. The process ends when the last of them has finished: each marks its handlers, and hands on to
//! the copy below.
//!
//! Any other handler that was there before belongs to the program, which ends in its own way: it gets the signal once
//! telemetry is delivered, and the process is not ended here.
//!
//! The functions that run on the interrupted thread neither allocate nor take a lock: they store a number, wake the
//! waiting thread, and sleep.

use std::ffi::{c_int, c_void};
use std::process;
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicPtr, AtomicU32, AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock};
use std::thread::{self, Thread};
use std::time::Duration;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::low_level::{emulate_default_handler, exit};

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

/// The signal that the next call of the handler hands on to the program's own handler, or `NOTHING`.
static HAND_ON: AtomicI32 = AtomicI32::new(NOTHING);

/// Whether the program's own handler has got the signal, so that the program ends in its own way.
static IS_HANDED_ON: AtomicBool = AtomicBool::new(false);

/// Whether a thread of the program exits, whatever the cause.
static IS_EXITING: AtomicBool = AtomicBool::new(false);

/// Whether telemetry is shut down, or its loss is reported, so that another signal loses nothing.
static IS_SHUT_DOWN: AtomicBool = AtomicBool::new(false);

/// The time for which `exit` and other copies of the library are waited for, in milliseconds.
static LIMIT: AtomicU64 = AtomicU64::new(0);

/// The process whose thread waits, see [`this_process`]. The thread does not exist in a fork.
static PROCESS: AtomicU32 = AtomicU32::new(0);

/// The waiting thread. Never freed, because a signal handler may be reading it.
static THREAD: AtomicPtr<Thread> = AtomicPtr::new(ptr::null_mut());

/// The reactions to the signals that this copy of the library handles. Never freed, because a handler may be reading them.
static HANDLED: [AtomicPtr<Handled>; 3] = [const { AtomicPtr::new(ptr::null_mut()) }; 3];
const SIGNALS: [c_int; 3] = [SIGTERM, SIGINT, SIGHUP];

struct Handled {
    before: SignalAction,
    own: SignalAction,
}

impl Handled {
    #[expect(unsafe_code, reason = "a lock could be held by the interrupted thread")]
    fn of(signal: c_int) -> Option<&'static Self> {
        let at = SIGNALS.iter().position(|handled| *handled == signal)?;
        // SAFETY: the pointer is null or comes from a box that is never freed.
        unsafe { HANDLED[at].load(Ordering::Acquire).as_ref() }
    }

    /// Whether there was a handler before that belongs to no copy of the library.
    fn is_above_the_program(&self) -> bool {
        !self.before.is_default() && !self.before.is_of_library()
    }
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
    HAND_ON.store(NOTHING, Ordering::Relaxed);
    for state in [&IS_HURRIED, &HAS_FINISHED, &IS_HANDED_ON, &IS_EXITING] {
        state.store(false, Ordering::Relaxed);
    }
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
    let Some(handled) = Handled::of(signal) else { return Others::None };
    let now = SignalAction::of(signal);
    let is_uppermost = now.has_handler_of(&handled.own);
    if !is_uppermost && now.is_of_library() {
        Others::Above
    } else if is_uppermost && handled.before.is_of_library() {
        Others::Below(handled.before)
    } else {
        Others::None
    }
}

/// Ends the process by the signal, or leaves that to the program or to another copy of the library. A copy above this one hands on when it
/// has finished, at the latest after its own limit.
fn leave(signal: c_int) {
    let deadline = monotonic_now().checked_add(limit());
    loop {
        match others(signal) {
            Others::Below(before) => return before.restore(signal),
            Others::Above if deadline.is_none_or(|at| monotonic_now() < at) => {
                thread::park_timeout(PAUSE);
            }
            _ if Handled::of(signal).is_some_and(Handled::is_above_the_program) => {
                return hand_on(signal);
            }
            _ => return end_by(signal),
        }
    }
}

/// Lets the kernel call the handler once more, on the thread that it chooses, as if the library was not there.
#[expect(unsafe_code, reason = "the standard library sends no signals")]
fn hand_on(signal: c_int) {
    // SAFETY: this is the declaration of POSIX, and the function takes any numbers.
    unsafe extern "C" {
        safe fn kill(process: c_int, signal: c_int) -> c_int;
    }

    // A program that exits already has chosen how it ends.
    if !IS_EXITING.load(Ordering::Acquire) {
        HAND_ON.store(signal, Ordering::Release);
        kill(process::id().cast_signed(), signal);
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
    IS_EXITING.store(true, Ordering::Release);
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
pub(super) fn end_at_signals() {
    static REGISTERING: Mutex<()> = Mutex::new(());

    let _registering = lock(&REGISTERING);
    for (signal, place) in SIGNALS.into_iter().zip(&HANDLED) {
        let before = SignalAction::of(signal);
        let is_handled = Handled::of(signal).is_some();
        // A program may reset its handlers, as servers do in a fork.
        if before.is_ignored() || is_handled && !before.is_default() {
            continue;
        }
        let own = before.replaced_by(handle);
        place.store(Box::into_raw(Box::new(Handled { before, own })), Ordering::Release);
        own.restore(signal);
    }
}

/// Handles a signal on the interrupted thread: it uses atomic values, and system calls that wake a thread, write, raise the
/// signal or end.
#[expect(unsafe_code, reason = "the handler that was there before is a pointer")]
extern "C" fn handle(signal: c_int, info: *mut c_void, context: *mut c_void) {
    let handled = Handled::of(signal);
    let before = handled.map(|it| it.before).filter(|before| !before.is_default());
    let is_above_a_copy = before.is_some_and(|before| before.is_of_library());
    let is_handed_on = !is_above_a_copy && received(signal, before.is_some());
    if (is_above_a_copy || is_handed_on)
        && let Some(before) = before
    {
        // SAFETY: this is a handler of the signal, and the pointers are those of the kernel.
        unsafe { before.call(signal, info, context) };
    }
    if is_above_a_copy {
        received(signal, false);
    }
}

/// Returns the milliseconds since the start, at least 1.
fn now() -> u64 {
    let since = START.get().map(|start| monotonic_now().saturating_duration_since(*start));
    since.map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX - 1)) + 1
}

/// Whether a signal counts: it is the first, or comes later than [`BURST`] after the last one that has counted.
fn counts() -> bool {
    let now = now();
    let last = COUNTED.load(Ordering::Acquire);
    let is_later = last == 0 || Duration::from_millis(now.saturating_sub(last)) > BURST;
    let (success, failure) = (Ordering::AcqRel, Ordering::Acquire);
    is_later && COUNTED.compare_exchange(last, now, success, failure).is_ok()
}

/// Reacts to a signal. Returns whether the program's own handler, if it has one, gets it now.
fn received(signal: c_int, has_handler: bool) -> bool {
    if PROCESS.load(Ordering::Acquire) != this_process() {
        if !has_handler {
            end_by(signal);
        }
        return has_handler;
    }
    let (success, failure) = (Ordering::AcqRel, Ordering::Acquire);
    if HAND_ON.compare_exchange(signal, NOTHING, success, failure).is_ok() {
        IS_HANDED_ON.store(true, Ordering::Release);
        // The rest of the burst is not the second signal, which ends the program.
        COUNTED.store(now(), Ordering::Release);
        return true;
    }
    if counts() && !is_first(signal) {
        hurry(signal);
    }
    false
}

/// Reacts to a signal that counts after the first request.
fn hurry(signal: c_int) {
    if REQUEST.load(Ordering::Acquire) == EXIT {
        // The process ends already, in the way that it has chosen.
        let is_last = matches!(others(signal), Others::None);
        if !HAS_FINISHED.load(Ordering::Acquire) || !is_last {
            return;
        }
    } else if !IS_HANDED_ON.load(Ordering::Acquire) {
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
