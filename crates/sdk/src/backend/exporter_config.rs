//! The way in which a backend receives telemetry.

use std::fmt;

use crate::config::{OtlpProtocol, Secret, TelemetryConfig, debug_endpoint};
use crate::exporter::OtlpTarget;

/// The way in which a backend receives telemetry.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum ExporterConfig {
    /// Traces are printed to standard error, unless they have another exporter. Only signals whose exporters list
    /// `otlp`, or that have an endpoint of their own, are sent.
    Console,
    /// Telemetry is sent over OTLP.
    Otlp(OtlpExporterConfig),
}

/// The destination of OTLP requests.
///
/// Its `Debug` output contains no credentials: neither the values of the headers, nor user, password and query
/// of the endpoint.
#[derive(Clone)]
#[non_exhaustive]
pub struct OtlpExporterConfig {
    /// An absolute URL. Over HTTP, the path of the signal, such as `/v1/traces`, is appended if it is missing.
    pub endpoint: String,
    /// The transport: gRPC or HTTP.
    pub protocol: OtlpProtocol,
    /// Headers of every request. A header of the same name from the environment or from the
    /// configuration, such as its `authentication`, takes precedence.
    pub headers: Vec<(String, Secret)>,
    /// Whether the backend accepts traces only. Metrics and logs are then sent only if the configuration lists `otlp`
    /// among their exporters or has an endpoint for them.
    pub is_traces_only: bool,
}

impl fmt::Debug for OtlpExporterConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OtlpExporterConfig")
            .field("endpoint", &debug_endpoint(&self.endpoint))
            .field("protocol", &self.protocol)
            .field("headers", &self.headers)
            .field("is_traces_only", &self.is_traces_only)
            .finish()
    }
}

impl OtlpExporterConfig {
    /// Creates a destination at `endpoint` over `protocol`, without headers.
    pub fn new(endpoint: impl Into<String>, protocol: OtlpProtocol) -> Self {
        Self { endpoint: endpoint.into(), protocol, headers: Vec::new(), is_traces_only: false }
    }

    /// Creates a destination at the configured endpoint over the configured protocol, without headers.
    /// `default_endpoint` is used if the configuration has no endpoint, and the endpoint selects the protocol if the
    /// configuration has none.
    pub fn from_config(config: &TelemetryConfig, default_endpoint: &str) -> Self {
        let endpoint = config.otlp_endpoint.as_deref().unwrap_or(default_endpoint);
        let protocol = config.otlp_protocol;
        Self::new(endpoint, protocol.unwrap_or_else(|| OtlpProtocol::of(Some(endpoint))))
    }

    /// Adds a header.
    #[must_use]
    pub fn with_header(mut self, name: impl Into<String>, value: impl Into<Secret>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Returns the target of an exporter for this destination.
    pub(super) fn target(&self, config: &TelemetryConfig) -> OtlpTarget {
        let mut config = config.copied();
        // An unset endpoint stays unset, because the endpoint of a signal may have another protocol.
        if config.otlp_endpoint.is_some() || self.endpoint != self.protocol.default_endpoint() {
            config.otlp_endpoint = Some(self.endpoint.clone());
        }
        if self.protocol != OtlpProtocol::of(Some(&self.endpoint)) {
            config.otlp_protocol = Some(self.protocol);
        }
        OtlpTarget {
            headers: self.headers.clone(),
            is_traces_only: self.is_traces_only,
            ..config.into()
        }
    }
}
