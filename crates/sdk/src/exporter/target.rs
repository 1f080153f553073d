//! The receiver of OTLP and the headers of its backend, or what writes OTLP.

use super::writer::SharedWriter;
use crate::collector::ExporterId;
use crate::config::{OtlpProtocol, Secret, Signal, TelemetryConfig, server, without_credentials};

/// A configuration with the final endpoint and protocol, and the headers that the backend adds.
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_structs, reason = "not part of the public interface")]
pub struct OtlpTarget {
    /// The configuration.
    pub config: TelemetryConfig,
    /// Headers of the environment and the configuration take precedence over these.
    pub headers: Vec<(String, Secret)>,
    /// Whether the backend accepts traces only.
    pub is_traces_only: bool,
    /// Writes the requests instead of sending them to the endpoint.
    pub writer: Option<SharedWriter>,
}

impl From<TelemetryConfig> for OtlpTarget {
    fn from(config: TelemetryConfig) -> Self {
        Self { config, headers: Vec::new(), is_traces_only: false, writer: None }
    }
}

impl OtlpTarget {
    /// The exporter of a signal to this target, as messages and metrics name it. The number of the target is part of its
    /// name.
    pub(crate) fn exporter(&self, index: usize, signal: Signal) -> ExporterId {
        let name = self.writer.as_ref().map_or("otlp", SharedWriter::name);
        let name = match index {
            0 => name.to_owned().into(),
            _ => format!("{name}/{}", index + 1).into(),
        };
        if let Some(writer) = &self.writer {
            let kind = writer.kind().into();
            return ExporterId { name, kind, server: None };
        }
        let (protocol, endpoint) = self.config.otlp_route(signal);
        let transport = match protocol {
            OtlpProtocol::Grpc => "grpc",
            OtlpProtocol::HttpJson => "http_json",
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
        }
    }

    /// Describes where a signal goes, without credentials: its protocol and endpoint, or the name of a writer.
    pub(crate) fn route(&self, signal: Signal) -> String {
        if let Some(writer) = &self.writer {
            return writer.name().to_owned();
        }
        let (protocol, endpoint) = self.config.otlp_route(signal);
        format!("{} {}", protocol.name(), without_credentials(endpoint))
    }
}
