//! Where OTLP goes, and what is sent along.

use secrecy::SecretString;

use crate::config::TelemetryConfig;

/// A configuration whose endpoint and protocol are final, with the headers of the backend.
#[derive(Clone, Debug)]
#[cfg_attr(
    not(feature = "_otlp"),
    expect(dead_code, reason = "nothing is sent without OTLP")
)]
pub(crate) struct OtlpTarget {
    pub(crate) config: TelemetryConfig,
    /// What the environment and the configuration say wins over them.
    pub(crate) headers: Vec<(String, SecretString)>,
    /// Whoever is there takes no other signal.
    pub(crate) is_traces_only: bool,
}

impl From<TelemetryConfig> for OtlpTarget {
    fn from(config: TelemetryConfig) -> Self {
        Self {
            config,
            headers: Vec::new(),
            is_traces_only: false,
        }
    }
}
