//! Logging.

use serde::{Deserialize, Serialize};

use crate::error::Error;

/// The levels that are accepted, in any case.
const LEVELS: [&str; 5] = ["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"];

/// How the process logs.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields, default)]
#[expect(
    clippy::exhaustive_structs,
    reason = "plain data with a published schema"
)]
pub struct LoggingConfig {
    /// `DEBUG`, `INFO`, `WARNING`, `ERROR` or `CRITICAL`, in any case. Default `INFO`.
    pub log_level: String,
    /// JSON lines rather than text. Default `true`.
    pub json_output: bool,
}

impl Default for LoggingConfig {
    fn default() -> Self {
        Self {
            log_level: "INFO".to_owned(),
            json_output: true,
        }
    }
}

impl LoggingConfig {
    pub(super) fn validate(&self) -> Result<(), Error> {
        if LEVELS
            .iter()
            .any(|level| level.eq_ignore_ascii_case(&self.log_level))
        {
            return Ok(());
        }
        Err(Error::config(format!(
            "logging.log_level: unknown level `{}`: accepted are {}",
            self.log_level,
            LEVELS.map(|level| format!("`{level}`")).join(", "),
        )))
    }
}
