//! Exporters of finished spans. They implement OpenTelemetry's
//! [`SpanExporter`](https://docs.rs/opentelemetry_sdk/latest/opentelemetry_sdk/trace/trait.SpanExporter.html) and receive
//! redacted spans only.
//!
//! A crate that registers its exporter with [`ExporterFactory`] lets a configuration choose it by its name.

#[cfg(feature = "console")]
pub use floe_telemetry_console::{ConsoleExporter, uses_color};
#[doc(hidden)] // for the exporter `otlp/stdout`
pub use floe_telemetry_sdk::exporter::StandardStream;
pub use floe_telemetry_sdk::{
    ExporterFactory,
    exporter::{MemoryExporter, try_connection},
    telemetry_exporter,
};
