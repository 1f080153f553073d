//! Executors whose queries have spans.

use std::fmt::{self, Debug, Formatter};
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll, ready};

use floe_telemetry_sql::QuerySpan;
use futures_core::Stream;
use opentelemetry::{Key, Value};
use sqlx_core::Either;
use sqlx_core::database::Database;
use sqlx_core::describe::Describe;
use sqlx_core::error::{BoxDynError, Error};
use sqlx_core::executor::{Execute, Executor};
use sqlx_core::sql_str::SqlStr;

use crate::database::{fail, of_driver};

type BoxFuture<'e, T> = Pin<Box<dyn Future<Output = T> + Send + 'e>>;
type BoxStream<'e, T> = Pin<Box<dyn Stream<Item = T> + Send + 'e>>;

type Step<DB> = Result<Either<<DB as Database>::QueryResult, <DB as Database>::Row>, Error>;

/// An executor whose queries have spans, from [`traced`] or [`TracedPool::traced`](crate::TracedPool::traced).
#[derive(Debug)]
pub struct Traced<E> {
    inner: E,
    database: Arc<floe_telemetry_sql::Database>,
}

/// Wraps an executor, such as a reference to a connection, a transaction or a pool.
///
/// ```
/// # use sqlx_core::{database::Database, error::Error, executor::Executor, query::query};
/// # async fn orders<DB: Database>(connection: &mut DB::Connection) -> Result<(), Error>
/// # where
/// #     for<'c> &'c mut DB::Connection: Executor<'c, Database = DB>,
/// #     DB::Arguments: sqlx_core::arguments::IntoArguments<DB>,
/// # {
/// use floe_telemetry_sqlx::traced;
///
/// query("DELETE FROM orders").execute(traced(connection).attribute("db.namespace", "shop")).await?;
/// # Ok(())
/// # }
/// ```
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
        let (statement, sql) = Statement::new(query);
        Box::pin(TracedStream::<X::Database> {
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
        let (statement, sql) = Statement::new(query);
        let mut inner = self.inner.fetch_optional(statement);
        let database = self.database;
        Box::pin(async move {
            let mut span = start(&database, &sql);
            let result = poll_fn(|task| span.run(|| inner.as_mut().poll(task))).await;
            match &result {
                Ok(Some(_)) => span.count_rows(1),
                Ok(None) => {}
                Err(error) => fail(&mut span, error),
            }
            result
        })
    }

    fn prepare_with<'e>(
        self,
        sql: SqlStr,
        parameters: &'e [<X::Database as Database>::TypeInfo],
    ) -> BoxFuture<'e, Result<<X::Database as Database>::Statement, Error>>
    where
        'c: 'e,
    {
        self.inner.prepare_with(sql, parameters)
    }

    fn describe<'e>(self, sql: SqlStr) -> BoxFuture<'e, Result<Describe<X::Database>, Error>>
    where
        'c: 'e,
    {
        self.inner.describe(sql)
    }
}

/// A stream whose span starts with the first poll, as the query does.
struct TracedStream<'e, DB: Database> {
    inner: BoxStream<'e, Step<DB>>,
    sql: Option<SqlStr>,
    database: Arc<floe_telemetry_sql::Database>,
    span: Option<QuerySpan>,
}

impl<DB: Database> Stream for TracedStream<'_, DB> {
    type Item = Step<DB>;

    fn poll_next(self: Pin<&mut Self>, task: &mut TaskContext<'_>) -> Poll<Option<Self::Item>> {
        let Self { inner, sql, database, span } = self.get_mut();
        if let Some(sql) = sql.take() {
            *span = Some(start(database, &sql));
        }
        let Some(open) = span else {
            return inner.as_mut().poll_next(task);
        };
        let item = ready!(open.run(|| inner.as_mut().poll_next(task)));
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

fn start(database: &floe_telemetry_sql::Database, sql: &SqlStr) -> QuerySpan {
    let mut span = database.query(|| sql.as_str());
    span.count_rows(0);
    span
}

/// The parts of a query, taken out before `Execute::sql` consumes the query.
struct Statement<DB: Database> {
    sql: SqlStr,
    prepared: Option<DB::Statement>,
    arguments: Option<Result<Option<DB::Arguments>, BoxDynError>>,
    is_persistent: bool,
}

impl<DB: Database> Statement<DB> {
    fn new<'q>(mut query: impl Execute<'q, DB>) -> (Self, SqlStr) {
        let prepared = query.statement().cloned();
        let arguments = Some(query.take_arguments());
        let is_persistent = query.persistent();
        let sql = query.sql();
        let statement = Self { sql: sql.clone(), prepared, arguments, is_persistent };
        (statement, sql)
    }
}

impl<DB: Database> Debug for Statement<DB> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("Statement").finish_non_exhaustive()
    }
}

impl<DB: Database> Execute<'_, DB> for Statement<DB> {
    fn sql(self) -> SqlStr {
        self.sql
    }

    fn statement(&self) -> Option<&DB::Statement> {
        self.prepared.as_ref()
    }

    fn take_arguments(&mut self) -> Result<Option<DB::Arguments>, BoxDynError> {
        self.arguments.take().unwrap_or(Ok(None))
    }

    fn persistent(&self) -> bool {
        self.is_persistent
    }
}
