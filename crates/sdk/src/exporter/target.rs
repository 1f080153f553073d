//! The receiver of OTLP and the headers of its backend, or what writes OTLP.

use secrecy::SecretString;

#[cfg(feature = "_otlp")]
use super::otlp::SharedWriter;
use crate::config::TelemetryConfig;

/// A configuration with the final endpoint and protocol, and the headers that the backend adds.
#[derive(Clone, Debug)]
#[cfg_attr(
    not(feature = "_otlp"),
    expect(dead_code, reason = "only the OTLP exporter reads it")
)]
pub(crate) struct OtlpTarget {
    pub(crate) config: TelemetryConfig,
    /// Headers of the environment and the configuration take precedence over these.
    pub(crate) headers: Vec<(String, SecretString)>,
    /// Whether the backend accepts traces only.
    pub(crate) is_traces_only: bool,
    /// Writes the requests instead of sending them to the endpoint.
    #[cfg(feature = "_otlp")]
    pub(crate) writer: Option<SharedWriter>,
}

impl From<TelemetryConfig> for OtlpTarget {
    fn from(config: TelemetryConfig) -> Self {
        Self {
            config,
            headers: Vec::new(),
            is_traces_only: false,
            #[cfg(feature = "_otlp")]
            writer: None,
        }
    }
}
