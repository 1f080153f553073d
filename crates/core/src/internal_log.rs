//! Messages of the library. They go to `tracing`, or to standard error in a program without a subscriber. An error
//! reports lost telemetry, so it appears on standard error even if the program's filter excludes it; only
//! `OTEL_LOG_LEVEL` suppresses it.
//!
//! No thread waits for the reader of standard error: a line without room is left out. A subscriber of the program may wait,
//! so a message that a thread of the program can cause again and again is written by the collector's thread ([`later`]).

use std::cell::Cell;
#[cfg(feature = "redact")]
use std::mem;
#[cfg(feature = "redact")]
use std::process;
#[cfg(feature = "redact")]
use std::sync::Mutex;
#[cfg(feature = "redact")]
use std::sync::atomic::{AtomicU32, Ordering};

#[cfg(feature = "redact")]
use crate::caught::caught;
use crate::environment;
use crate::standard_error;

/// The variable with the level of OpenTelemetry's own messages
/// ([specification](https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/#general-sdk-configuration)).
const LOG_LEVEL: &str = "OTEL_LOG_LEVEL";

/// The accepted levels, and the verbosity of each.
pub const LOG_LEVELS: [(&str, u8); 9] = [
    ("none", 0),
    ("error", 1),
    ("warn", 2),
    ("info", 3),
    ("debug", 4),
    ("off", 0),
    ("fatal", 1),
    ("warning", 2),
    ("trace", 4),
];

/// The verbosity if the variable is not set, or unknown.
const DEFAULT: u8 = 3;

/// Writes a message: `internal_log!(warn, exporter = self.name, "spans could not be exported")`. The arguments are the
/// level, then the fields and the text as in `tracing`'s macros.
#[cfg(feature = "redact")]
#[doc(hidden)]
#[macro_export]
macro_rules! __floe_internal_log {
    ($level:ident, $($key:ident = $value:expr,)* $text:literal) => {
        $crate::__sdk::internal_log::write(
            stringify!($level),
            || ::tracing::$level!($($key = $value,)* $text),
            || format!(concat!($text $(, " ", stringify!($key), "={}")*) $(, $value)*),
        )
    };
}

#[cfg(feature = "redact")]
pub use crate::__floe_internal_log as internal_log;

/// Calls `log`, which writes a message with `tracing`. Its panic is caught, because the subscriber is code of the
/// program. `line` goes to standard error if there is no subscriber, and for an error also if `log` has not written
/// there.
#[cfg(feature = "redact")]
pub fn write(level: &str, log: impl FnOnce(), line: impl FnOnce() -> String) {
    let is_error = level == "error";
    if is_error && !is_shown(level) {
        return;
    }

    let has_subscriber = tracing::dispatcher::has_been_set();
    let is_on_stderr = is_on_stderr(|| _ = caught(log));
    if !(if is_error { is_on_stderr } else { has_subscriber }) {
        write_line(level, &line());
    }
}

/// A message that the collector's thread writes.
#[cfg(feature = "redact")]
type Message = Box<dyn FnOnce() + Send>;

#[cfg(feature = "redact")]
static WAITING: Mutex<Vec<Message>> = Mutex::new(Vec::new());

/// The process whose collector writes the messages that wait; 0 without a collector. It does not exist in a fork.
#[cfg(feature = "redact")]
static COLLECTOR_OF: AtomicU32 = AtomicU32::new(0);

/// The maximum number of messages that wait. Further ones are left out.
#[cfg(feature = "redact")]
const MAX_WAITING: usize = 1000;

/// Leaves a message of a thread of the program to the collector's thread. Without a collector, writes it.
#[cfg(feature = "redact")]
pub fn later(write: impl FnOnce() + Send + 'static) {
    if COLLECTOR_OF.load(Ordering::Relaxed) != process::id() {
        return write();
    }

    // In a fork, the holder of the lock may not exist. It is otherwise held for a few instructions.
    if let Ok(mut waiting) = WAITING.try_lock()
        && waiting.len() < MAX_WAITING
    {
        waiting.push(Box::new(write));
    }
}

/// The messages of threads of the program, which wait for a collector until this value is dropped.
#[cfg(feature = "redact")]
#[derive(Debug)]
#[non_exhaustive]
pub struct WaitingMessages;

#[cfg(feature = "redact")]
impl WaitingMessages {
    /// Lets the messages wait for a collector, which is started next.
    #[must_use]
    pub fn of_collector() -> Self {
        COLLECTOR_OF.store(process::id(), Ordering::Relaxed);
        Self
    }

    /// Writes the messages. The collector calls it in each of its turns.
    pub fn write() {
        let messages = WAITING.try_lock().map(|mut waiting| mem::take(&mut *waiting));
        for write in messages.unwrap_or_default() {
            write();
        }
    }
}

#[cfg(feature = "redact")]
impl Drop for WaitingMessages {
    fn drop(&mut self) {
        COLLECTOR_OF.store(0, Ordering::Relaxed);
        Self::write();
    }
}

thread_local! {
    static IS_ON_STDERR: Cell<bool> = const { Cell::new(false) };
}

/// Calls `log`, and returns whether it has written a log line to standard error.
pub fn is_on_stderr(log: impl FnOnce()) -> bool {
    IS_ON_STDERR.set(false);
    log();
    IS_ON_STDERR.get()
}

/// Notes that the thread has written a log line to standard error.
pub fn has_written_to_stderr() {
    IS_ON_STDERR.set(true);
}

/// Writes a line to standard error, unless `OTEL_LOG_LEVEL` excludes its level or a pipe has no room.
pub fn write_line(level: &str, text: &str) {
    if !is_shown(level) {
        return;
    }

    let level = if level == "warn" { "warning" } else { level };
    standard_error::write_if_room(&format!("{level}: {text}\n"));
}

/// Whether `OTEL_LOG_LEVEL` includes messages of this level.
pub fn is_shown(level: &str) -> bool {
    let most = verbosity(&environment::variable(LOG_LEVEL).unwrap_or_default());
    verbosity(level) <= most
}

fn verbosity(level: &str) -> u8 {
    let known = LOG_LEVELS.iter().find(|(word, _)| word.eq_ignore_ascii_case(level.trim()));
    known.map_or(DEFAULT, |(_, verbosity)| *verbosity)
}

#[cfg(all(test, feature = "redact"))]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use super::*;

    #[test]
    fn messages_wait_for_a_collector_only_while_there_is_one() {
        static WRITTEN: AtomicUsize = AtomicUsize::new(0);

        let write = || later(|| _ = WRITTEN.fetch_add(1, Ordering::Relaxed));
        let waiting = WaitingMessages::of_collector();
        write();
        assert_eq!(WRITTEN.load(Ordering::Relaxed), 0);
        WaitingMessages::write();
        assert_eq!(WRITTEN.load(Ordering::Relaxed), 1);
        write();
        drop(waiting);
        write();
        assert_eq!(WRITTEN.load(Ordering::Relaxed), 3);
        // The collector of another process, from which this one was forked.
        COLLECTOR_OF.store(process::id() + 1, Ordering::Relaxed);
        write();
        assert_eq!(WRITTEN.load(Ordering::Relaxed), 4);
    }
}
