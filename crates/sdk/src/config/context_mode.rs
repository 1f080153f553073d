//! Which spans have a `Context` of their own.

use serde::{Deserialize, Serialize};

use crate::json_schema::JsonSchema;

/// Which spans of annotated functions and of `tracing` are in an OpenTelemetry `Context` of their own.
///
/// The spans, their parents and their attributes are the same with both values for code that uses this crate,
/// its tracers, or `Context::current().span()` to update the current span. With `boundaries`, other code that
/// reads the ids in `Context::current()` finds those of the first span of the trace on this thread.
/// [`get_current_span`](floe_telemetry_core::get_current_span), the functions of [`propagation`](floe_telemetry_core::propagation) and
/// [`in_current_span`](floe_telemetry_core::FutureExt::in_current_span) refer to the innermost span in any case.
/// [The manual](https://docs.rs/floe-telemetry/latest/floe_telemetry/_manual/configuration/index.html#context) lists all differences.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ContextMode {
    /// Every span is in a `Context` of its own (default).
    #[default]
    EverySpan,
    /// Only these are: the first span of a trace on a thread, functions that are called in a span of `tracing`, and
    /// the spans of guards and of OpenTelemetry's API. The others save the cost of a `Context`.
    Boundaries,
}
