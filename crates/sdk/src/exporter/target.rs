//! The receiver of OTLP and the headers of its backend.

use std::sync::Arc;

use crate::collector::ExporterId;
use crate::config::{OtlpProtocol, Secret, Signal, TelemetryConfig, server, without_credentials};

/// A configuration with the final endpoint and protocol, and the backend's additional headers.
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_structs, reason = "not part of the public interface")]
pub struct OtlpTarget {
    /// The configuration.
    pub config: Arc<TelemetryConfig>,
    /// Headers of the backend. Headers of the environment and the configuration take precedence.
    pub headers: Vec<(String, Secret)>,
    /// Whether the backend accepts only traces.
    pub is_traces_only: bool,
}

impl From<TelemetryConfig> for OtlpTarget {
    fn from(config: TelemetryConfig) -> Self {
        Self { config: Arc::new(config), headers: Vec::new(), is_traces_only: false }
    }
}

impl OtlpTarget {
    /// The name of the exporter in messages and metrics, with the number of the target.
    pub(crate) fn exporter(&self, index: usize, signal: Signal) -> ExporterId {
        let name = match index {
            0 => "otlp".into(),
            _ => format!("otlp/{}", index + 1).into(),
        };
        let (protocol, endpoint) = self.config.otlp_route(signal);
        let transport = match protocol {
            OtlpProtocol::Grpc => "grpc",
            OtlpProtocol::Http => "http",
        };
        let items = match signal {
            Signal::Traces => "span",
            Signal::Metrics => "metric",
            Signal::Logs => "log",
        };
        ExporterId {
            name,
            kind: format!("otlp_{transport}_{items}_exporter").into(),
            server: server(endpoint),
            route: Some(format!("{} {}", protocol.name(), without_credentials(endpoint))),
        }
    }
}
