//! The section `observability` of the manifest: tracing, lineage and logging of products.

use floe_telemetry::config::OtlpProtocol;
use floe_telemetry::config::yaml::Spanned;
use serde::Deserialize;

pub use crate::manifest::selection::LineageTransport;
use crate::word::{Endpoint, TraceUrl};

/// Tracing, lineage and logging of products.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Observability {
    /// The settings of traces.
    pub tracing: Tracing,
    /// The settings of lineage.
    pub lineage: Lineage,
    /// The settings of logs.
    pub logging: Logging,
}

/// The recording and the export of traces.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Tracing {
    /// Whether the telemetry of runs is recorded: traces, metrics and exported logs. Default: `true`.
    pub enabled: bool,
    /// The exporter. Default: that of the backend.
    pub exporter: Option<Spanned<Exporter>>,
    /// The endpoint of the OpenTelemetry collector.
    pub endpoint: Option<Endpoint>,
    /// The protocol of the OpenTelemetry collector. Default: the protocol that the endpoint selects.
    pub protocol: Option<OtlpProtocol>,
    /// The address of a trace in the backend, for links to it.
    pub trace_url: Option<TraceUrl>,
}

impl Default for Tracing {
    fn default() -> Self {
        Self { enabled: true, exporter: None, endpoint: None, protocol: None, trace_url: None }
    }
}

/// The exporter of traces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Exporter {
    /// Traces are exported over OTLP.
    Otlp,
    /// Traces are not sent. `floe run --trace` prints them.
    Console,
    /// Nothing is recorded.
    None,
}

/// The recording of lineage, and the destination of its events.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Lineage {
    /// Whether lineage is recorded. Default: `true`.
    pub enabled: bool,
    /// The transport of events. Default: `http` with an endpoint, else the plugins of `plugins.lineage_backend`.
    pub transport: Option<LineageTransport>,
    /// The address of Marquez, for the transport `http`.
    pub endpoint: Option<Endpoint>,
}

impl Default for Lineage {
    fn default() -> Self {
        Self { enabled: true, transport: None, endpoint: None }
    }
}

/// The level and the format of the logs. Logs are printed to standard error if the level or the format is not the
/// default, or a variable such as `FLOE_LOG_LEVEL` is set. Exporters of logs get them in any case.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Logging {
    /// The minimum level that is logged. Default: `INFO`.
    pub level: LogLevel,
    /// The format of a log line.
    pub format: LogFormat,
}

/// The minimum level that is logged. For the libraries of network clients, it is at least `WARN`.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum LogLevel {
    /// Records of every level.
    Trace,
    /// Records of every level except `TRACE`.
    Debug,
    /// Records of every level except `TRACE` and `DEBUG`.
    #[default]
    Info,
    /// Warnings and errors.
    #[serde(alias = "WARNING")]
    Warn,
    /// Errors only.
    Error,
    /// No records.
    Off,
}

impl LogLevel {
    /// Returns the name of the level in the artifacts.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Trace => "TRACE",
            Self::Debug => "DEBUG",
            Self::Info => "INFO",
            Self::Warn => "WARN",
            Self::Error => "ERROR",
            Self::Off => "OFF",
        }
    }
}

/// The format of a log line.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// A JSON object.
    #[default]
    Json,
    /// Plain text.
    Text,
}
