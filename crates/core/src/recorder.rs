//! The hot path: everything that happens on the caller's thread.
//!
//! The recorder reads the clock, generates ids, finds the parent in the current OpenTelemetry
//! [`Context`], stores the open span and writes the ended span to the thread's buffer. It never waits for the
//! collector, a queue or the network: enrichment, redaction and export run on the collector thread.
//!
//! # How a span lives
//!
//! 1. [`enter`] reads one atomic (`listeners.rs`), and without a listener a cell of the thread that says
//!    whether it still looks for a global provider (`global_lookup.rs`). If there is a listener, `sampling.rs`
//!    decides, and `table.rs` opens what the decision asks for.
//! 2. A recorded span gets a box (`Recording`) from the thread's pool, the most recently used first, because it
//!    is in the cache. Attributes are written into it in place, text of up to 22 bytes too.
//! 3. The call owns the box. The `Context` has a `RecordedSpan`, which implements OpenTelemetry's `Span`
//!    through a handle (`pending.rs`). So spans of any library nest below ours, and `get_active_span` updates
//!    ours. Spans without a `Context` of their own are in `current.rs`, which tells the rest of the crate the
//!    current span.
//! 4. The body runs with this context attached (a future: during each poll).
//! 5. The expansion picks a classifier by the type of the returned value, which finds an `Err` (`outcome.rs`). Method
//!    lookup takes the first trait that may apply, so a type that is not resolved at that point comes first and is a
//!    value. Where only the signature has the type (`impl Trait`, a macro), a `return` that never runs unites it with
//!    the body's (`declared.rs`), so that its bounds take part in inference.
//! 6. At the end, pending updates are merged, the head of the span and its attributes are copied into the thread's rings
//!    (`buffer.rs`), and the box returns to the pool. A thread frees what it allocated for a span, except for long text
//!    and rare fields (`More`).
//! 7. The collector drains the rings.
//!
//! If log records carry attributes of the current span, what a span has from its start becomes a pending update, which
//! `logged.rs` finds by the ids of the span.
//!
//! A span that the plain API ends early keeps the state of that moment, and is exported when its function
//! returns. One that is dropped without being ended ends then, as OpenTelemetry's specification asks. A span
//! that a plain function call opens (`create_span`, `span`) has no tracer, and as its scope the package that
//! contains its place (`callsite/package.rs`).
//!
//! An `async fn` becomes a function that returns one `async move` block inside the future `Traced`
//! (`future.rs`), whose span opens at the first poll. `FutureExt::in_span` and `in_current_span` wrap any
//! future in the same `Traced`. The first opens its span below the context that was current when it was called,
//! because a spawned task has no context of its own; the second attaches that context and has no span.
//!
//! # No atomic read-modify-write
//!
//! None of ours runs for an ordinary span: it stalls until all earlier stores are in the cache, including those
//! to the ring. OpenTelemetry's `Context` still has one, its reference count.
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
mod events;
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
    DeclaredTypeMismatch, FutureExt, InCurrentSpan, InSpan, OpenedBy, Returned, call_async,
    enter_in_future, in_box,
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
    events::{EventHead, MESSAGE},
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
