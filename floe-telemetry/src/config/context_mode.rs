//! Which spans have a `Context` of their own.

use serde::{Deserialize, Serialize};

/// Which recorded spans of annotated functions and of `tracing` are in OpenTelemetry's `Context` themselves, the
/// setting `context`.
///
/// The spans, their parents and what they contain are the same with both values for code that uses this crate,
/// its tracers, or `Context::current().span()` to update the current span. With `boundaries`, other code that
/// reads the ids in OpenTelemetry's `Context::current()` finds those of the first span of the trace on this
/// thread, a `Context` that an outer function has read is that of the inner function which uses it, and a span of
/// `tracing` that such a first function leaves entered is not current after the function.
/// [`get_current_span`](crate::get_current_span), the functions of [`propagation`](crate::propagation) and
/// [`in_current_span`](crate::FutureExt::in_current_span) refer to the innermost span in any case.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ContextMode {
    /// Every span is in a `Context` of its own (default).
    #[default]
    EverySpan,
    /// Only the first span of a trace on a thread is in a `Context`, a function that is called in a span of `tracing`,
    /// and the spans of guards and of OpenTelemetry's API. The others cost about half as much.
    Boundaries,
}
