//! The output of panics.

use serde::{Deserialize, Serialize};

use crate::json_schema::JsonSchema;

/// The writer of a panic to standard error.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum PanicOutput {
    /// The panic hook of the program (default). The hook of the standard library writes the message as it is.
    #[default]
    Hook,
    /// This crate, and no panic hook that was set before: thread, location and redacted message, and a backtrace if
    /// `RUST_BACKTRACE` asks for one. If the panic is a log line on standard error, that line has the message, and
    /// it is not written twice.
    Redacted,
}

impl PanicOutput {
    pub(super) const ALL: [(&'static str, Self); 2] =
        [("hook", Self::Hook), ("redacted", Self::Redacted)];
}
