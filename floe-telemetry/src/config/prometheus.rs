//! Where Prometheus scrapes.

use serde::{Deserialize, Serialize};

use super::problems::Problems;

/// The address of the endpoint that Prometheus scrapes
/// ([variables](https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/#prometheus-exporter)).
/// The path is `/metrics`. Needs the feature `prometheus`.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
#[expect(
    clippy::exhaustive_structs,
    reason = "plain data with a published schema"
)]
pub struct PrometheusConfig {
    /// A name or an address of this machine; `0.0.0.0` for all of them. Default `localhost`: nobody
    /// else sees the metrics.
    pub host: String,
    /// Default 9464.
    #[cfg_attr(feature = "schema", schemars(range(min = 1)))]
    pub port: u16,
}

impl Default for PrometheusConfig {
    fn default() -> Self {
        Self {
            host: "localhost".to_owned(),
            port: 9464,
        }
    }
}

/// What a host is not to be.
pub(super) fn check_host(host: &str) -> Result<(), &'static str> {
    let plain = |sign: char| sign.is_ascii_alphanumeric() || "._-:".contains(sign);
    if !host.is_empty() && host.chars().all(plain) {
        return Ok(());
    }
    Err("accepted is a name or an address of this machine, without a port")
}

impl PrometheusConfig {
    pub(super) fn check(&self, problems: &mut Problems) {
        if let Err(message) = check_host(&self.host) {
            problems.add("metrics.prometheus.host", message);
        }
        if self.port == 0 {
            problems.add("metrics.prometheus.port", "found 0, accepted is 1 to 65535");
        }
    }
}
