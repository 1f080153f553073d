//! What is kept of the traces that the ratio left out, and how it is held until then.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::config::problems::Problems;

/// How much is held of traces for which it is not known yet whether they are kept.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
#[expect(
    clippy::exhaustive_structs,
    reason = "plain data with a published schema"
)]
pub struct HoldConfig {
    /// Spans of all such traces together. Where there are more, the oldest trace is decided by what
    /// is known of it. Default 10,000.
    #[cfg_attr(feature = "schema", schemars(range(min = 1)))]
    pub max_spans: usize,
    /// Seconds from the first span of a trace that ended; then it is decided by what is known of it.
    /// Default 60.
    #[cfg_attr(feature = "schema", schemars(range(min = 1)))]
    pub max_seconds: u64,
}

impl Default for HoldConfig {
    fn default() -> Self {
        Self {
            max_spans: 10_000,
            max_seconds: 60,
        }
    }
}

impl HoldConfig {
    pub(super) fn check(self, problems: &mut Problems) {
        for (name, is_zero) in [
            ("max_spans", self.max_spans == 0),
            ("max_seconds", self.max_seconds == 0),
        ] {
            if is_zero {
                problems.add(
                    &format!("sampling.hold.{name}"),
                    "found 0, accepted is a whole number, 1 or more",
                );
            }
        }
    }
}

/// What is kept of what the ratio left out.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Keep {
    pub(crate) errors: bool,
    pub(crate) slower_than: Option<Duration>,
    pub(crate) hold: HoldConfig,
}
