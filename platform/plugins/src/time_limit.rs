//! The time limit of a request in the configuration of a plugin.

use std::time::Duration;

use serde::Deserialize;

/// The default time limit of each attempt of a request, including the response.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(10);

const LONGEST_TIMEOUT: f64 = 300.0;

/// The time limit of a request, in seconds, from a plugin's configuration.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(try_from = "f64")]
pub(crate) struct TimeLimit(pub(crate) Duration);

impl Default for TimeLimit {
    fn default() -> Self {
        Self(TIMEOUT)
    }
}

impl TryFrom<f64> for TimeLimit {
    type Error = String;

    fn try_from(seconds: f64) -> Result<Self, String> {
        if seconds > 0.0 && seconds <= LONGEST_TIMEOUT {
            return Ok(Self(Duration::from_secs_f64(seconds)));
        }
        Err(format!("expected more than 0 and at most {LONGEST_TIMEOUT} seconds, found {seconds}"))
    }
}
