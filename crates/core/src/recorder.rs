//! The hot path: everything that happens on the caller's thread.
//!
//! The recorder reads the clock, generates ids, finds the parent in the current OpenTelemetry [`Context`], stores the
//! open span and writes the ended span to the thread's buffer. Outside of captures, it waits neither for room in a
//! buffer nor for the network: enrichment, redaction and export run on the collector thread.
//!
//! # How a span lives
//!
//! 1. [`enter`] reads one atomic (`listeners.rs`), which tells whether anything records spans. If nothing does, it also
//!    reads whether the thread still looks for a global provider (`global_lookup.rs`). Otherwise, `sampling.rs` decides
//!    whether the span is recorded, and `table.rs` opens it. A call below an unsampled span never gets that far: `open.rs`
//!    marks it in a cell.
//! 2. A recorded span gets a box (`Recording`) from the thread's pool: the box that was used last, because it is in
//!    the cache. Attributes are written into the box in place, even text of up to 22 bytes.
//! 3. The call owns the box. The `Context` has a `RecordedSpan`, which implements OpenTelemetry's `Span`
//!    through a handle (`pending.rs`). So spans of any library nest below it, and `get_active_span` can update it.
//!    Spans without their own `Context` are in `current.rs`, which tells the rest of the crate the current span.
//! 4. The body runs with this context attached (the body of a future during each poll).
//! 5. By the type of the returned value, the expansion picks a classifier, which finds an `Err` (`outcome.rs`). Method
//!    lookup takes the first trait that may apply, so the trait for unresolved types comes first, and treats them as
//!    values. Where only the signature has the type (`impl Trait`, a macro), a `return` that never runs unites it with
//!    the body's type (`declared.rs`), so that the bounds take part in inference.
//! 6. At the end, pending updates are merged, the span's head and attributes are copied into the thread's rings
//!    (`buffer.rs`), and the box returns to the pool. Long text, arrays and rare fields (`More`) are freed by the
//!    collector.
//! 7. The collector drains the rings.
//!
//! If log records carry attributes of the current span, the initial data of a span becomes a pending update, which
//! `logged.rs` finds by the ids of the span.
//!
//! A span that the plain API ends early keeps the state of that moment, and is exported when its function
//! returns. A span that is dropped before it was ended ends at that moment, as OpenTelemetry's specification requires.
//!
//! An `async fn` becomes a function that returns one `async move` block inside the future `InSpan`
//! (`future.rs`), whose span opens at the first poll. `FutureExt::in_span` and `in_current_span` wrap any
//! future in the same `InSpan`. The first opens its span below the context that was current when it was called,
//! because a spawned task has no context. The second attaches that context and has no span.
//!
//! # No atomic read-modify-write
//!
//! This crate uses no such operation for an ordinary span, because it would stall until all earlier stores, including
//! the stores to the ring, are in the cache. OpenTelemetry's `Context` still has one, in its reference count.
//!
//! [`Context`]: opentelemetry::Context

pub(crate) mod bridged;
pub(crate) mod buffer;
pub(crate) mod call;
pub(crate) mod captures;
pub mod context;
mod context_state;
pub(crate) mod current;
pub(crate) mod current_context;
pub(crate) mod declared;
pub(crate) mod detached;
pub(crate) mod exception;
pub(crate) mod fork;
mod fork_handlers;
pub(crate) mod future;
mod global;
mod global_lookup;
mod global_span;
mod idle;
pub(crate) mod ids;
pub(crate) mod last_panic;
pub(crate) mod listeners;
mod local;
pub(crate) mod logged;
pub(crate) mod lost;
pub(crate) mod measure;
pub(crate) mod memory;
pub(crate) mod open;
pub(crate) mod opening;
pub mod outcome;
mod pending;
pub(crate) mod record;
pub(crate) mod recorded_span;
mod recording;
pub(crate) mod replaced;
pub(crate) mod returned;
mod ring;
#[cfg(test)]
#[path = "recorder/ring/tests.rs"]
mod ring_properties;
pub(crate) mod sampling;
pub(crate) mod span;
pub(crate) mod stream;
mod sync;
pub(crate) mod table;
mod thread_end;
pub(crate) mod tracer;
pub(crate) mod wakeup;
