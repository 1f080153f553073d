//! The hot path: everything that happens on the caller's thread.
//!
//! The recorder reads the clock, generates ids, finds the parent in the current OpenTelemetry
//! [`Context`], stores the open span and writes the ended span to the thread's buffer. It never locks,
//! blocks or exports: enrichment, redaction and export run on the collector thread.
//!
//! [`Context`]: opentelemetry::Context

#[cfg(feature = "tracing")]
mod bridged;
mod buffer;
mod call;
mod current;
mod current_context;
mod declared;
mod detached;
mod events;
mod exception;
#[cfg(feature = "provider")]
mod fork;
#[cfg(feature = "provider")]
mod fork_handlers;
mod future;
mod global;
mod global_lookup;
mod global_span;
mod idle;
mod ids;
mod listeners;
mod measure;
mod memory;
mod open;
mod opening;
pub mod outcome;
mod pending;
mod record;
mod recorded_span;
mod recording;
pub mod returned_future;
mod ring;
#[cfg(test)]
mod ring_properties;
mod sampling;
mod span;
mod sync;
mod tracer;
#[cfg(feature = "provider")]
mod wakeup;

#[cfg(feature = "tracing")]
pub(crate) use self::bridged::{BridgedSpan, EnteredSpan, Entrance};
#[cfg(feature = "provider")]
pub(crate) use self::buffer::{
    Buffer, close_surplus_buffers, dropped_spans, new_buffers, set_collector,
    wake as wake_collector, written_spans,
};
pub use self::call::{call, call_opening, end};
#[cfg(feature = "tracing")]
pub(crate) use self::current::IdHash;
#[cfg(any(feature = "redact", feature = "tracing"))]
pub(crate) use self::current::span_context_within;
pub(crate) use self::current_context::current_context;
pub use self::declared::{Never, ReturnedClosure, declared, never, never_made, returned_closure};
pub use self::detached::DetachedSpan;
#[cfg(feature = "tracing")]
pub(crate) use self::events::{EventHead, MESSAGE};
#[cfg(test)]
pub(crate) use self::exception::Exception;
#[cfg(feature = "provider")]
pub(crate) use self::exception::{MARK, panic_message};
#[cfg(feature = "tracing")]
pub(crate) use self::exception::{describe_error, exception_event};
#[cfg(feature = "provider")]
pub(crate) use self::fork::forks;
#[cfg(all(unix, feature = "signals"))]
pub(crate) use self::fork_handlers::set_in_forks;
pub use self::future::{FutureExt, InCurrentSpan, InSpan, OpenedBy, call_async, enter_in_future};
#[cfg(feature = "_otlp")]
pub(crate) use self::ids::random;
#[cfg(feature = "provider")]
pub(crate) use self::ids::random_bits;
#[cfg(feature = "tracing")]
pub(crate) use self::listeners::records_nothing;
#[cfg(feature = "testing")]
pub(crate) use self::listeners::{start_captures, stop_captures};
#[cfg(feature = "provider")]
pub(crate) use self::measure::{Measures, missed_calls, new_measures};
#[cfg(feature = "provider")]
pub(crate) use self::memory::{
    dropped_for_memory, key_values as key_value_bytes, limit_buffered, release_buffered,
};
pub use self::open::{Current, Opened, enter};
#[cfg(feature = "provider")]
pub(crate) use self::opening::PANICKED;
pub(crate) use self::opening::Parent;
pub use self::opening::{Opening, root};
#[cfg(feature = "_otlp")]
pub(crate) use self::record::Head;
#[cfg(any(feature = "provider", feature = "tracing"))]
pub(crate) use self::record::SpanRecord;
#[cfg(feature = "provider")]
pub(crate) use self::record::{Code, More, Origin};
pub use self::recorded_span::RecordedSpan;
pub(crate) use self::recording::context_is_alive;
pub use self::returned_future::{call_by_type, call_opaque, call_opaque_opening};
#[cfg(feature = "testing")]
pub(crate) use self::sampling::CaptureScope;
#[cfg(feature = "provider")]
pub(crate) use self::sampling::{
    CustomSampler, Measured, ProviderId, RootSampler, Sampling, Threshold, change_sampling,
    matches, rejects, sampler_panics, spans_after_shutdown, start_provider, stop_provider,
    with_threshold,
};
pub use self::span::{
    ActiveSpan, CurrentSpan, SpanBuilder, Tracer, add_event, create_span, create_span_with,
    get_current_span, record_exception, set_attribute, set_attributes, span,
};
pub use self::tracer::{RecorderTracer, RecorderTracerProvider, get_tracer};
#[cfg(feature = "provider")]
pub(crate) use self::wakeup::WakeUp;
