//! The span of one query.

use std::borrow::Cow;
use std::sync::Arc;

use floe_telemetry::get_tracer;
use opentelemetry::trace::{SpanKind, Status, TraceContextExt, Tracer};
use opentelemetry::{Context, KeyValue};
use sqlx_core::database::Database;
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
    /// Starts the span below the current one.
    pub(crate) fn start<DB: Database>(query: Query, attributes: &[KeyValue]) -> Self {
        let system = system(DB::NAME);
        let name = if query.summary.is_empty() {
            system.to_owned()
        } else {
            query.summary.clone()
        };
        let mut all = Vec::with_capacity(attributes.len() + 3);
        all.push(KeyValue::new("db.system.name", system));
        if !query.summary.is_empty() {
            all.push(KeyValue::new("db.query.summary", query.summary));
        }
        all.push(KeyValue::new("db.query.text", query.text));
        all.extend_from_slice(attributes);
        let tracer = get_tracer(SCOPE);
        let builder = tracer
            .span_builder(name)
            .with_kind(SpanKind::Client)
            .with_attributes(all);
        Self {
            cx: Context::current_with_span(builder.start(&tracer)),
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
fn system(name: &'static str) -> &'static str {
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
