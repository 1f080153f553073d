//! Reads the service of a running, hung or stopped process and the span of each of its threads, without help of the
//! process: OpenTelemetry's [process context] and [thread context], as floe-telemetry and SDKs of other languages
//! publish them.
//!
//! A thread is stopped for some microseconds while it is read, and a blocking system call that is not restarted returns
//! `EINTR` to it. This needs Linux on x86-64, and the right to trace the process, which its user has unless the system
//! restricts it (`/proc/sys/kernel/yama/ptrace_scope`). The thread-local variable may belong to the program, or to a
//! shared library with the C library of GNU, as in SDKs of other languages.
//!
//! The process is not trusted: sizes are bounded, and unreadable memory is an error or no span.
//!
//! [process context]: https://github.com/open-telemetry/opentelemetry-specification/blob/main/oteps/profiles/4719-process-ctx.md
//! [thread context]: https://github.com/open-telemetry/opentelemetry-specification/blob/main/oteps/profiles/4947-thread-ctx.md

mod context;
mod memory;
mod open_spans;
mod process;
mod stopped;
mod variable;

pub use self::context::{Context, CurrentSpan, OpenSpan, Thread};
pub use self::process::{Process, publishing};
