//! The hot path: everything that happens on the caller's thread.
//!
//! The recorder reads the clock, generates ids, finds the parent in the current OpenTelemetry
//! [`Context`], stores the open span and writes the ended span to the thread's buffer. It never waits for the
//! collector, a queue or the network: enrichment, redaction and export run on the collector thread.
//!
//! # How a span lives
//!
//! 1. [`enter`] reads one atomic (`listeners.rs`). Without a listener, it also reads whether the thread
//!    still looks for a global provider (`global_lookup.rs`). If there is a listener, `sampling.rs` decides,
//!    and `table.rs` opens the span accordingly.
//! 2. A recorded span gets a box (`Recording`) from the thread's pool: the box that was used last, because it is in
//!    the cache. Attributes are written into the box in place, even text of up to 22 bytes.
//! 3. The call owns the box. The `Context` has a `RecordedSpan`, which implements OpenTelemetry's `Span`
//!    through a handle (`pending.rs`). So spans of any library nest below the span, and `get_active_span` updates it.
//!    Spans without their own `Context` are in `current.rs`, which tells the rest of the crate the current span.
//! 4. The body runs with this context attached (a future: during each poll).
//! 5. By the type of the returned value, the expansion picks a classifier, which finds an `Err` (`outcome.rs`). Method
//!    lookup takes the first trait that may apply, so the trait for unresolved types comes first, and treats them as
//!    values. Where only the signature has the type (`impl Trait`, a macro), a `return` that never runs unites it with
//!    the body's type (`declared.rs`), so that the bounds take part in inference.
//! 6. At the end, pending updates are merged, the head of the span and its attributes are copied into the thread's rings
//!    (`buffer.rs`), and the box returns to the pool. A thread frees its allocations for a span, except for long text
//!    and rare fields (`More`).
//! 7. The collector drains the rings.
//!
//! If log records carry attributes of the current span, the initial data of a span becomes a pending update, which
//! `logged.rs` finds by the ids of the span.
//!
//! A span that the plain API ends early keeps the state of that moment, and is exported when its function
//! returns. A span that is dropped before it was ended ends at that moment, as OpenTelemetry's specification asks.
//! A span that a plain function call opens (`create_span`, `span`) has no tracer. Its scope is the package that
//! contains its place (`callsite/package.rs`).
//!
//! An `async fn` becomes a function that returns one `async move` block inside the future `InSpan`
//! (`future.rs`), whose span opens at the first poll. `FutureExt::in_span` and `in_current_span` wrap any
//! future in the same `InSpan`. The first opens its span below the context that was current when it was called,
//! because a spawned task has no context. The second attaches that context and has no span.
//!
//! # No atomic read-modify-write
//!
//! This crate uses none for an ordinary span, because it would stall until all earlier stores, including the stores
//! to the ring, are in the cache. OpenTelemetry's `Context` still has one, in its reference count.
//!
//! [`Context`]: opentelemetry::Context

mod alive;
mod bridged;
mod buffer;
mod call;
mod captures;
mod current;
mod current_context;
mod declared;
mod detached;
mod exception;
mod fork;
mod fork_handlers;
mod future;
mod global;
mod global_lookup;
mod global_span;
mod idle;
mod ids;
mod last_panic;
mod listeners;
mod local;
mod logged;
mod lost;
mod measure;
mod memory;
mod open;
mod opening;
pub mod outcome;
mod pending;
mod published;
mod record;
mod recorded_span;
mod recording;
mod ring;
#[cfg(test)]
mod ring_properties;
mod sampling;
mod span;
mod sync;
mod table;
mod tracer;
mod wakeup;

pub use self::alive::context_is_alive;
pub use self::call::{Guard, call, call_opening, call_then, end};
pub use self::current::span_context_within;
pub(crate) use self::current_context::current_context;
pub use self::current_context::in_current_span;
pub use self::declared::{Never, declared, never, never_made};
pub use self::detached::DetachedSpan;
pub use self::fork_handlers::set_in_forks;
pub use self::future::{
    DeclaredTypeMismatch, FutureExt, InSpan, OpenedBy, Returned, call_async, enter_in_future,
    in_box,
};
pub use self::open::{Current, Opened, enter};
pub use self::opening::Parent;
pub use self::opening::{Opening, root};
pub use self::record::SpanRecord;
pub use self::recorded_span::RecordedSpan;
pub use self::span::{
    ActiveSpan, CurrentSpan, SpanBuilder, Tracer, add_event, create_span, create_span_with,
    get_current_span, record_exception, set_attribute, set_attributes, span,
};
pub use self::tracer::{RecorderTracer, RecorderTracerProvider, get_tracer};

/// Used by `testing`.
pub use self::{
    captures::{CaptureScope, missed, stop_captures},
    table::start_captures,
};

/// Used by the exporter.
pub use self::{ids::random, record::Head};

/// Used by log records.
pub use self::{logged::describe, sampling::make_ids};

/// Used by the bridge.
pub use self::{
    bridged::{BridgedSpan, CONTEXT_OF, EnteredSpan, Entrance},
    current::IdHash,
    exception::{describe_error, exception_event},
    listeners::{expect_no_provider, is_off, records_nothing, say_no_provider},
};

/// Used by the provider and the collector.
pub use self::{
    buffer::{
        Buffer, close_surplus_buffers, new_buffers, set_collector, wake as wake_collector,
        written_spans,
    },
    exception::MARK,
    fork::{forks, say_not_exported},
    ids::random_bits,
    last_panic::remember as remember_panic,
    lost::LOST,
    measure::{Measures, new_measures},
    memory::{key_values as key_value_bytes, release_buffered},
    record::{Code, More, Origin},
    sampling::{
        Limits, Measured, RateLimit, Ratio, Rule, SamplerDecision, Sampling, SpanSampler, Then,
        matches_any, stop_provider,
    },
    table::start_provider,
    wakeup::WakeUp,
};
