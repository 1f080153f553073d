//! Exporters of finished spans. They implement OpenTelemetry's
//! [`SpanExporter`](opentelemetry_sdk::trace::SpanExporter) and receive redacted spans only.
//!
//! A crate that registers its exporter with [`ExporterFactory`](crate::ExporterFactory) lets a configuration choose it
//! by its name.

pub(crate) mod console;
mod memory;
pub(crate) mod otlp;
pub(crate) mod plain;
mod standard_stream;
pub(crate) mod target;

pub use self::memory::MemoryExporter;
pub use self::otlp::try_connection;

#[doc(hidden)] // for the exporter `otlp/stdout`
pub use self::standard_stream::StandardStream;

pub(crate) use self::console::ConsoleExporters;
pub(crate) use self::otlp::OtlpExporters;
pub(crate) use self::plain::plain;
pub(crate) use self::target::OtlpTarget;
