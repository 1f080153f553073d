//! `observability:` — tracing, lineage and logging of products, by the platform's keys.

use serde::{Deserialize, Serialize};
use serde_saphyr::Spanned;

use crate::word::Endpoint;

/// How products are observed.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Observability {
    /// Traces.
    pub tracing: Tracing,
    /// Lineage.
    pub lineage: Lineage,
    /// Logs.
    pub logging: Logging,
}

/// Whether and where traces go.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Tracing {
    /// Whether runs are recorded at all.
    pub enabled: bool,
    /// The exporter. Default: that of the backend.
    pub exporter: Option<Spanned<Exporter>>,
    /// The collector's address.
    pub endpoint: Option<Endpoint>,
    /// The collector's protocol.
    pub protocol: Protocol,
}

impl Default for Tracing {
    fn default() -> Self {
        Self {
            enabled: true,
            exporter: None,
            endpoint: None,
            protocol: Protocol::default(),
        }
    }
}

/// The exporter of traces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Exporter {
    /// OTLP.
    Otlp,
    /// The terminal.
    Console,
    /// No exporter: nothing is recorded.
    None,
}

/// The protocol of the collector.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    /// OTLP over gRPC.
    #[default]
    Grpc,
    /// OTLP over HTTP.
    Http,
}

/// Whether and where lineage goes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Lineage {
    /// Whether it is recorded at all.
    pub enabled: bool,
    /// How events are sent.
    pub transport: Option<LineageTransport>,
    /// Where events are sent.
    pub endpoint: Option<Endpoint>,
}

impl Default for Lineage {
    fn default() -> Self {
        Self {
            enabled: true,
            transport: None,
            endpoint: None,
        }
    }
}

/// How lineage events are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LineageTransport {
    /// As `OpenLineage` events over HTTP.
    Http,
    /// Printed.
    Console,
    /// Not at all.
    Noop,
}

/// How the platform logs.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Logging {
    /// The least important level that is logged.
    pub level: LogLevel,
    /// The format of a line.
    pub format: LogFormat,
}

/// The least important level that is logged.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum LogLevel {
    /// Details for developers, and everything below.
    Debug,
    /// Normal operation, and everything below.
    #[default]
    Info,
    /// Unexpected events, and errors.
    Warning,
    /// Errors alone.
    Error,
}

impl LogLevel {
    /// The name of the level in the artifacts.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Debug => "DEBUG",
            Self::Info => "INFO",
            Self::Warning => "WARNING",
            Self::Error => "ERROR",
        }
    }
}

/// The format of a line of the logs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// A JSON object.
    #[default]
    Json,
    /// Plain text.
    Text,
}
