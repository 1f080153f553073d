//! Exporters of finished spans. They implement OpenTelemetry's
//! [`SpanExporter`](opentelemetry_sdk::trace::SpanExporter) and receive redacted spans only.

mod console;
mod memory;
#[cfg(feature = "_otlp")]
pub(crate) mod otlp;
mod plain;
#[cfg(feature = "prometheus")]
mod prometheus;
mod target;

pub use self::console::ConsoleExporter;

pub(crate) use self::console::ConsoleMetrics;
pub use self::memory::MemoryExporter;
#[cfg(all(feature = "_otlp", feature = "logs"))]
pub(crate) use self::otlp::otlp_logs;
#[cfg(feature = "_otlp")]
pub(crate) use self::otlp::{otlp, otlp_metrics, try_otlp};
pub(crate) use self::plain::plain;
#[cfg(feature = "prometheus")]
pub(crate) use self::prometheus::prometheus;
pub(crate) use self::target::{OtlpOutput, OtlpTarget};
