//! The recording of errors and panics.

use serde::{Deserialize, Serialize};

use super::section::is_default;
use crate::json_schema::JsonSchema;

/// The recording of errors and panics.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct ErrorsConfig {
    /// Whether the message of a panic is recorded. Default `true`. With `false` the span is still an
    /// error with `error.type` and `exception.type` = `panic`, but the message never leaves the
    /// process: the status description is `panic`, and there is no `exception.message`. An error value
    /// that describes a panic is an error like any other, and its message is recorded.
    pub panic_messages: bool,
    /// What writes a panic to standard error, after [`init`](crate::init): the panic hook (default), or this crate,
    /// redacted, in place of the hook.
    #[serde(skip_serializing_if = "is_default")]
    pub panic_output: PanicOutput,
}

/// What writes a panic to standard error.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum PanicOutput {
    /// The panic hook of the program (default). That of the standard library writes the message as it is.
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

impl Default for ErrorsConfig {
    fn default() -> Self {
        Self { panic_messages: true, panic_output: PanicOutput::default() }
    }
}
