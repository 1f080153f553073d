//! The backend `otlp`: whatever takes OTLP, all of it from the configuration.

use super::{
    ExporterConfig, HelmValues, LinkedPlugin, OtlpExporterConfig, PluginMetadata, PluginType,
    TelemetryBackendPlugin, helm,
};
use crate::config::{DEFAULT_OTLP_ENDPOINT, TelemetryConfig};

struct Otlp;

pub(super) static LINKED: LinkedPlugin =
    LinkedPlugin::new(&Otlp, module_path!(), file!(), line!()).with_backend(&Otlp);

impl PluginMetadata for Otlp {
    fn name(&self) -> &'static str {
        "otlp"
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
        "sends traces to the configured endpoint"
    }
}

impl TelemetryBackendPlugin for Otlp {
    fn otlp_exporter_config(&self, config: &TelemetryConfig) -> ExporterConfig {
        ExporterConfig::Otlp(exporter(config))
    }

    /// A collector in front of the endpoint.
    fn helm_values(&self, config: &TelemetryConfig) -> Vec<HelmValues> {
        vec![helm::collector(&exporter(config), config)]
    }
}

fn exporter(config: &TelemetryConfig) -> OtlpExporterConfig {
    OtlpExporterConfig::from_config(config, DEFAULT_OTLP_ENDPOINT)
}
