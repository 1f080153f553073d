//! The runtime of annotated code: call sites, attributes, the recorder of spans and metrics, and the propagation of
//! context.
//!
//! Programs and libraries depend on [`floe-telemetry`](https://docs.rs/floe-telemetry), which re-exports the public
//! items of this crate. Any release may change this crate. The module `__sdk` is the interface for the other
//! crates of this project; no other crate should use it.

#![cfg_attr(docsrs, feature(doc_cfg))]

// The macros expand to paths that begin with `floe_telemetry`, the crate on which users depend.
extern crate self as floe_telemetry;

mod bounded_text;
mod caught;
mod char_boundary;
mod clock;
mod environment;
mod internal_log;
mod link_list;
mod program_signals;
mod recorder;
#[cfg_attr(not(feature = "redact"), path = "redaction/none.rs")]
mod redaction;
mod standard_error;
#[cfg(feature = "redact")]
mod waiting_messages;

pub mod attributes;
pub mod callsite;
#[doc(hidden)] // the keys that are not public are here, too
pub mod keys;
pub mod metrics;
pub mod propagation;

pub use ::opentelemetry::trace::SpanKind;
pub use floe_telemetry_macros::{FloeAttributes, traced};

pub use self::attributes::identity::{FloeSpanAttributes, Mode};
pub use self::attributes::into::FloeAttributes;
pub use self::metrics::recorder::MetricRecorder;
pub use self::recorder::current_context::in_current_span;
pub use self::recorder::detached::DetachedSpan;
pub use self::recorder::future::{FutureExt, InSpan};
pub use self::recorder::opening::{Opening, ToLinks, ToName};
pub use self::recorder::outcome::ErrorType;
pub use self::recorder::recorded_span::RecordedSpan;
pub use self::recorder::span::{
    ActiveSpan, CurrentSpan, SpanBuilder, Tracer, add_event, create_span, create_span_with,
    get_current_span, record_exception, set_attribute, span,
};
// For messages of the compiler, which name a public path of a type if there is one.
#[doc(hidden)]
pub use self::recorder::open::StartBelow;
#[doc(hidden)]
pub use self::recorder::opening::AttributesOnlyBorrow;
#[doc(hidden)]
pub use self::recorder::returned::{
    CoveredBySpan, EndsWithTheCall, Followed, Follows, FutureWithAName, PossiblyUnbounded,
    Unbounded,
};
pub use self::recorder::stream::{StreamExt, StreamInSpan};
pub use self::recorder::tracer::{RecorderTracer, RecorderTracerProvider, get_tracer};

#[cfg(feature = "redact")]
pub use self::redaction::{
    REDACTED, printable, sanitize, sanitize_credentials, sanitize_error_message, sanitize_url,
};

#[doc(hidden)]
pub use ::opentelemetry;

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;

#[doc(hidden)]
#[path = "sdk.rs"]
pub mod __sdk;
