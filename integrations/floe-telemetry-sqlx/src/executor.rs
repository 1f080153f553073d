//! Executors whose queries have spans.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll, ready};

use floe_telemetry_sql::QuerySpan;
use futures_core::Stream;
use opentelemetry::{Key, Value};

use super::database::{fail, of_driver};
use super::sqlx_core::Either;
use super::sqlx_core::database::Database;
use super::sqlx_core::error::Error;
use super::sqlx_core::executor::{Execute, Executor};
use super::statement::{split, unrecorded};

pub(super) type BoxFuture<'e, T> = Pin<Box<dyn Future<Output = T> + Send + 'e>>;
pub(super) type BoxStream<'e, T> = Pin<Box<dyn Stream<Item = T> + Send + 'e>>;

pub(super) type Step<DB> =
    Result<Either<<DB as Database>::QueryResult, <DB as Database>::Row>, Error>;

/// An executor whose queries have spans, from [`traced`] or [`TracedPool::traced`](super::TracedPool::traced). If a query is
/// dropped before the database has answered, its span has the attribute `floe.cancelled`.
#[derive(Debug)]
pub struct Traced<E> {
    inner: E,
    database: Arc<floe_telemetry_sql::Database>,
}

/// Wraps an executor, such as a reference to a connection, a transaction or a pool: `traced(&mut *connection)`.
pub fn traced<'c, E: Executor<'c>>(executor: E) -> Traced<E> {
    Traced::with(executor, Arc::new(of_driver::<E::Database>()))
}

impl<E> Traced<E> {
    pub(crate) fn with(inner: E, database: Arc<floe_telemetry_sql::Database>) -> Self {
        Self { inner, database }
    }

    /// Sets an attribute of the spans, such as `db.namespace`.
    #[must_use]
    pub fn attribute(self, key: impl Into<Key>, value: impl Into<Value>) -> Self {
        let database = Arc::unwrap_or_clone(self.database).attribute(key, value);
        Self::with(self.inner, Arc::new(database))
    }
}

impl<'c, X: Executor<'c>> Executor<'c> for Traced<X> {
    type Database = X::Database;

    fn fetch_many<'e, 'q: 'e, E>(self, query: E) -> BoxStream<'e, Step<X::Database>>
    where
        'c: 'e,
        E: 'q + Execute<'q, X::Database>,
    {
        let (statement, sql) = split(query);
        Box::pin(TracedStream::<X::Database, _> {
            inner: self.inner.fetch_many(statement),
            sql: Some(sql),
            database: self.database,
            span: None,
        })
    }

    fn fetch_optional<'e, 'q: 'e, E>(
        self,
        query: E,
    ) -> BoxFuture<'e, Result<Option<<X::Database as Database>::Row>, Error>>
    where
        'c: 'e,
        E: 'q + Execute<'q, X::Database>,
    {
        let (statement, sql) = split(query);
        let query = self.inner.fetch_optional(statement);
        let database = self.database;
        Box::pin(async move {
            let mut span = start(&database, &sql);
            let result = span.follow(query).await;
            match &result {
                Ok(Some(_)) => span.count_rows(1),
                Ok(None) => {}
                Err(error) => fail(&mut span, error),
            }
            result
        })
    }

    unrecorded!('c, X::Database, inner);
}

/// A stream whose span starts with the first poll, as the query does.
struct TracedStream<'e, DB: Database, S> {
    inner: BoxStream<'e, Step<DB>>,
    sql: Option<S>,
    database: Arc<floe_telemetry_sql::Database>,
    span: Option<QuerySpan>,
}

impl<DB: Database, S: AsRef<str> + Unpin> Stream for TracedStream<'_, DB, S> {
    type Item = Step<DB>;

    fn poll_next(self: Pin<&mut Self>, task: &mut TaskContext<'_>) -> Poll<Option<Self::Item>> {
        let Self { inner, sql, database, span } = self.get_mut();
        if let Some(sql) = sql.take() {
            *span = Some(start(database, &sql));
        }
        let Some(open) = span else {
            return inner.as_mut().poll_next(task);
        };
        let polled = open.run(|| inner.as_mut().poll_next(task));
        // A stream that is dropped between two rows has only ended early.
        open.set_pending(polled.is_pending());
        let item = ready!(polled);
        match &item {
            Some(Ok(Either::Right(_))) => open.count_rows(1),
            Some(Ok(Either::Left(_))) => {}
            Some(Err(error)) => {
                fail(open, error);
                *span = None;
            }
            None => *span = None,
        }
        Poll::Ready(item)
    }
}

fn start(database: &floe_telemetry_sql::Database, sql: &impl AsRef<str>) -> QuerySpan {
    let mut span = database.query(|| sql.as_ref());
    span.count_rows(0);
    span
}
