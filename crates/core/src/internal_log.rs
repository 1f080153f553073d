//! Messages of the library. They go to `tracing`, and to standard error if no layer of the program's subscriber reads
//! them, because there is none, or its filter excludes them. An error reports lost telemetry, so it appears on standard
//! error in any case. Only `OTEL_LOG_LEVEL` suppresses messages.
//!
//! No thread waits for the reader of standard error, except for at most a second at the end of the process. A line for
//! which a pipe has no room is left out. A subscriber of the program may wait, so a message that a thread of the
//! program can cause again and again waits for the collector's thread (`waiting_messages`).

use std::cell::Cell;
use std::fmt;
use std::io;
use std::time::Duration;

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
#[doc(hidden)]
#[macro_export]
macro_rules! __floe_internal_log {
    ($level:ident, $($key:ident = $value:expr,)* $text:literal) => {
        $crate::__sdk::internal_log::write(
            stringify!($level),
            || ::tracing::$level!($($key = $value,)* "{}", $crate::__sdk::internal_log::Text($text)),
            || format!(concat!($text $(, " ", stringify!($key), "={}")*) $(, $value)*),
        )
    };
}

pub use crate::__floe_internal_log as internal_log;

/// Calls `log`, which writes a message with `tracing`. Its panic is caught, because the subscriber is code of the
/// program. `line` goes to standard error unless a layer has read the [`Text`], and for an error unless `log` has
/// written there.
pub fn write(level: &str, log: impl FnOnce(), line: impl FnOnce() -> String) {
    if !is_shown(level) {
        return;
    }

    IS_READ.set(false);
    let is_on_stderr = is_on_stderr(|| _ = caught(log));
    if !is_on_stderr && (level == "error" || !IS_READ.get()) {
        write_line(level, &line());
    }
}

/// The text of a message, which notes that a layer formats it. A layer of spans alone gets the event, but does not.
#[derive(Debug)]
pub struct Text<'t>(pub &'t str);

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        IS_READ.set(true);
        f.write_str(self.0)
    }
}

thread_local! {
    static IS_READ: Cell<bool> = const { Cell::new(false) };
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
    write_line_within(level, text, Duration::ZERO);
}

/// Writes a line like [`write_line`], and waits for room in a pipe at most for `limit`.
pub fn write_line_within(level: &str, text: &str, limit: Duration) {
    if !is_shown(level) {
        return;
    }

    let level = if level == "warn" { "warning" } else { level };
    let line = format!("{level}: {text}\n");
    standard_error::write_within(&io::stderr(), line.as_bytes(), limit);
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
