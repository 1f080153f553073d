//! Where finished spans go. All of them implement OpenTelemetry's
//! [`SpanExporter`](opentelemetry_sdk::trace::SpanExporter) and see redacted spans only.

mod console;
mod memory;
#[cfg(feature = "_otlp")]
mod otlp;
mod plain;

pub use self::console::ConsoleExporter;
pub use self::memory::MemoryExporter;
#[cfg(feature = "_otlp")]
pub(crate) use self::otlp::{otlp, otlp_attribute};
pub(crate) use self::plain::plain;
