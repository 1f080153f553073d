//! `observability:` — how products are observed, in the platform's words.

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
    /// What becomes of them; what the backend does, unless it is said.
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

/// What becomes of traces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Exporter {
    /// They are sent.
    Otlp,
    /// They are printed.
    Console,
    /// Nothing.
    None,
}

/// How the collector is spoken to.
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
    /// How it leaves.
    pub transport: Option<LineageTransport>,
    /// The address of its keeper.
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

/// How lineage leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LineageTransport {
    /// As `OpenLineage` events over HTTP.
    Http,
    /// Printed.
    Console,
    /// It does not.
    Noop,
}

/// How the platform logs.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Logging {
    /// What is left out.
    pub level: LogLevel,
    /// What a line looks like.
    pub format: LogFormat,
}

/// What is left out of the logs: everything below this.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum LogLevel {
    /// Nothing.
    Debug,
    /// What is for developers.
    #[default]
    Info,
    /// What went as expected.
    Warning,
    /// Everything but failures.
    Error,
}

impl LogLevel {
    /// The word for it in the artifacts.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Debug => "DEBUG",
            Self::Info => "INFO",
            Self::Warning => "WARNING",
            Self::Error => "ERROR",
        }
    }
}

/// What a line of the logs looks like.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// A JSON object.
    #[default]
    Json,
    /// Text for people.
    Text,
}
