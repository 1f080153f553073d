//! Configurations in YAML.

use std::path::Path;
use std::sync::Arc;

use super::config_file;
use super::env::context;
use super::mistake::Mistake;
use super::source::Source;
use super::telemetry::TelemetryConfig;
use super::yaml::{self, substitution::substitute};
use crate::environment;
use crate::error::Error;

impl TelemetryConfig {
    /// Parses and validates YAML (or JSON, which is YAML, too).
    ///
    /// `${NAME}`, `${env:NAME}` and `${NAME:-default}` in values become the value of an environment variable, and `$$`
    /// becomes `$`. Only [credentials](super::TelemetryAuth) keep their references, which are resolved later.
    ///
    /// # Errors
    ///
    /// Fails if the text is not YAML, if a key is unknown, missing or of the wrong type, or if a value is invalid. The
    /// error has the line and the column of the first mistake.
    ///
    /// ```
    /// use floe_telemetry::TelemetryConfig;
    ///
    /// let error = TelemetryConfig::from_yaml("
    /// resource_attributes: {service_name: orders}
    /// otlp_protocol: grcp
    /// ").unwrap_err();
    /// assert_eq!(error.to_string(), "telemetry configuration: line 3, column 16: otlp_protocol: \
    ///   expected `grpc` or `http`, found `grcp`; did you mean `grpc`?");
    /// ```
    pub fn from_yaml(yaml: &str) -> Result<Self, Error> {
        Self::parse(yaml, None)
    }

    fn parse(yaml: &str, file: Option<&Arc<str>>) -> Result<Self, Error> {
        let mut document = yaml::parse(yaml)?;
        substitute(&mut document, &|name| environment::variable(name).ok(), is_credential)?;
        let mut config: Self = document.read()?;
        config.check().map_err(|mistake| {
            let position = document.locate(mistake.path.split('.'), false);
            Mistake { position: Some(position), ..mistake }
        })?;
        document.scalars("", &mut |path, position| {
            config.sources.note(path, Source::Document(file.cloned(), position));
        });
        config.remember();
        Ok(config)
    }

    pub(super) fn read_document(path: &Path) -> Result<Self, Error> {
        let file = Arc::from(path.display().to_string());
        let config = config_file::read(path).and_then(|text| Self::parse(&text, Some(&file)));
        config.map_err(|error| error.within(&context(path)))
    }
}

/// Returns whether the value with this path is a credential, which may be a reference.
fn is_credential(path: &[&str]) -> bool {
    matches!(path, ["authentication", "api_key" | "bearer_token"] | ["otlp", _, "headers", _])
}
