//! The receiver of OTLP.

use std::sync::Arc;

use crate::collector::ExporterId;
use crate::config::{
    Signal, TelemetryAuth, TelemetryConfig, check_header_name, server, without_credentials,
};
use crate::error::Error;

/// A configuration with the final endpoint and protocol.
#[derive(Clone, Debug)]
pub struct OtlpTarget {
    /// The configuration.
    pub config: Arc<TelemetryConfig>,
}

impl From<TelemetryConfig> for OtlpTarget {
    fn from(mut config: TelemetryConfig) -> Self {
        config.note_code();
        Self { config: Arc::new(config) }
    }
}

impl OtlpTarget {
    /// Returns the identity of the exporter in messages and metrics. From the second target on, the name has a number.
    pub(crate) fn exporter(&self, index: usize, signal: Signal) -> ExporterId {
        let name = match index {
            0 => "otlp".into(),
            _ => format!("otlp/{}", index + 1).into(),
        };
        let (protocol, _) = self.config.otlp_route(signal);
        let url = self.config.otlp_url(signal);
        let item = signal.item().trim_end_matches(" record");
        ExporterId {
            name,
            kind: format!("otlp_{}_{item}_exporter", protocol.as_str().to_lowercase()).into(),
            server: server(&url),
            route: Some(format!("{} {}", protocol.name(), without_credentials(&url))),
        }
    }

    /// Merges the configured headers and the credential, which takes precedence.
    #[doc(hidden)]
    pub fn headers(&self, signal: Signal) -> Result<Vec<(String, String)>, Error> {
        let mut headers: Vec<(String, String)> = Vec::new();
        let mut set = |name: &str, value: String| -> Result<(), Error> {
            let name = name.to_ascii_lowercase();
            check_header_name(&name).map_err(|message| {
                Error::config(format!("a header of the OTLP exporter: {message}"))
            })?;
            if !value.bytes().all(|byte| (0x20..0x7f).contains(&byte)) {
                return Err(Error::config(
                    "a header of the OTLP exporter: expected a value in printable ASCII, found other characters",
                ));
            }
            headers.retain(|(other, _)| *other != name);
            headers.push((name, value));
            Ok(())
        };
        for (name, value) in self.config.otlp.headers(signal) {
            let value =
                value.resolve().map_err(|error| error.within(&format!("the header `{name}`")))?;
            set(name, value.expose().to_owned())?;
        }
        if let Some(authentication) = &self.config.authentication
            && let Some(secret) = authentication.secret()
        {
            let TelemetryAuth { header_name, .. } = authentication;
            let secret = secret
                .resolve()
                .map_err(|error| error.within("authentication").of_setting("AUTHENTICATION"))?;
            let value = format!("{}{}", authentication.scheme(), secret.expose());
            set(header_name, value)?;
        }
        Ok(headers)
    }
}
