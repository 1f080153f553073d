//! The span of one query.

use std::borrow::Cow;
use std::cell::LazyCell;
use std::sync::LazyLock;
use std::time::Instant;

use floe_telemetry::propagation::is_trace_active;
use floe_telemetry::{RecorderTracer, RecorderTracerProvider, record_exception};
use opentelemetry::metrics::Histogram;
use opentelemetry::trace::{Span as _, SpanKind, TraceContextExt, Tracer, TracerProvider as _};
use opentelemetry::{Context, InstrumentationScope, KeyValue};
use sqlx_core::error::Error;

use crate::query::Query;

/// The instrumentation scope of spans and metrics.
pub(crate) fn scope() -> InstrumentationScope {
    InstrumentationScope::builder(env!("CARGO_PKG_NAME"))
        .with_version(env!("CARGO_PKG_VERSION"))
        .build()
}

static TRACER: LazyLock<RecorderTracer> =
    LazyLock::new(|| RecorderTracerProvider::default().tracer_with_scope(scope()));

/// What all queries of a pool have in common.
#[derive(Clone, Debug, Default)]
pub(crate) struct Common {
    pub(crate) attributes: Vec<KeyValue>,
    /// `db.client.operation.duration`, if the pool is observed.
    pub(crate) duration: Option<Histogram<f64>>,
}

/// A query whose span is open.
#[derive(Debug)]
pub(crate) struct Execution {
    cx: Context,
    rows: i64,
    measurement: Option<Measurement>,
    is_open: bool,
}

/// The duration of a query that has not ended.
#[derive(Debug)]
struct Measurement {
    duration: Histogram<f64>,
    started: Instant,
    attributes: Vec<KeyValue>,
}

impl Execution {
    /// Starts the span below the current one. `read` returns what is recorded of the statement.
    ///
    /// Reading takes longer than a span that is not sampled, and a parent-based sampler decides about a child without
    /// its name. So a child is started without the statement, which is read only if something records it.
    pub(crate) fn start(
        system: &'static str,
        read: impl FnOnce() -> Query,
        common: &Common,
    ) -> Self {
        let query = LazyCell::new(read);
        let tracer = &*TRACER;
        let builder = |name: String| tracer.span_builder(name).with_kind(SpanKind::Client);
        let span = if is_trace_active() {
            let mut span = builder(system.to_owned()).start(tracer);
            if span.is_recording() {
                span.update_name(query.name(system));
                span.set_attributes(query.attributes(system, &common.attributes));
            }
            span
        } else {
            let builder = builder(query.name(system));
            let builder = builder.with_attributes(query.attributes(system, &common.attributes));
            builder.start(tracer)
        };
        let measurement = common.duration.as_ref().map(|duration| Measurement {
            duration: duration.clone(),
            started: Instant::now(),
            attributes: query.metric_attributes(system, &common.attributes),
        });
        Self {
            cx: Context::current_with_span(span),
            rows: 0,
            measurement,
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
        let code = error
            .as_database_error()
            .and_then(|error| error.code().map(Cow::into_owned));
        let error_type = code.clone().map_or(Cow::from(kind(error)), Cow::from);
        let mut attributes = vec![KeyValue::new("error.type", error_type)];
        attributes.extend(code.map(|code| KeyValue::new("db.response.status_code", code)));
        if let Some(measurement) = &mut self.measurement {
            measurement.attributes.extend_from_slice(&attributes);
        }
        let span = self.cx.span();
        if span.is_recording() {
            self.run(|| record_exception(error));
            // The exception's `error.type` is that of Rust.
            for attribute in attributes {
                span.set_attribute(attribute);
            }
        }
    }

    pub(crate) fn end(&mut self) {
        if std::mem::take(&mut self.is_open) {
            if let Some(measurement) = &self.measurement {
                let seconds = measurement.started.elapsed().as_secs_f64();
                // With the span as the exemplar's.
                self.run(|| {
                    measurement
                        .duration
                        .record(seconds, &measurement.attributes);
                });
            }
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
        // The database is known only when the program runs.
        "Any" => "other_sql",
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

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use opentelemetry::trace::{SpanContext, SpanId, TraceFlags, TraceId, TraceState};

    use super::*;
    use crate::query::DoubleQuoted;

    #[test]
    fn the_statement_of_a_span_that_is_not_recorded_is_not_read() {
        let (trace, span) = (TraceId::from(1), SpanId::from(1));
        let parent = |flags| SpanContext::new(trace, span, flags, true, TraceState::NONE);
        let reads = Cell::new(0);
        let start = || {
            let read = || {
                reads.set(reads.get() + 1);
                Query::read("SELECT 1", DoubleQuoted::Name)
            };
            drop(Execution::start("sqlite", read, &Common::default()));
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
