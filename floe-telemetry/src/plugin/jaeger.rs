//! The backend `jaeger`: Jaeger's collector in the same cluster.

use super::{
    ExporterConfig, HelmValues, LinkedPlugin, OtlpExporterConfig, PluginMetadata, PluginType,
    TelemetryBackendPlugin, helm,
};
use crate::config::{OtlpProtocol, TelemetryConfig};

/// The service that Jaeger's chart makes, with Jaeger's ports for OTLP.
const GRPC_ENDPOINT: &str = "http://jaeger-collector:4317";
const HTTP_ENDPOINT: &str = "http://jaeger-collector:4318";

struct Jaeger;

pub(super) static LINKED: LinkedPlugin =
    LinkedPlugin::new(&Jaeger, module_path!(), file!(), line!()).with_backend(&Jaeger);

impl PluginMetadata for Jaeger {
    fn name(&self) -> &'static str {
        "jaeger"
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
        "sends traces to Jaeger's collector"
    }
}

impl TelemetryBackendPlugin for Jaeger {
    fn otlp_exporter_config(&self, config: &TelemetryConfig) -> ExporterConfig {
        ExporterConfig::Otlp(exporter(config))
    }

    /// Jaeger, and a collector in front of it.
    fn helm_values(&self, config: &TelemetryConfig) -> Vec<HelmValues> {
        vec![helm::jaeger(), helm::collector(&exporter(config), config)]
    }
}

fn exporter(config: &TelemetryConfig) -> OtlpExporterConfig {
    let own = match config.otlp_protocol {
        OtlpProtocol::Grpc => GRPC_ENDPOINT,
        OtlpProtocol::Http => HTTP_ENDPOINT,
    };
    OtlpExporterConfig::from_config(config, own).traces_only()
}
