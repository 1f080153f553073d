//! How a configuration is printed.

use std::fmt;

use super::TelemetryConfig;
use crate::sanitizer::sanitize_credentials;

/// What is printed is what is configured, without the credentials in it: an endpoint can have one in
/// its query.
impl fmt::Debug for TelemetryConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // By name, so that a field that is new is not left out.
        let Self {
            enabled,
            otlp_endpoint,
            otlp_protocol,
            sampling,
            resource_attributes,
            authentication,
            batch_processor,
            log_batch_processor,
            logging,
            redaction,
            backend,
            otlp,
            exporters,
            metrics,
            limits,
            errors,
            propagators,
        } = self;
        let fields = fmt::from_fn(|f| {
            f.debug_struct("TelemetryConfig")
                .field("enabled", enabled)
                .field("otlp_endpoint", otlp_endpoint)
                .field("otlp_protocol", otlp_protocol)
                .field("sampling", sampling)
                .field("resource_attributes", resource_attributes)
                .field("authentication", authentication)
                .field("batch_processor", batch_processor)
                .field("log_batch_processor", log_batch_processor)
                .field("logging", logging)
                .field("redaction", redaction)
                .field("backend", backend)
                .field("otlp", otlp)
                .field("exporters", exporters)
                .field("metrics", metrics)
                .field("limits", limits)
                .field("errors", errors)
                .field("propagators", propagators)
                .finish()
        });
        let text = if f.alternate() {
            format!("{fields:#?}")
        } else {
            format!("{fields:?}")
        };
        f.write_str(&sanitize_credentials(&text))
    }
}
