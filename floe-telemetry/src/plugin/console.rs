//! The backend `console`: the terminal.

use super::{
    ExporterConfig, LinkedPlugin, OtlpExporterConfig, PluginMetadata, PluginType,
    TelemetryBackendPlugin,
};
use crate::config::{DEFAULT_BACKEND, DEFAULT_OTLP_ENDPOINT, TelemetryConfig};

struct Console;

pub(super) static LINKED: LinkedPlugin =
    LinkedPlugin::new(&Console, module_path!(), file!(), line!()).with_backend(&Console);

impl PluginMetadata for Console {
    fn name(&self) -> &'static str {
        DEFAULT_BACKEND
    }

    fn version(&self) -> &'static str {
        env!("CARGO_PKG_VERSION")
    }

    fn floe_api_version(&self) -> &'static str {
        "1.0"
    }

    fn plugin_type(&self) -> PluginType {
        PluginType::TelemetryBackend
    }

    fn description(&self) -> &'static str {
        "prints traces on the terminal"
    }
}

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
