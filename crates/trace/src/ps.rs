//! Reads the service of a running, hung or stopped process and the span of each of its threads. The process need not
//! cooperate: OpenTelemetry's [process context] has the service, and a table of floe-telemetry has the spans.
//!
//! No thread is stopped. A stack of spans that changes while it is read is read again. Reading needs the right to read
//! the memory of the process, which its user has unless the system restricts it (`/proc/sys/kernel/yama/ptrace_scope`).
//!
//! The process is not trusted: sizes are bounded, texts are redacted, and unreadable memory causes an error or a
//! missing span. A process can hold up its reader without end, by page faults that nobody answers: `floe-trace ps` waits
//! ten seconds for one.
//!
//! [process context]: https://github.com/open-telemetry/opentelemetry-specification/blob/main/oteps/profiles/4719-process-ctx.md

mod context;
mod memory;
mod open_spans;
mod process;
mod stacks;

pub use self::context::{Context, CurrentSpan, OpenSpan, Thread};
pub use self::process::{Process, publishing};
