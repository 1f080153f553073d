//! The hot path: everything that happens on the caller's thread.
//!
//! The recorder reads the clock, generates ids, finds the parent in the current OpenTelemetry
//! [`Context`], stores the open span and writes the ended span to the thread's buffer. It never locks,
//! blocks or exports: enrichment, redaction and export run on the collector thread.
//!
//! [`Context`]: opentelemetry::Context

mod active;
#[cfg(feature = "tracing")]
mod bridged;
mod buffer;
mod call;
mod current;
mod declared;
#[cfg(any(feature = "tower", feature = "reqwest-middleware"))]
mod detached;
mod enter;
#[cfg(feature = "tracing")]
mod entered;
mod events;
mod exception;
mod filter;
mod first_poll;
#[cfg(feature = "provider")]
mod fork;
#[cfg(feature = "provider")]
mod fork_handlers;
mod future;
mod future_ext;
mod global_lookup;
mod global_span;
mod idle;
mod ids;
mod listeners;
mod measure;
mod memory;
mod name;
mod nested;
mod open;
mod open_global;
mod opening;
pub mod outcome;
mod parent;
mod pending;
mod phase;
mod pointer;
mod record;
mod recording;
mod returned;
pub mod returned_future;
mod ring;
#[cfg(test)]
mod ring_properties;
mod sampling;
mod span;
mod span_builder;
mod state;
mod sync;
mod tracer;
mod unsampled;
#[cfg(feature = "provider")]
mod wakeup;

pub use self::active::{
    ActiveSpan, CurrentSpan, add_event, get_current_span, record_exception, set_attribute,
    set_attributes,
};
#[cfg(feature = "tracing")]
pub(crate) use self::bridged::{BridgedSpan, EnteredSpan, Entrance};
#[cfg(feature = "provider")]
pub(crate) use self::buffer::{
    Buffer, close_surplus_buffers, dropped_spans, new_buffers, set_collector,
    wake as wake_collector, written_spans,
};
pub use self::call::{call, call_opening, end};
pub(crate) use self::current::current_context;
#[cfg(any(feature = "redact", feature = "tracing"))]
pub(crate) use self::current::span_context_within;
pub use self::declared::{Never, ReturnedClosure, declared, never, never_made, returned_closure};
#[cfg(any(feature = "tower", feature = "reqwest-middleware"))]
pub(crate) use self::detached::DetachedSpan;
pub use self::enter::{Current, enter};
#[cfg(feature = "tracing")]
pub(crate) use self::events::{EventHead, MESSAGE};
#[cfg(test)]
pub(crate) use self::exception::Exception;
#[cfg(feature = "provider")]
pub(crate) use self::exception::{MARK, panic_message};
#[cfg(feature = "tracing")]
pub(crate) use self::exception::{describe_error, exception_event};
pub use self::first_poll::enter_in_future;
#[cfg(feature = "provider")]
pub(crate) use self::fork::forks;
#[cfg(all(unix, feature = "signals"))]
pub(crate) use self::fork_handlers::set_in_forks;
pub use self::future::{OpenedBy, call_async};
pub use self::future_ext::{FutureExt, InCurrentSpan, InSpan};
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
pub use self::opening::Opening;
#[cfg(feature = "provider")]
pub(crate) use self::opening::PANICKED;
pub(crate) use self::parent::Parent;
pub use self::parent::root;
#[cfg(feature = "_otlp")]
pub(crate) use self::record::Head;
#[cfg(any(feature = "provider", feature = "tracing"))]
pub(crate) use self::record::SpanRecord;
#[cfg(feature = "provider")]
pub(crate) use self::record::{Code, More, Origin};
pub(crate) use self::recording::context_is_alive;
pub use self::returned::{call_by_type, call_opaque, call_opaque_opening};
#[cfg(feature = "testing")]
pub(crate) use self::sampling::CaptureScope;
#[cfg(feature = "provider")]
pub(crate) use self::sampling::{
    CustomSampler, Measured, ProviderId, RootSampler, Sampling, SamplingChange, Threshold,
    change_sampling, matches, rejects, sampler_panics, spans_after_shutdown, start_provider,
    stop_provider, with_threshold,
};
pub use self::span::RecordedSpan;
pub use self::span_builder::{SpanBuilder, Tracer, create_span, create_span_with, span};
pub use self::state::Opened;
pub use self::tracer::{RecorderTracer, RecorderTracerProvider, get_tracer};
#[cfg(feature = "tracing")]
pub(crate) use self::unsampled::IdHash;
#[cfg(feature = "provider")]
pub(crate) use self::wakeup::WakeUp;
