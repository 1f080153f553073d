//! Logging.

use serde::{Deserialize, Serialize};

use super::problems::Problems;
use super::suggest::accepted;

/// The levels that are accepted, in any case.
pub(super) const LEVELS: [&str; 5] = ["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"];

/// How the process logs.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
#[expect(
    clippy::exhaustive_structs,
    reason = "plain data with a published schema"
)]
pub struct LoggingConfig {
    /// `DEBUG`, `INFO`, `WARNING`, `ERROR` or `CRITICAL`, in any case. Default `INFO`.
    #[cfg_attr(
        feature = "schema",
        schemars(regex(pattern = "(?i)^(DEBUG|INFO|WARNING|ERROR|CRITICAL)$"))
    )]
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
    pub(super) fn check(&self, problems: &mut Problems) {
        if !is_level(&self.log_level) {
            problems.add(
                "logging.log_level",
                format!(
                    "found `{}`, {}",
                    self.log_level,
                    accepted(&self.log_level, &LEVELS)
                ),
            );
        }
    }
}

pub(super) fn is_level(word: &str) -> bool {
    LEVELS.iter().any(|level| level.eq_ignore_ascii_case(word))
}
