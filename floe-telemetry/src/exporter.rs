//! Where finished spans go. All of them implement OpenTelemetry's
//! [`SpanExporter`](opentelemetry_sdk::trace::SpanExporter) and see redacted spans only.

mod console;
mod memory;
#[cfg(any(feature = "otlp-grpc", feature = "otlp-http"))]
mod otlp;
mod plain;

pub use self::console::ConsoleExporter;
pub use self::memory::MemoryExporter;
#[cfg(any(feature = "otlp-grpc", feature = "otlp-http"))]
pub(crate) use self::otlp::otlp;
pub(crate) use self::plain::plain;
