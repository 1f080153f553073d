//! The hot path: everything that happens on the caller's thread.
//!
//! It reads the clock, makes ids, looks at the current OpenTelemetry [`Context`], holds the open
//! span and writes the finished one into the thread's buffer. It never locks, waits or exports;
//! the collector thread does the rest.
//!
//! [`Context`]: opentelemetry::Context

mod active;
mod buffer;
mod call;
mod failure;
mod first_poll;
mod future;
mod ids;
mod open;
pub mod outcome;
mod parent;
mod record;
mod sampling;
mod span;
mod returned;
mod tracer;

pub use self::active::{ActiveSpan, CurrentSpan, create_span, create_span_with, get_current_span};
#[cfg(feature = "provider")]
pub(crate) use self::buffer::{Buffer, dropped_spans, new_buffers, set_waker, sleep_until_woken};
pub use self::call::call;
pub use self::failure::record_exception;
pub use self::first_poll::{enter_within, enter_within_below};
pub use self::future::{call_async, call_async_within};
#[cfg(feature = "provider")]
pub(crate) use self::failure::panic_message;
pub use self::open::{OpenSpan, Opening, enter, enter_below, enter_plain};
#[cfg(feature = "provider")]
pub(crate) use self::record::{Origin, SpanRecord};
#[cfg(feature = "testing")]
pub(crate) use self::sampling::{CaptureScope, captured_by, switch_captures};
#[cfg(feature = "provider")]
pub(crate) use self::sampling::switch_provider;
pub use self::parent::{below, root};
pub use self::returned::{call_boxed, call_future, call_stream, in_future, in_stream};
pub use self::span::RecordedSpan;
pub use self::tracer::{RecorderTracer, RecorderTracerProvider, get_tracer};
