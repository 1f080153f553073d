//! The backend `console`: the terminal.

use super::{ExporterConfig, OtlpExporterConfig, TelemetryBackendPlugin};
use crate::config::{DEFAULT_BACKEND, DEFAULT_OTLP_ENDPOINT, TelemetryConfig};

built_in!(Console, DEFAULT_BACKEND, "prints traces on the terminal");

impl TelemetryBackendPlugin for Console {
    /// It is also what nobody chose. An endpoint that somebody did choose is not for nothing.
    fn otlp_exporter_config(&self, config: &TelemetryConfig) -> ExporterConfig {
        if config.otlp_endpoint == DEFAULT_OTLP_ENDPOINT {
            return ExporterConfig::Console;
        }
        ExporterConfig::Otlp(OtlpExporterConfig::from_config(
            config,
            DEFAULT_OTLP_ENDPOINT,
        ))
    }
}
