//! The hot path: everything that happens on the caller's thread.
//!
//! It reads the clock, makes ids, looks at the current OpenTelemetry [`Context`], holds the open
//! span and writes the finished one into the thread's buffer. It never locks, waits or exports;
//! the collector thread does the rest.
//!
//! [`Context`]: opentelemetry::Context

mod active;
mod alive;
mod buffer;
mod call;
mod failure;
mod ids;
mod open;
pub mod outcome;
mod record;
mod sampling;
mod span;
mod tracer;

pub use self::active::{ActiveSpan, CurrentSpan, create_span, create_span_with, get_current_span};
#[cfg(feature = "provider")]
pub(crate) use self::buffer::{
    Buffer, dropped_spans, new_buffers, set_collector, wake as wake_collector,
};
pub use self::call::{call, call_async};
#[cfg(feature = "provider")]
pub(crate) use self::failure::panic_message;
pub use self::failure::record_exception;
#[cfg(feature = "_otlp")]
pub(crate) use self::ids::random;
pub use self::open::{OpenSpan, Opening, enter, enter_plain};
#[cfg(all(test, feature = "_otlp"))]
pub(crate) use self::record::More;
#[cfg(feature = "provider")]
pub(crate) use self::record::{Origin, SpanRecord};
#[cfg(feature = "provider")]
pub(crate) use self::sampling::switch_provider;
#[cfg(feature = "testing")]
pub(crate) use self::sampling::{CaptureScope, switch_captures};
pub use self::span::RecordedSpan;
pub use self::tracer::{RecorderTracer, RecorderTracerProvider, get_tracer};
