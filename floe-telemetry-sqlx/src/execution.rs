//! The span of one query.

use std::borrow::Cow;
use std::sync::Arc;

use floe_telemetry::get_tracer;
use floe_telemetry::propagation::is_trace_active;
use opentelemetry::trace::{Span as _, SpanKind, Status, TraceContextExt, Tracer};
use opentelemetry::{Context, KeyValue};
use sqlx_core::error::Error;

use crate::query::Query;

const SCOPE: &str = env!("CARGO_PKG_NAME");

/// A query whose span is open.
#[derive(Debug)]
pub(crate) struct Execution {
    cx: Context,
    rows: i64,
    is_open: bool,
}

impl Execution {
    /// Starts the span below the current one. `read` returns what is recorded of the statement.
    ///
    /// Reading takes longer than a span that is not sampled, and the decision about a child does not depend on its
    /// name. So a child is started without the statement.
    pub(crate) fn start(
        system: &'static str,
        read: impl FnOnce() -> Query,
        attributes: &[KeyValue],
    ) -> Self {
        let tracer = get_tracer(SCOPE);
        let builder = |name: String| tracer.span_builder(name).with_kind(SpanKind::Client);
        let span = if is_trace_active() {
            let mut span = builder(system.to_owned()).start(&tracer);
            if span.is_recording() {
                let query = read();
                span.update_name(query.name(system));
                span.set_attributes(query.into_attributes(system, attributes));
            }
            span
        } else {
            let query = read();
            let builder = builder(query.name(system));
            let builder = builder.with_attributes(query.into_attributes(system, attributes));
            builder.start(&tracer)
        };
        Self {
            cx: Context::current_with_span(span),
            rows: 0,
            is_open: true,
        }
    }

    /// Runs a part of the query, with the span as the current one.
    pub(crate) fn run<T>(&self, part: impl FnOnce() -> T) -> T {
        let _attached = self.cx.clone().attach();
        part()
    }

    pub(crate) fn count_row(&mut self) {
        self.rows += 1;
    }

    pub(crate) fn fail(&mut self, error: &Error) {
        let span = self.cx.span();
        if !span.is_recording() {
            return;
        }
        span.record_error(error);
        span.set_status(Status::error(error.to_string()));
        let code = error
            .as_database_error()
            .and_then(|error| error.code().map(Cow::into_owned));
        span.set_attribute(KeyValue::new(
            "error.type",
            code.clone().map_or(Cow::from(kind(error)), Cow::from),
        ));
        if let Some(code) = code {
            span.set_attribute(KeyValue::new("db.response.status_code", code));
        }
    }

    pub(crate) fn end(&mut self) {
        if std::mem::take(&mut self.is_open) {
            let span = self.cx.span();
            span.set_attribute(KeyValue::new("db.response.returned_rows", self.rows));
            span.end();
        }
    }
}

impl Drop for Execution {
    fn drop(&mut self) {
        self.end();
    }
}

/// The well-known value for a driver.
pub(crate) fn system(name: &'static str) -> &'static str {
    match name {
        "PostgreSQL" => "postgresql",
        "MySQL" => "mysql",
        "SQLite" => "sqlite",
        _ => name,
    }
}

/// The `error.type` of an error that has no code of the database.
fn kind(error: &Error) -> &'static str {
    match error {
        Error::Configuration(_) => "configuration",
        Error::Io(_) => "io",
        Error::Tls(_) => "tls",
        Error::Protocol(_) => "protocol",
        Error::RowNotFound => "row_not_found",
        Error::Encode(_) => "encode",
        Error::Decode(_) | Error::ColumnDecode { .. } => "decode",
        Error::PoolTimedOut => "pool_timed_out",
        Error::PoolClosed => "pool_closed",
        Error::WorkerCrashed => "worker_crashed",
        Error::Database(_) => "database",
        _ => "_OTHER",
    }
}

/// The attributes that all queries of a pool have in common.
pub(crate) type Common = Arc<Vec<KeyValue>>;

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use opentelemetry::trace::{SpanContext, SpanId, TraceFlags, TraceId, TraceState};

    use super::*;

    #[test]
    fn the_statement_of_a_span_that_is_not_recorded_is_not_read() {
        let (trace, span) = (TraceId::from(1), SpanId::from(1));
        let parent = |flags| SpanContext::new(trace, span, flags, true, TraceState::NONE);
        let reads = Cell::new(0);
        let start = || {
            let read = || {
                reads.set(reads.get() + 1);
                Query::read("SELECT 1", false)
            };
            drop(Execution::start("sqlite", read, &[]));
        };
        let not_sampled = Context::new().with_remote_span_context(parent(TraceFlags::default()));
        let attached = not_sampled.attach();
        start();
        drop(attached);
        assert_eq!(reads.get(), 0);
        // A sampler may ask for the name.
        start();
        assert_eq!(reads.get(), 1);
    }
}
