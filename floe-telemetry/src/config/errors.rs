//! The recording of errors and panics.

use serde::{Deserialize, Serialize};

/// The recording of errors and panics.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct ErrorsConfig {
    /// Whether the message of a panic is recorded. Default `true`. With `false` the span is still an
    /// error with `error.type` and `exception.type` = `panic`, but the message never leaves the
    /// process: the status description is `panic`, and there is no `exception.message`. An error value
    /// that describes a panic is an error like any other, and its message is recorded.
    pub panic_messages: bool,
}

setters! { ErrorsConfig {
    with_panic_messages(panic_messages: bool);
} }

impl Default for ErrorsConfig {
    fn default() -> Self {
        Self {
            panic_messages: true,
        }
    }
}
