//! What is recorded of what went wrong.

use serde::{Deserialize, Serialize};

/// What is recorded of errors and panics.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
#[expect(
    clippy::exhaustive_structs,
    reason = "plain data with a published schema"
)]
pub struct ErrorsConfig {
    /// Whether a span says with what text its function panicked. Default `true`. With `false` it is
    /// an error all the same, with `error.type` and `exception.type` = `panic`, but the text never
    /// leaves the process: the status says `panic`, and there is no `exception.message`. What an error
    /// says of a panic that it stands for is the error's text, and is recorded.
    pub panic_messages: bool,
}

impl Default for ErrorsConfig {
    fn default() -> Self {
        Self {
            panic_messages: true,
        }
    }
}
