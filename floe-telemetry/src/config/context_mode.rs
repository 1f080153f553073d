//! Which spans have a `Context` of their own.

use serde::{Deserialize, Serialize};

/// Which recorded spans of annotated functions are in OpenTelemetry's `Context` themselves, the setting
/// `context`.
///
/// The spans, their parents and what they contain are the same with both values, as far as this crate, its
/// propagators and its tracers are concerned. The difference is what code sees that reads
/// OpenTelemetry's `Context::current()` itself: with `boundaries`, its span context is that of the first span
/// of the trace on this thread, so a child that such code starts without asking this crate's tracer has that
/// parent. Updates through `Context::current().span()` go to the innermost span with both values.
/// [`get_current_span`](crate::get_current_span) and the functions of [`propagation`](crate::propagation)
/// return the innermost span in any case.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ContextMode {
    /// Every span is in a `Context` of its own (default).
    #[default]
    EverySpan,
    /// Only the first span of a trace on a thread is in a `Context`, and spans that are not those of annotated
    /// functions. The others cost about half as much.
    Boundaries,
}
