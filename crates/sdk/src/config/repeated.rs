//! The setting that decides how often attributes shared by many spans are written.

use serde::{Deserialize, Serialize};

/// The spans that have the attributes of their place in the source: `code.function.name`, `code.module.name`,
/// `code.file.path` and `code.line.number` ([conventions](https://opentelemetry.io/docs/specs/semconv/code/)).
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum CodeAttributes {
    /// Every span has them (default).
    #[default]
    EverySpan,
    /// The first span of each place in each request to a receiver has them, so that every request is complete in
    /// itself. The other spans have the same instrumentation scope and, unless the program renames them, the same name.
    Once,
    /// No span has them.
    Off,
}
