//! The hot path: everything that happens on the caller's thread.
//!
//! It reads the clock, makes ids, looks at the current OpenTelemetry [`Context`], holds the open
//! span and writes the finished one into the thread's buffer. It never locks, waits or exports;
//! the collector thread does the rest.
//!
//! [`Context`]: opentelemetry::Context

mod active;
mod bounded;
#[cfg(feature = "tracing")]
mod bridged;
mod buffer;
mod call;
#[cfg(any(feature = "tower", feature = "reqwest-middleware"))]
mod detached;
mod enter;
mod events;
mod failure;
mod first_poll;
mod future;
mod head;
mod ids;
mod local;
mod measure;
mod name;
mod open;
mod opening;
pub mod outcome;
mod parent;
mod pending;
mod phase;
mod pointer;
mod rare;
mod record;
mod recording;
mod returned;
pub mod returned_future;
mod ring;
#[cfg(test)]
mod ring_properties;
mod sampling;
mod span;
mod spare;
mod state;
mod sync;
mod tracer;

pub(crate) use self::active::create_span_in;
pub use self::active::{ActiveSpan, CurrentSpan, create_span, create_span_with, get_current_span};
#[cfg(feature = "tracing")]
pub(crate) use self::bridged::BridgedSpan;
#[cfg(feature = "provider")]
pub(crate) use self::buffer::{
    Buffer, dropped_spans, new_buffers, set_collector, wake as wake_collector,
};
pub use self::call::{call, call_opening, call_plain};
#[cfg(any(feature = "tower", feature = "reqwest-middleware"))]
pub(crate) use self::detached::DetachedSpan;
pub use self::enter::{enter, enter_below, enter_plain};
#[cfg(feature = "tracing")]
pub(crate) use self::events::{EventHead, MESSAGE};
#[cfg(feature = "provider")]
pub(crate) use self::failure::panic_message;
pub use self::failure::record_exception;
#[cfg(feature = "tracing")]
pub(crate) use self::failure::{describe_error, exception_event};
pub use self::first_poll::{enter_within, enter_within_below};
pub use self::future::{Never, call_async, call_async_within, never, never_made};
#[cfg(feature = "provider")]
pub(crate) use self::head::Code;
#[cfg(feature = "_otlp")]
pub(crate) use self::head::Head;
#[cfg(feature = "_otlp")]
pub(crate) use self::ids::random;
pub(crate) use self::local::context_is_alive;
#[cfg(feature = "provider")]
pub(crate) use self::measure::{Measures, missed_calls, new_measures};
pub use self::opening::Opening;
#[cfg(feature = "provider")]
pub(crate) use self::opening::PANICKED;
#[cfg(feature = "tracing")]
pub(crate) use self::parent::Parent;
pub use self::parent::{below, root};
#[cfg(feature = "provider")]
pub(crate) use self::record::More;
#[cfg(feature = "provider")]
pub(crate) use self::record::Origin;
#[cfg(any(feature = "provider", feature = "tracing"))]
pub(crate) use self::record::SpanRecord;
pub use self::returned::{call_by_type, call_by_type_opening, call_opaque, call_opaque_opening};
#[cfg(feature = "testing")]
pub(crate) use self::sampling::{CaptureScope, switch_captures};
#[cfg(feature = "provider")]
pub(crate) use self::sampling::{Measured, Sampling, matches, switch_provider};
#[cfg(feature = "tracing")]
pub(crate) use self::sampling::{is_off, leaves_out_below};
pub use self::span::RecordedSpan;
pub use self::state::OpenSpan;
pub use self::tracer::{RecorderTracer, RecorderTracerProvider, get_tracer};
