//! The setting that determines which spans have their own `Context`.

use serde::{Deserialize, Serialize};

/// Which spans of annotated functions and of `tracing` have their own OpenTelemetry `Context`.
///
/// Both values produce the same spans, parents and attributes for code that uses this crate, its tracers, or
/// `Context::current().span()` to update the current span. With `boundaries`, other code that reads
/// `Context::current()` finds the ids of the innermost span with its own `Context`.
/// [`get_current_span`](floe_telemetry_core::get_current_span), the functions of
/// [`propagation`](floe_telemetry_core::propagation) and
/// [`in_current_span`](floe_telemetry_core::FutureExt::in_current_span) refer to the innermost span with both values.
/// [The manual](https://docs.rs/floe-telemetry/latest/floe_telemetry/_manual/configuration/index.html#context) lists
/// all differences.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ContextMode {
    /// Every span has its own `Context` (default).
    #[default]
    EverySpan,
    /// With a parent-based sampler, only these spans have their own `Context`: the first span of a trace on a thread,
    /// functions called in a span of `tracing`, and the spans of guards and of OpenTelemetry's API.
    Boundaries,
}
