//! `plugins:` — who does the platform's work.

use floe_telemetry::plugin;
use serde::Deserialize;
use serde_saphyr::Spanned;

/// Which plugins do the platform's work.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Plugins {
    /// Where telemetry is kept.
    pub telemetry_backend: Option<Selection<BackendName>>,
}

/// The choice of a plugin: `{ type: jaeger }`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Selection<N> {
    /// The plugin's name.
    #[serde(rename = "type")]
    pub kind: Spanned<N>,
}

/// The name of a telemetry backend that is linked into the program.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct BackendName(String);

impl BackendName {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for BackendName {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        match plugin::backend(&name) {
            Ok(_) => Ok(Self(name)),
            Err(error) => Err(error.to_string()),
        }
    }
}
