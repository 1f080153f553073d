//! A database, and the span of one of its queries.

use std::borrow::Cow;
use std::cell::LazyCell;
use std::error::Error;
use std::future::poll_fn;
use std::pin::pin;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use floe_telemetry::propagation::{current_context, current_span_context};
use floe_telemetry::record_exception;
use floe_telemetry::trace::{DetachedSpan, RecorderTracer, RecorderTracerProvider};
use opentelemetry::metrics::{Histogram, Meter};
use opentelemetry::trace::{
    Span as _, SpanKind, Status, TraceContextExt, Tracer, TracerProvider as _,
};
use opentelemetry::{Context, InstrumentationScope, Key, KeyValue, Value, global};

use crate::address;
use crate::query::{DoubleQuoted, Query};

/// A database, with the common attributes of the spans of its queries.
#[derive(Clone, Debug)]
pub struct Database {
    scope: InstrumentationScope,
    tracer: RecorderTracer,
    system: &'static str,
    attributes: Vec<KeyValue>,
    duration: Option<Histogram<f64>>,
}

impl Database {
    /// Creates a database with a `db.system.name`: `postgresql`, `mysql`, `mariadb`, `sqlite`, `other_sql`, or another
    /// one. The value determines how statements are parsed.
    #[must_use]
    pub fn new(system: &'static str) -> Self {
        Self::of_library(system, env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"))
    }

    /// Like [`Self::new`], with the instrumentation scope of a library that instruments a client.
    #[must_use]
    pub fn of_library(system: &'static str, name: &'static str, version: &'static str) -> Self {
        let scope = InstrumentationScope::builder(name).with_version(version).build();
        Self {
            tracer: RecorderTracerProvider::default().tracer_with_scope(scope.clone()),
            scope,
            system,
            attributes: Vec::new(),
            duration: None,
        }
    }

    /// Replaces `db.system.name`.
    #[must_use]
    pub fn system(mut self, system: &'static str) -> Self {
        self.system = system;
        self
    }

    /// Sets an attribute of all spans. `db.namespace`, `server.address` and `server.port` are set on the metric, too.
    #[must_use]
    pub fn attribute(mut self, key: impl Into<Key>, value: impl Into<Value>) -> Self {
        let attribute = KeyValue::new(key, value);
        self.attributes.retain(|other| other.key != attribute.key);
        self.attributes.push(attribute);
        self
    }

    /// Sets `server.address`, `server.port` (unless it is the default one) and `db.namespace`, as far as a URL of
    /// `PostgreSQL`, `MySQL` or redis contains them and they are not set yet. Other parts, such as the password, are not
    /// recorded; a URL of another system sets nothing.
    #[must_use]
    pub fn url(mut self, url: &str) -> Self {
        for attribute in address::of_url(url) {
            if self.attributes.iter().all(|it| it.key != attribute.key) {
                self.attributes.push(attribute);
            }
        }
        self
    }

    /// Measures queries by the [conventions]: `db.client.operation.duration` is a histogram of seconds, from the start
    /// of a span to its end, with `db.system.name`, `db.query.summary`, `db.namespace`, `server.address`,
    /// `server.port`, and for an error `error.type` and `db.response.status_code`.
    ///
    /// The metric goes to OpenTelemetry's global meter provider at the time of this call.
    ///
    /// [conventions]: https://opentelemetry.io/docs/specs/semconv/database/database-metrics/
    #[must_use]
    pub fn observe(mut self) -> Self {
        let duration = self
            .meter()
            .f64_histogram("db.client.operation.duration")
            .with_unit("s")
            .with_description("Duration of database client operations.")
            // The conventions advise these boundaries.
            .with_boundaries(vec![0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0])
            .build();
        self.duration = Some(duration);
        self
    }

    /// Returns the database without the metric of queries, for an operation that is none, such as waiting for a connection.
    #[must_use]
    pub fn unmeasured(&self) -> Self {
        Self { duration: None, ..self.clone() }
    }

    /// Returns a meter of OpenTelemetry's global provider, with the scope of the spans, for a library's own metrics.
    #[must_use]
    pub fn meter(&self) -> Meter {
        global::meter_with_scope(self.scope.clone())
    }

    /// Opens the span of a query as a child of the current span. `sql` returns the statement. It is called at most
    /// once, and not at all for a child that is not recorded, unless [`Self::observe`] measures queries.
    ///
    /// Parsing a statement takes longer than an unsampled span, and a parent-based sampler needs no name for a child,
    /// so a child is started without the statement.
    pub fn query<'s, S: Into<Cow<'s, str>>>(&self, sql: impl FnOnce() -> S) -> QuerySpan {
        self.past_query(Duration::ZERO, sql)
    }

    /// Like [`Self::query`], for a client that reports a query when it has ended: the span began `elapsed` ago.
    pub fn past_query<'s, S: Into<Cow<'s, str>>>(
        &self,
        elapsed: Duration,
        sql: impl FnOnce() -> S,
    ) -> QuerySpan {
        self.open(elapsed, || {
            let query = Query::read(&sql().into(), DoubleQuoted::of(self.system));
            (query.name(self.system), query.attributes())
        })
    }

    /// Opens the span of an operation of a database without SQL, such as `GET` or `find`. By the conventions, its name
    /// ends with the collection or else the namespace of the attributes.
    pub fn operation<A: IntoIterator<Item = KeyValue>>(
        &self,
        name: &str,
        attributes: impl FnOnce() -> A,
    ) -> QuerySpan {
        self.open(Duration::ZERO, || {
            let mut all = vec![KeyValue::new("db.operation.name", name.to_owned())];
            all.extend(attributes());
            let target = ["db.collection.name", "db.namespace"].iter().find_map(|key| {
                let mut found = self.attributes.iter().chain(&all);
                found.find(|it| it.key.as_str() == *key)
            });
            let name = target.map_or_else(|| name.to_owned(), |it| format!("{name} {}", it.value));
            (name, all)
        })
    }

    fn open(
        &self,
        elapsed: Duration,
        describe: impl FnOnce() -> (String, Vec<KeyValue>),
    ) -> QuerySpan {
        let described = LazyCell::new(|| {
            let (name, attributes) = describe();
            let mut all = vec![KeyValue::new("db.system.name", self.system)];
            all.extend(attributes);
            all.retain(|it| self.attributes.iter().all(|common| common.key != it.key));
            all.extend_from_slice(&self.attributes);
            (name, all)
        });
        let builder = |name: String| {
            let builder = self.tracer.span_builder(name).with_kind(SpanKind::Client);
            if elapsed.is_zero() {
                return builder;
            }
            builder.with_start_time(
                SystemTime::now().checked_sub(elapsed).unwrap_or_else(SystemTime::now),
            )
        };
        let span = if current_span_context().is_valid() {
            let mut span = builder(self.system.to_owned()).start(&self.tracer);
            if span.is_recording() {
                span.update_name(described.0.clone());
                span.set_attributes(described.1.clone());
            }
            span
        } else {
            let builder = builder(described.0.clone()).with_attributes(described.1.clone());
            builder.start(&self.tracer)
        };
        let measurement = self.duration.as_ref().map(|duration| Measurement {
            duration: duration.clone(),
            started: Instant::now(),
            elapsed,
            attributes: of_metric(&described.1),
        });
        QuerySpan {
            cx: current_context().with_span(span),
            rows: None,
            measurement,
            is_pending: false,
        }
    }
}

/// Returns the attributes of the duration: those of low cardinality that the conventions name.
fn of_metric(attributes: &[KeyValue]) -> Vec<KeyValue> {
    const KEYS: [&str; 7] = [
        "db.system.name",
        "db.query.summary",
        "db.operation.name",
        "db.collection.name",
        "db.namespace",
        "server.address",
        "server.port",
    ];
    attributes.iter().filter(|it| KEYS.contains(&it.key.as_str())).cloned().collect()
}

/// The span of a query, which ends when this value is dropped.
#[derive(Debug)]
#[must_use = "the span ends when it is dropped"]
pub struct QuerySpan {
    cx: Context,
    rows: Option<i64>,
    measurement: Option<Measurement>,
    /// Whether a drop of the span now means that the query was cancelled.
    is_pending: bool,
}

#[derive(Debug)]
struct Measurement {
    duration: Histogram<f64>,
    started: Instant,
    /// The time before the span was opened.
    elapsed: Duration,
    attributes: Vec<KeyValue>,
}

impl QuerySpan {
    /// Runs a part of the query, with the span as the current one.
    pub fn run<T>(&self, part: impl FnOnce() -> T) -> T {
        DetachedSpan::skipped(self.cx.clone()).run(part)
    }

    /// Runs the whole query, with the span as the current one. `code` returns the database's own code of an error, such
    /// as SQLSTATE. The message of the error is not recorded, because databases quote values in it.
    ///
    /// If the future is dropped before it is ready, the span has the attribute `floe.cancelled`.
    ///
    /// ```
    /// # use floe_telemetry_sql::Database;
    /// # type Error = std::fmt::Error;
    /// # struct Client;
    /// # impl Client { async fn execute(&self, _: &str, _: &[&str]) -> Result<u64, Error> { Ok(1) } }
    /// # async fn delete(database: &Database, client: &Client) -> Result<u64, Error> {
    /// let sql = "DELETE FROM orders WHERE customer = $1";
    /// database.query(|| sql).record(client.execute(sql, &["ada"]), |_| None).await
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Fails with the error of the query.
    pub async fn record<T, E>(
        mut self,
        query: impl Future<Output = Result<T, E>>,
        code: impl FnOnce(&E) -> Option<&str>,
    ) -> Result<T, E> {
        let result = self.follow(query).await;
        if let Err(error) = &result {
            self.fail(code(error), "_OTHER");
        }
        result
    }

    /// Like [`Self::record`], for a query whose result the caller inspects.
    pub async fn follow<T>(&mut self, query: impl Future<Output = T>) -> T {
        let mut query = pin!(query);
        self.is_pending = true;
        let result = poll_fn(|task| self.run(|| query.as_mut().poll(task))).await;
        self.is_pending = false;
        result
    }

    /// Marks the query as sent or as answered. A span that is dropped in between has the attribute `floe.cancelled`.
    pub fn set_pending(&mut self, is_pending: bool) {
        self.is_pending = is_pending;
    }

    /// Adds rows that the database returned to `db.response.returned_rows`. Even a call with 0 sets the attribute. A query
    /// that fails, or is cancelled before a row, does not have it.
    pub fn count_rows(&mut self, rows: u32) {
        self.rows = Some(self.rows.unwrap_or(0).saturating_add(rows.into()));
    }

    /// Sets the span's status to an error without a message. `code` is the database's own error code. Without a code,
    /// `error.type` is `kind`.
    pub fn fail(&mut self, code: Option<&str>, kind: &'static str) {
        self.cx.span().set_status(Status::error(""));
        self.set_error_type(code, kind);
    }

    /// Like [`Self::fail`], and records the error as an exception with its message, for clients whose messages contain
    /// no values.
    pub fn fail_with(
        &mut self,
        error: &(impl Error + ?Sized),
        code: Option<&str>,
        kind: &'static str,
    ) {
        if self.cx.span().is_recording() {
            self.run(|| record_exception(error));
        }
        // This replaces the `error.type` of the exception, which is the error's Rust type.
        self.set_error_type(code, kind);
    }

    fn set_error_type(&mut self, code: Option<&str>, kind: &'static str) {
        self.rows = None;
        let code = code.map(str::to_owned);
        let error_type = code.clone().map_or(Cow::from(kind), Cow::from);
        let mut attributes = vec![KeyValue::new("error.type", error_type)];
        attributes.extend(code.map(|code| KeyValue::new("db.response.status_code", code)));
        if let Some(measurement) = &mut self.measurement {
            measurement.attributes.extend_from_slice(&attributes);
        }
        self.cx.span().set_attributes(attributes);
    }
}

impl Drop for QuerySpan {
    fn drop(&mut self) {
        if let Some(measurement) = &self.measurement {
            let seconds = (measurement.elapsed + measurement.started.elapsed()).as_secs_f64();
            // The span is the current one, so that it becomes the exemplar.
            self.run(|| {
                measurement.duration.record(seconds, &measurement.attributes);
            });
        }
        let span = self.cx.span();
        let is_cancelled = self.is_pending && !thread::panicking();
        if let Some(rows) = self.rows.filter(|rows| *rows > 0 || !is_cancelled) {
            span.set_attribute(KeyValue::new("db.response.returned_rows", rows));
        }
        if is_cancelled {
            span.set_attribute(KeyValue::new("floe.cancelled", true));
        }
        span.end();
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::fmt::Error as NoTable;
    use std::future::pending;
    use std::task::Poll;

    use floe_telemetry::testing;
    use opentelemetry::trace::{SpanContext, SpanId, TraceFlags, TraceId, TraceState};

    use super::*;

    #[test]
    fn the_statement_of_a_span_that_is_not_recorded_is_not_read() {
        let trace = TraceId::from(1);
        let span = SpanId::from(1);
        let parent = |flags| SpanContext::new(trace, span, flags, true, TraceState::NONE);
        let reads = Cell::new(0);
        let start = || {
            let read = || {
                reads.set(reads.get() + 1);
                "SELECT 1"
            };
            drop(Database::new("sqlite").query(read));
        };
        let not_sampled = Context::new().with_remote_span_context(parent(TraceFlags::default()));
        DetachedSpan::skipped(not_sampled).run(start);
        assert_eq!(reads.get(), 0);
        // A sampler may need the name of a root, so its statement is read.
        start();
        assert_eq!(reads.get(), 1);
    }

    #[test]
    fn an_attribute_is_set_once_and_not_replaced_by_the_url() {
        let url = "postgres://ada:hunter2@db.example/shop";
        let database = Database::new("postgresql")
            .attribute("db.namespace", "a")
            .attribute("db.namespace", "b")
            .url(url);
        let spans = testing::capture(|| drop(database.query(|| "SELECT 1")));
        let span = spans.single("SELECT");
        span.assert_attribute("db.namespace", "b")
            .assert_attribute("server.address", "db.example")
            .assert_no_attribute("db.response.returned_rows");
        let attributes = span.data().attributes.iter();
        let namespaces = attributes.filter(|it| it.key.as_str() == "db.namespace");
        assert_eq!(namespaces.count(), 1);
    }

    fn on_any_thread<T: Send>(query: T) -> T {
        query
    }

    #[test]
    fn a_query_that_is_dropped_is_cancelled_and_one_that_fails_has_no_message() {
        let database = Database::new("postgresql");
        let spans = testing::capture(|| {
            let poll_once = |failed: bool| {
                let never = async {
                    if failed { Err(NoTable) } else { pending::<Result<(), NoTable>>().await }
                };
                let sql = if failed { "SELECT a" } else { "DELETE FROM b" };
                let mut query = database.query(|| sql);
                query.count_rows(0);
                let mut query = pin!(on_any_thread(query.record(never, |_| None)));
                let mut task = std::task::Context::from_waker(std::task::Waker::noop());
                query.as_mut().poll(&mut task)
            };
            assert!(matches!(poll_once(true), Poll::Ready(Err(NoTable))));
            assert!(poll_once(false).is_pending());
        });
        let failed = spans.single("SELECT");
        failed
            .assert_error("")
            .assert_attribute("error.type", "_OTHER")
            .assert_no_attribute("floe.cancelled")
            .assert_no_attribute("db.response.returned_rows")
            .assert_no_attribute("exception.message");
        assert!(failed.events().is_empty());
        let cancelled = spans.single("DELETE b");
        cancelled
            .assert_attribute("floe.cancelled", true)
            .assert_no_attribute("db.response.returned_rows");
    }
}
