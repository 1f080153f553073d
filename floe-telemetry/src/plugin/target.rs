//! From the chosen backend to where the provider sends.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::{ExporterConfig, OtlpExporterConfig, backend};
use crate::config::{TelemetryConfig, validate_endpoint};
use crate::error::Error;
use crate::exporter::OtlpTarget;

/// Where the backend that `config` chooses is; nowhere, if it is the terminal.
pub(crate) fn target(config: &TelemetryConfig) -> Result<Option<OtlpTarget>, Error> {
    let backend = backend(&config.backend)?;
    let exporter = AssertUnwindSafe(|| backend.otlp_exporter_config(config));
    let exporter = catch_unwind(exporter)
        .map_err(|_| Error::config(format!("backend: `{}` panicked", config.backend)))?;
    let ExporterConfig::Otlp(otlp) = exporter else {
        return Ok(None);
    };
    validate_endpoint("endpoint", &otlp.endpoint)
        .map_err(|error| error.within(&format!("backend `{}`", config.backend)))?;
    Ok(Some(otlp.target(config)))
}

impl OtlpExporterConfig {
    /// The configuration with this endpoint, protocol and headers.
    pub(super) fn target(&self, config: &TelemetryConfig) -> OtlpTarget {
        let mut config = config.clone();
        config.otlp_endpoint.clone_from(&self.endpoint);
        config.otlp_protocol = self.protocol;
        OtlpTarget {
            config,
            headers: self.headers.clone(),
            is_traces_only: self.is_traces_only,
        }
    }
}
