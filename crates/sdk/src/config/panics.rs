//! The output of panics.

use serde::{Deserialize, Serialize};

/// The writer of a panic to standard error.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum PanicOutput {
    /// The panic hook of the program (default). The standard library's hook writes the message unredacted.
    #[default]
    Hook,
    /// This crate instead of the earlier panic hook: thread, location and redacted message, and a backtrace if
    /// `RUST_BACKTRACE` requests one. If a log line on standard error contains the message, it is not written twice.
    Redacted,
}

impl PanicOutput {
    pub(super) const ALL: [(&'static str, Self); 2] =
        [("hook", Self::Hook), ("redacted", Self::Redacted)];
}
