//! Exporters of finished spans. They implement OpenTelemetry's
//! [`SpanExporter`](opentelemetry_sdk::trace::SpanExporter) and receive redacted spans only.
//!
//! A crate that registers its exporter with [`ExporterFactory`](crate::ExporterFactory) lets a configuration choose it
//! by its name.

mod console;
mod memory;
#[cfg(feature = "_otlp")]
pub(crate) mod otlp;
mod plain;
mod standard_stream;
mod target;

pub use self::console::{ConsoleExporter, uses_color};

pub(crate) use self::console::ConsoleMetrics;
pub use self::memory::MemoryExporter;
#[cfg(all(feature = "_otlp", feature = "logs"))]
pub(crate) use self::otlp::otlp_logs;
#[cfg(feature = "_otlp")]
pub use self::otlp::{OtlpRequest, OtlpWriter};
#[cfg(feature = "_otlp")]
pub(crate) use self::otlp::{SharedWriter, otlp, otlp_metrics, otlp_route, try_otlp};
pub(crate) use self::plain::plain;
#[doc(hidden)] // for the exporter `otlp/stdout`
pub use self::standard_stream::StandardStream;
pub(crate) use self::target::OtlpTarget;
