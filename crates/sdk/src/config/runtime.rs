//! On which threads telemetry is exported.

use serde::{Deserialize, Serialize};

use crate::json_schema::JsonSchema;

/// On which threads spans, metrics and log records are processed and exported.
///
/// [The manual](https://docs.rs/floe-telemetry/latest/floe_telemetry/_manual/configuration/index.html#runtime)
/// describes what differs.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Runtime {
    /// Threads that the provider starts, all the time (default).
    #[default]
    Thread,
    /// The thread that calls [`force_flush`](crate::TelemetryProvider::force_flush) or
    /// [`shutdown`](crate::TelemetryProvider::shutdown), during the call: the provider starts no thread. For hosts that
    /// stop a process between its requests, such as AWS Lambda, and for programs of one thread.
    Caller,
}

impl Runtime {
    pub(super) const ALL: [(&'static str, Self); 2] =
        [("thread", Self::Thread), ("caller", Self::Caller)];

    /// Whether the provider starts no thread.
    #[doc(hidden)]
    #[must_use]
    pub fn is_caller(self) -> bool {
        self == Self::Caller
    }
}
