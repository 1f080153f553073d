//! Logs a record for each panic, and optionally writes redacted text in place of the panic hook's output.

use std::backtrace::Backtrace;
use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::panic::{self, PanicHookInfo};
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::config::PanicOutput;
use crate::environment;
use crate::internal_log::{is_on_stderr, write_line};
use crate::logs::{LogRecords, ThreadPanic};
use crate::program_signals::Unsignalled;
use crate::recorder::Exception;
use crate::recorder::context::is_expected_panic;
use crate::redaction::sanitize_lines;

/// Whether the configuration of the last provider replaces the panic hook.
static IS_REPLACED: AtomicBool = AtomicBool::new(false);

/// The errors about a second subscriber and a second logger, with which `tracing_subscriber::fmt::init` and
/// `env_logger::init` panic.
const SECOND: [&str; 2] = ["SetGlobalDefaultError", "SetLoggerError"];
const REMOVE: &str = "`init` installs the `tracing` subscriber and the `log` logger of the process: remove the \
                      program's own, or start with `builder().without_subscriber()`";

/// Logs panics after the current panic hook, or in place of it. Other code of the program does not run in the hook: the
/// panicking thread may hold a lock of a layer, and a second panic would abort the process. The span of a panicking
/// `#[traced]` function has its own event of the panic. The log record has the ids of the current span, which may outlive
/// the panic.
pub(super) fn observe(output: PanicOutput) {
    static HOOK: Once = Once::new();

    let is_replaced = output == PanicOutput::Redacted;
    IS_REPLACED.store(is_replaced, Ordering::Relaxed);
    if LogRecords::linked().is_none() && !is_replaced {
        return;
    }
    HOOK.call_once(|| {
        let previous = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            if is_expected_panic() {
                return;
            }
            let message = Exception::remember(panic);
            if SECOND.iter().any(|error| message.contains(error)) {
                write_line("error", REMOVE);
            }
            if !IS_REPLACED.load(Ordering::Relaxed) {
                previous(panic);
                log(panic, &message);
                return;
            }
            let mut text = String::new();
            if !log(panic, &message) {
                text = redacted(panic, &message);
            }
            add_backtrace(&mut text);
            // Standard error may be closed, so errors are ignored.
            let _ = Unsignalled(io::stderr()).write_all(text.as_bytes());
        }));
    });
}

/// Logs a panic, and returns whether the log line is on standard error.
fn log(panic: &PanicHookInfo<'_>, message: &str) -> bool {
    let Some(records) = LogRecords::linked() else {
        return false;
    };
    let panic = ThreadPanic { message, location: panic.location() };
    is_on_stderr(|| (records.panicked)(&panic))
}

/// Returns the text of the standard library about a panic, redacted, and without the name of the thread: asking for it
/// panics at the end of a thread, which would abort the process.
fn redacted(panic: &PanicHookInfo<'_>, message: &str) -> String {
    let mut text = "\npanicked".to_owned();
    // Writing to memory cannot fail.
    if let Some(location) = panic.location() {
        let _ = write!(text, " at {location}");
    }
    let _ = writeln!(text, ":\n{}", sanitize_lines(message));
    text
}

/// Adds the stack if `RUST_BACKTRACE` requests it.
fn add_backtrace(text: &mut String) {
    let stack = match environment::variable_os("RUST_BACKTRACE") {
        Some(style) if style == "full" => format!("{:#}", Backtrace::force_capture()),
        Some(style) if style != "0" => Backtrace::force_capture().to_string(),
        _ => return,
    };
    let _ = writeln!(text, "stack backtrace:\n{}", stack.trim_end());
}
