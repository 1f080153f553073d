//! Where telemetry goes, as a plugin.

use std::fmt;

use secrecy::SecretString;

use super::{ConnectionReport, HelmValues, PluginMetadata, connection};
use crate::config::{DEFAULT_OTLP_ENDPOINT, OtlpProtocol, TelemetryConfig};

/// A plugin that says where telemetry goes. It speaks OTLP or it is the terminal; a backend with
/// another protocol is reached through an OpenTelemetry collector.
///
/// A backend for which an endpoint, a protocol and a header are enough needs no plugin: the backend
/// `otlp` takes all of them from the configuration.
///
/// ```standalone_crate
/// use floe_telemetry::TelemetryConfig;
/// use floe_telemetry::plugin::{
///     self, ExporterConfig, OtlpExporterConfig, PluginMetadata, PluginType, TelemetryBackendPlugin,
/// };
///
/// struct Tempo;
///
/// impl PluginMetadata for Tempo {
///     fn name(&self) -> &str { "tempo" }
///     fn version(&self) -> &str { "0.3.0" }
///     fn floe_api_version(&self) -> &str { "1.0" }
///     fn plugin_type(&self) -> PluginType { PluginType::TelemetryBackend }
/// }
///
/// impl TelemetryBackendPlugin for Tempo {
///     fn otlp_exporter_config(&self, config: &TelemetryConfig) -> ExporterConfig {
///         let otlp = OtlpExporterConfig::from_config(config, "http://tempo:4317");
///         ExporterConfig::Otlp(otlp.with_header("X-Scope-OrgID", "floe"))
///     }
/// }
///
/// floe_telemetry::telemetry_backend!(Tempo);
///
/// assert_eq!(plugin::backend_names(), ["console", "jaeger", "otlp", "tempo"]);
/// ```
pub trait TelemetryBackendPlugin: PluginMetadata {
    /// Where the provider sends. `config` is what the user configured, complete and valid.
    fn otlp_exporter_config(&self, config: &TelemetryConfig) -> ExporterConfig;

    /// What `helm install` needs for the backend to run in a cluster. Default: nothing, as for a
    /// service that somebody else runs.
    fn helm_values(&self, config: &TelemetryConfig) -> Vec<HelmValues> {
        let _ = config;
        Vec::new()
    }

    /// Tries whether the backend takes telemetry. Default: sends it an OTLP request without spans,
    /// over the transport and with the headers that the provider uses.
    ///
    /// [`validate_connection`](super::validate_connection) calls this, and gives it no more than
    /// ten seconds.
    fn validate_connection(&self, config: &TelemetryConfig) -> ConnectionReport {
        connection::try_exporter(&self.otlp_exporter_config(config), config)
    }
}

impl fmt::Debug for dyn TelemetryBackendPlugin + '_ {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plugin: &dyn PluginMetadata = self;
        plugin.fmt(f)
    }
}

/// How a backend is reached.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum ExporterConfig {
    /// Printed on the terminal, unless an exporter was added in code. Nothing is sent.
    Console,
    /// Sent by OTLP.
    Otlp(OtlpExporterConfig),
}

/// Where OTLP is sent.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct OtlpExporterConfig {
    /// An absolute URL. Over HTTP, `/v1/traces` is appended unless it is there.
    pub endpoint: String,
    /// How OTLP is spoken.
    pub protocol: OtlpProtocol,
    /// Sent with each request. The variables of the environment and the `authentication` of the
    /// configuration win over one of the same name.
    pub headers: Vec<(String, SecretString)>,
    /// The backend takes no metrics and no logs. They are sent all the same if the configuration
    /// names `otlp` among their exporters.
    pub is_traces_only: bool,
}

impl OtlpExporterConfig {
    /// To this endpoint, without a header.
    pub fn new(endpoint: impl Into<String>, protocol: OtlpProtocol) -> Self {
        Self {
            endpoint: endpoint.into(),
            protocol,
            headers: Vec::new(),
            is_traces_only: false,
        }
    }

    /// As configured. The backend's `own` endpoint stands for [`DEFAULT_OTLP_ENDPOINT`], which says
    /// that none was configured.
    #[must_use]
    pub fn from_config(config: &TelemetryConfig, own: &str) -> Self {
        let endpoint = match config.otlp_endpoint.as_str() {
            DEFAULT_OTLP_ENDPOINT => own,
            configured => configured,
        };
        Self::new(endpoint, config.otlp_protocol)
    }

    /// Adds a header.
    #[must_use]
    pub fn with_header(mut self, name: impl Into<String>, value: impl Into<SecretString>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// For a backend that takes nothing but traces.
    #[must_use]
    pub fn traces_only(mut self) -> Self {
        self.is_traces_only = true;
        self
    }
}
